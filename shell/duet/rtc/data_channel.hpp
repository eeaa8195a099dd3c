// SPDX-License-Identifier: MIT
// A data channel of a PeerConnection.
#pragma once

#include <duet/base/result.hpp>
#include <duet/data_channel/channel.hpp>
#include <duet/peer/error.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duet::rtc {

class Session;

using peer::Error;

/// W3C webrtc #dom-rtcdatachannel. Handlers are called from the loop, never from within a call, and
/// may do anything, close the connection and destroy it included. A channel outlives its connection
/// harmlessly: it is closed then.
class DataChannel {
 public:
  using Init = data_channel::ChannelInit;
  using State = data_channel::State;

  DataChannel(std::weak_ptr<Session> session, data_channel::ChannelId id);
  DataChannel(const DataChannel&) = delete;
  DataChannel& operator=(const DataChannel&) = delete;

  std::function<void()> on_open;
  std::function<void(std::string_view)> on_text;
  std::function<void(std::span<const std::byte>)> on_binary;
  std::function<void()> on_buffered_amount_low;
  /// @param error  empty if it was closed on purpose
  std::function<void(const std::string& error)> on_close;

  /// InvalidStateError unless it is open; TypeError if the peer takes no message so long;
  /// OperationError if too much waits already.
  Result<void, Error> send(std::string_view text);
  Result<void, Error> send(std::vector<std::byte> bytes);

  /// What was sent before still goes out.
  void close();

  State state() const;
  /// As it was created, by whichever end; its id once there is one.
  const Init& init() const;

  const std::string& label() const { return init().label; }

  /// Bytes given to send() that have not left.
  std::size_t buffered_amount() const;
  void set_buffered_amount_low_threshold(std::size_t bytes);

 private:
  friend class Session;

  std::weak_ptr<Session> session_;
  data_channel::ChannelId id_;
  mutable Init init_;  // as it was, once it is gone
  bool is_closed_ = false;
};

}  // namespace duet::rtc
