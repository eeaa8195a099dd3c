// SPDX-License-Identifier: MIT
// The two laws of G.711, in steps of 16 bits.
#include <duet/codec/g711.hpp>

#include <algorithm>
#include <bit>

namespace duet::codec {
namespace {

constexpr int kBias = 132;                // u-law: segments begin at powers of two less this
constexpr int kLargest = 32'767 - kBias;  // what its last segment holds
constexpr unsigned kEvenBits = 0x55;      // A-law: inverted on the line

int segment_of(int magnitude) {
  return std::max(0, static_cast<int>(std::bit_width(static_cast<unsigned>(magnitude))) - 8);
}

}  // namespace

std::uint8_t to_ulaw(media::Sample sample) {
  const int magnitude = std::min(std::abs(int{sample}), kLargest) + kBias;
  const int segment = segment_of(magnitude);
  const int code = (sample < 0 ? 0x80 : 0) | segment << 4 | (magnitude >> (segment + 3) & 0xF);
  return static_cast<std::uint8_t>(~code);
}

media::Sample from_ulaw(std::uint8_t code) {
  const int bits = ~code;
  const int magnitude = ((2 * (bits & 0xF) + 33) << ((bits >> 4 & 7) + 2)) - kBias;
  return static_cast<media::Sample>((bits & 0x80) != 0 ? -magnitude : magnitude);
}

std::uint8_t to_alaw(media::Sample sample) {
  const int magnitude = sample < 0 ? ~int{sample} : int{sample};
  const int segment = segment_of(magnitude);
  const int mantissa = magnitude >> (std::max(segment, 1) + 3) & 0xF;
  const int code = (sample < 0 ? 0 : 0x80) | segment << 4 | mantissa;
  return static_cast<std::uint8_t>(static_cast<unsigned>(code) ^ kEvenBits);
}

media::Sample from_alaw(std::uint8_t code) {
  const unsigned bits = code ^ kEvenBits;
  const int segment = static_cast<int>(bits >> 4 & 7);
  const int mantissa = static_cast<int>(bits & 0xF);
  const int magnitude =
      segment == 0 ? (2 * mantissa + 1) << 3 : (2 * mantissa + 33) << (segment + 2);
  return static_cast<media::Sample>((bits & 0x80) != 0 ? magnitude : -magnitude);
}

}  // namespace duet::codec
