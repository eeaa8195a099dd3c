// SPDX-License-Identifier: MIT
// Names of candidates, pairs and streams, and the ways of packets.
#pragma once

#include <duet/base/address.hpp>
#include <duet/base/strong.hpp>
#include <duet/turn/indication.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace duet::ice {

/// Handles of one agent, never used twice; zero is none.
using CandidateId = Strong<struct CandidateIdTag, std::uint32_t>;
using PairId = Strong<struct PairIdTag, std::uint32_t>;
using StreamId = Strong<struct StreamIdTag, std::uint32_t>;
using RelayId = Strong<struct RelayIdTag, std::uint32_t>;

/// Where a packet leaves us, or came in: a UDP socket (`base`), a relayed address (`relay`) or a
/// stream (`stream`). Of the three one is set.
struct Source {
  Endpoint base;
  RelayId relay;
  StreamId stream;

  friend constexpr bool operator==(const Source&, const Source&) = default;
};

/// What the shell sends with: the UDP socket at `local` to `remote`, or the stream, if there is
/// one.
struct Route {
  StreamId stream;
  Endpoint local;
  Endpoint remote;

  friend constexpr bool operator==(const Route&, const Route&) = default;
};

/// A packet to send: `head`, `payload` and `padding` zero bytes follow each other on the wire. It
/// is whole: framing of streams is in the head.
struct Outgoing {
  Route route;
  std::uint8_t padding = 0;  // 0 to 3
  std::uint8_t head_size = 0;
  bool may_be_fragmented = false;  // by IP, since it is longer than the path may carry
  std::array<std::byte, turn::kMaxIndicationHead> head{};  // the first head_size count
  std::span<const std::byte> payload;                      // a view of what was given

  std::span<const std::byte> head_view() const { return std::span{head}.first(head_size); }

  std::size_t size() const { return head_size + payload.size() + padding; }
};

}  // namespace duet::ice
