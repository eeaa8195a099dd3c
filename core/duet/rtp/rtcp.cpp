// SPDX-License-Identifier: MIT
// One RTCP datagram into its packets.
#include <duet/rtp/rtcp.hpp>

namespace duet::rtp {
namespace {

constexpr std::size_t kRtcpHeaderSize = 4;  // RFC 3550 §6.4.1, up to and including the length

std::size_t size_of(std::span<const std::byte> packet) {
  ByteReader in{packet};
  in.u16();
  return (std::size_t{in.u16()} + 1) * 4;
}

}  // namespace

Result<RtcpCompound, RtcpError> RtcpCompound::parse(std::span<const std::byte> bytes) {
  if (bytes.empty()) return fail(RtcpError::Truncated);
  auto rest = bytes;
  for (std::size_t count = 0; !rest.empty(); ++count) {
    if (count == kMaxRtcpPackets) return fail(RtcpError::TooMany);
    if (rest.size() < kRtcpHeaderSize) return fail(RtcpError::Truncated);
    const auto first = std::to_integer<unsigned>(rest[0]);
    if (first >> 6 != 2) return fail(RtcpError::BadVersion);
    const std::size_t size = size_of(rest);
    if (size > rest.size()) return fail(RtcpError::Truncated);
    if ((first & 0x20) != 0) {
      // RFC 3550 §6.4.1 has whole words of it. Browsers fill a transport-wide feedback up to one.
      const auto padding = std::to_integer<std::size_t>(rest[size - 1]);
      if (padding == 0 || padding > size - kRtcpHeaderSize) return fail(RtcpError::BadPadding);
    }
    rest = rest.subspan(size);
  }
  return RtcpCompound{bytes};
}

RtcpPacket RtcpCompound::Iterator::operator*() const {
  const auto first = std::to_integer<unsigned>(rest_[0]);
  const std::size_t size = size_of(rest_);
  const std::size_t padding =
      (first & 0x20) != 0 ? std::to_integer<std::size_t>(rest_[size - 1]) : 0;
  return {.type = static_cast<RtcpType>(rest_[1]),
          .count = static_cast<std::uint8_t>(first & 0x1F),
          .body = rest_.subspan(kRtcpHeaderSize, size - kRtcpHeaderSize - padding)};
}

RtcpCompound::Iterator& RtcpCompound::Iterator::operator++() {
  rest_ = rest_.subspan(size_of(rest_));
  return *this;
}

}  // namespace duet::rtp
