// SPDX-License-Identifier: MIT
// A mirror: what a peer sends comes back to it.
#pragma once

#include <duet/rtc/peer_connection.hpp>

#include <cstdint>

namespace duet::test {

/// Counts what each transceiver receives, and sends it back in the same transceiver: the payloads
/// as they are, the payload types mapped by name, timestamps kept.
class LoopedMedia {
 public:
  struct Counts {
    std::uint64_t audio = 0;  // packets that came
    std::uint64_t video = 0;
    std::uint64_t unsent = 0;    // that came and could not go back
    std::uint64_t padding = 0;   // that came with nothing in them
    std::uint64_t repeated = 0;  // retransmissions of what had come
    std::uint64_t discarded = 0;
  };

  /// @param connection  outlives this
  explicit LoopedMedia(rtc::PeerConnection& connection) : connection_{connection} {}

  /// Offers a transceiver that sends and receives.
  Result<void, rtc::Error> add(peer::MediaKind kind);
  /// Answers everything that is offered with a stream of our own.
  void accept_all();

  void handle(const peer::MediaReceived& received);

  void handle_key_frame_wanted(peer::TransceiverId id) { connection_.request_key_frame(id); }

  Counts counts() const;

 private:
  rtc::PeerConnection& connection_;
  Counts counts_;
};

}  // namespace duet::test
