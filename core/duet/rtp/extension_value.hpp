// SPDX-License-Identifier: MIT
// The values of the known header extensions: numbers out of bytes and back.
#pragma once

#include <duet/rtp/types.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace duet::rtp {

using ExtensionBytes = std::span<const std::byte>;

/// RFC 6464 §3: how loud the packet's sound is.
struct AudioLevel {
  std::uint8_t level = 127;  ///< 0 is as loud as can be, 127 is silence, in -dBov
  bool voice = false;        ///< whether the sender takes it for speech

  static std::optional<AudioLevel> parse(ExtensionBytes value);
  std::array<std::byte, 1> serialize() const;
  friend bool operator==(const AudioLevel&, const AudioLevel&) = default;
};

/// Seconds of the sender's clock as 6.18 bits: wraps every 64 s.
struct AbsSendTime {
  std::uint32_t value = 0;  ///< 24 bits

  static AbsSendTime at(NtpTime time) {
    return {static_cast<std::uint32_t>(time.value() >> 14 & 0xFFFFFF)};
  }

  static std::optional<AbsSendTime> parse(ExtensionBytes value);
  std::array<std::byte, 3> serialize() const;
  friend bool operator==(const AbsSendTime&, const AbsSendTime&) = default;
};

/// draft-holmer-rmcat-transport-wide-cc-extensions-01 §2: one number for all packets of a
/// transport. The 02 form may ask for feedback at once.
struct TransportSequence {
  SequenceNumber sequence;
  /// In the 02 form: report on so many packets up to this one; 0 for no request. 15 bits.
  std::uint16_t requested = 0;
  bool with_times = true;  ///< in the 02 form: whether arrival times are wanted

  static std::optional<TransportSequence> parse(ExtensionBytes value);
  /// The 01 form, which has the number alone.
  std::array<std::byte, 2> serialize() const;
  friend bool operator==(const TransportSequence&, const TransportSequence&) = default;
};

/// RFC 5450 §3: how long after its sampling instant a packet left, in ticks; 24 bits, signed.
struct TransmissionOffset {
  std::int32_t ticks = 0;

  static std::optional<TransmissionOffset> parse(ExtensionBytes value);
  std::array<std::byte, 3> serialize() const;
  friend bool operator==(const TransmissionOffset&, const TransmissionOffset&) = default;
};

/// 3GPP TS 26.114 §7.4.5: how the receiver must turn the picture.
struct VideoOrientation {
  std::uint16_t degrees = 0;  ///< clockwise: 0, 90, 180 or 270
  bool flipped = false;       ///< left and right change places first
  bool back_camera = false;

  static std::optional<VideoOrientation> parse(ExtensionBytes value);
  std::array<std::byte, 1> serialize() const;
  friend bool operator==(const VideoOrientation&, const VideoOrientation&) = default;
};

/// The delay that a sender wants its picture shown with, in steps of 10 ms up to 40.95 s.
struct PlayoutDelay {
  std::chrono::milliseconds min{0};
  std::chrono::milliseconds max{0};  ///< at least min

  static std::optional<PlayoutDelay> parse(ExtensionBytes value);
  std::array<std::byte, 3> serialize() const;
  friend bool operator==(const PlayoutDelay&, const PlayoutDelay&) = default;
};

/// When the first sample was captured, by the clock of who captured it.
struct AbsCaptureTime {
  NtpTime captured;
  /// What to add to reach the sender's clock, as signed 32.32 bits of seconds.
  std::optional<std::int64_t> clock_offset;

  static std::optional<AbsCaptureTime> parse(ExtensionBytes value);
  friend bool operator==(const AbsCaptureTime&, const AbsCaptureTime&) = default;
};

/// Names that fit the SDES items MID (RFC 9143), RID and repaired RID (RFC 8852): 1 to 255 bytes,
/// kept as they are. A RID is ASCII letters and digits, a MID any token; who compares needs no
/// more.
/// @return empty if the bytes hold what no token of SDP has: controls, spaces, anything but ASCII
std::string_view parse_name(ExtensionBytes value);

}  // namespace duet::rtp
