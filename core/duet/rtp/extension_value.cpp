// SPDX-License-Identifier: MIT
// Header extensions' values out of bytes and back.
#include <duet/base/bytes.hpp>
#include <duet/rtp/byte_writer.hpp>
#include <duet/rtp/extension_value.hpp>

#include <algorithm>

namespace duet::rtp {
namespace {

std::uint32_t u24(ExtensionBytes value) {
  ByteReader in{value};
  const std::uint32_t high = in.u8();
  return high << 16 | in.u16();
}

std::array<std::byte, 3> from_u24(std::uint32_t value) {
  std::array<std::byte, 3> out{};
  ByteWriter{out}.u24(value);
  return out;
}

}  // namespace

std::optional<AudioLevel> AudioLevel::parse(ExtensionBytes value) {
  // RFC 6464 §3: in the two-byte form the value may be one byte too.
  if (value.size() != 1) return std::nullopt;
  const auto bits = std::to_integer<std::uint8_t>(value[0]);
  return AudioLevel{.level = static_cast<std::uint8_t>(bits & 0x7F), .voice = (bits & 0x80) != 0};
}

std::array<std::byte, 1> AudioLevel::serialize() const {
  return {static_cast<std::byte>((voice ? 0x80u : 0u) | (level & 0x7Fu))};
}

std::optional<AbsSendTime> AbsSendTime::parse(ExtensionBytes value) {
  if (value.size() != 3) return std::nullopt;
  return AbsSendTime{u24(value)};
}

std::array<std::byte, 3> AbsSendTime::serialize() const { return from_u24(value); }

std::optional<TransportSequence> TransportSequence::parse(ExtensionBytes value) {
  if (value.size() != 2 && value.size() != 4) return std::nullopt;
  ByteReader in{value};
  TransportSequence out{.sequence = SequenceNumber{in.u16()}};
  if (value.size() == 4) {
    const std::uint16_t request = in.u16();
    out.requested = request & 0x7FFF;
    out.with_times = (request & 0x8000) != 0;
  }
  return out;
}

std::array<std::byte, 2> TransportSequence::serialize() const {
  std::array<std::byte, 2> out{};
  ByteWriter{out}.u16(sequence.value());
  return out;
}

std::optional<TransmissionOffset> TransmissionOffset::parse(ExtensionBytes value) {
  if (value.size() != 3) return std::nullopt;
  const auto bits = static_cast<std::int32_t>(u24(value));
  return TransmissionOffset{bits >= 0x800000 ? bits - 0x1000000 : bits};
}

std::array<std::byte, 3> TransmissionOffset::serialize() const {
  return from_u24(static_cast<std::uint32_t>(ticks));
}

std::optional<VideoOrientation> VideoOrientation::parse(ExtensionBytes value) {
  if (value.size() != 1) return std::nullopt;
  const auto bits = std::to_integer<unsigned>(value[0]);
  return VideoOrientation{.degrees = static_cast<std::uint16_t>((bits & 3) * 90),
                          .flipped = (bits & 4) != 0,
                          .back_camera = (bits & 8) != 0};
}

std::array<std::byte, 1> VideoOrientation::serialize() const {
  return {
      static_cast<std::byte>((back_camera ? 8u : 0u) | (flipped ? 4u : 0u) | (degrees / 90u & 3u))};
}

std::optional<PlayoutDelay> PlayoutDelay::parse(ExtensionBytes value) {
  if (value.size() != 3) return std::nullopt;
  const std::uint32_t bits = u24(value);
  const PlayoutDelay out{.min = std::chrono::milliseconds{(bits >> 12) * 10},
                         .max = std::chrono::milliseconds{(bits & 0xFFF) * 10}};
  if (out.max < out.min) return std::nullopt;
  return out;
}

std::array<std::byte, 3> PlayoutDelay::serialize() const {
  const auto steps = [](std::chrono::milliseconds delay) {
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(delay.count() / 10, 0, 0xFFF));
  };
  return from_u24(steps(min) << 12 | steps(max));
}

std::optional<AbsCaptureTime> AbsCaptureTime::parse(ExtensionBytes value) {
  if (value.size() != 8 && value.size() != 16) return std::nullopt;
  ByteReader in{value};
  AbsCaptureTime out{.captured = NtpTime{in.u64()}};
  if (value.size() == 16) out.clock_offset = static_cast<std::int64_t>(in.u64());
  return out;
}

std::string_view parse_name(ExtensionBytes value) {
  const std::string_view name = as_text(value);
  const bool printable = std::ranges::all_of(name, [](char c) { return c > ' ' && c != 0x7F; });
  return printable ? name : std::string_view{};
}

}  // namespace duet::rtp
