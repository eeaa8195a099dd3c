// SPDX-License-Identifier: MIT
// Encoded sound to payloads: when it was, where a talkspurt begins, and what older packets go
// along.
#pragma once

#include <duet/base/time.hpp>
#include <duet/rtp/types.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace duet::media {

/// What peer::MediaPacket wants to know of one packet.
struct AudioPayload {
  PayloadType payload_type;
  rtp::Timestamp timestamp;
  bool marker = false;
  std::span<const std::byte> payload;  ///< valid until the next packet
};

/// How sound is sent, as it was negotiated.
struct AudioFormat {
  PayloadType payload_type;
  std::optional<PayloadType> red;     ///< RFC 2198, of this payload type
  std::uint32_t clock_rate = 48'000;  ///< of timestamps: 48,000 for Opus (RFC 7587 §4.1)

  friend bool operator==(const AudioFormat&, const AudioFormat&) = default;
};

class AudioPacketizer {
 public:
  static constexpr std::size_t kMaxRedundant = 3;
  /// With what is redundant; older packets are left out rather.
  static constexpr std::size_t kMaxPayload = 1200;

  /// @param first  the first packet's timestamp; random (RFC 3550 §5.1)
  AudioPacketizer(const AudioFormat& format, rtp::Timestamp first);

  /// After a negotiation. Timestamps go on.
  void set_format(const AudioFormat& format);

  /// How many older packets go along, at most kMaxRedundant; without RED none do.
  void set_redundancy(std::size_t packets);

  /// @param encoded  one packet, at most kMaxPayload bytes; empty where nothing is to be sent (DTX)
  /// @param length   of its sound; time goes on by it in any case
  /// @return what to send, if anything
  std::optional<AudioPayload> handle_packet(std::span<const std::byte> encoded, Duration length);

 private:
  struct Sent {
    rtp::Timestamp timestamp;
    std::vector<std::byte> bytes;
  };

  void remember(rtp::Timestamp timestamp, std::span<const std::byte> encoded);

  AudioFormat format_;
  std::size_t redundancy_ = 0;
  rtp::Timestamp timestamp_;
  bool was_silent_ = false;
  std::array<Sent, kMaxRedundant> sent_;  // the newest first
  std::size_t sent_count_ = 0;
  std::vector<std::byte> payload_;
};

}  // namespace duet::media
