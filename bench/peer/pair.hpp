// SPDX-License-Identifier: MIT
// Two connections of one loop that call each other, with one data channel.
#pragma once

#include <duet/rtc/peer_connection.hpp>

#include <cstddef>
#include <functional>
#include <memory>

namespace duet::bench {

/// Both ends of a call, over the machine's own sockets. Descriptions and candidates go across at
/// once: there is no signaling to wait for.
class Pair {
 public:
  explicit Pair(rtc::Runtime& runtime);

  /// Makes the offer, and everything that follows from it.
  void call();

  /// At both ends.
  bool is_open() const { return caller_.is_open && callee_.is_open; }

  rtc::DataChannel& sender() { return *caller_.channel; }

  /// Called with the size of each message at the other end.
  std::function<void(std::size_t)> on_message;

 private:
  struct End {
    std::unique_ptr<rtc::PeerConnection> connection;
    std::shared_ptr<rtc::DataChannel> channel;
    bool is_open = false;
  };

  void make(rtc::Runtime& runtime, End& end, End& mate);

  End caller_;
  End callee_;
};

}  // namespace duet::bench
