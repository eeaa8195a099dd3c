// SPDX-License-Identifier: MIT
// A TCP or TLS connection of an ICE agent: to a relay, or to a peer.
#pragma once

#include <duet/ice/event.hpp>
#include <duet/ice/framing.hpp>
#include <duet/net/outgoing_stream.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace duet::rtc {

class Session;

/// Cuts what comes into frames, and drops what the peer reads too slowly: it carries datagrams.
class IceStream {
 public:
  /// Bytes that may wait for the kernel: 250 ms at 8 Mbit/s. Later than that media is of no use.
  static constexpr std::size_t kMaxUnsent = 262'144;

  /// @param tls  for Carrier::Tls
  IceStream(Session& session, net::EventLoop& loop, const ice::StreamWanted& wanted,
            std::optional<net::OutgoingStream::Tls> tls);

  /// One that the peer has opened to us.
  IceStream(Session& session, net::EventLoop& loop, ice::StreamId id, int descriptor);

  ~IceStream() { *alive_ = false; }

  IceStream(const IceStream&) = delete;
  IceStream& operator=(const IceStream&) = delete;

  void send(const ice::Outgoing& packet);

 private:
  void handle_received(std::span<std::byte> bytes);

  Session& session_;
  ice::StreamId id_;
  ice::Framing framing_;
  std::vector<std::byte> partial_;  // of a frame
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  net::OutgoingStream stream_;
};

}  // namespace duet::rtc
