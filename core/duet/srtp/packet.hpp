// SPDX-License-Identifier: MIT
// As much of RTP and RTCP packets as their protection has to know. No public header includes it.
#pragma once

#include <duet/base/bytes.hpp>
#include <duet/base/rtp_ids.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace duet::srtp {

/// The largest packet: what a datagram holds.
inline constexpr std::size_t kMaxPacketSize = 65535;

/// The part of an RTP packet that stays readable (RFC 3711 §3.1).
struct RtpHead {
  std::size_t size = 0;  ///< fixed header, CSRCs and header extension
  std::uint16_t sequence = 0;
  Ssrc ssrc;

  /// Nothing when it is not of version 2, or CSRCs or extension reach beyond the packet
  /// (RFC 3550 §5.1, §5.3.1). Padding belongs to the payload and is encrypted with it.
  static std::optional<RtpHead> parse(std::span<const std::byte> packet) {
    ByteReader reader{packet};
    const std::uint8_t first = reader.u8();
    if (first >> 6 != 2 || packet.size() > kMaxPacketSize) return std::nullopt;
    reader.u8();
    RtpHead head;
    head.sequence = reader.u16();
    reader.u32();
    head.ssrc = Ssrc{reader.u32()};
    reader.bytes(4 * std::size_t{first & 0x0Fu});
    if ((first & 0x10) != 0) {
      reader.u16();
      const std::size_t words = reader.u16();
      reader.bytes(4 * words);
    }
    if (!reader.ok()) return std::nullopt;
    head.size = packet.size() - reader.size();
    return head;
  }
};

/// The part of a compound RTCP packet that stays readable (RFC 3711 §3.4).
inline constexpr std::size_t kRtcpHeadSize = 8;

/// Whose it is; nothing when it is too short or not of version 2 (RFC 3550 §6.4.1).
inline std::optional<Ssrc> parse_rtcp_sender(std::span<const std::byte> packet) {
  ByteReader reader{packet};
  const std::uint32_t first = reader.u32();
  const Ssrc ssrc{reader.u32()};
  if (!reader.ok() || first >> 30 != 2 || packet.size() > kMaxPacketSize) return std::nullopt;
  return ssrc;
}

}  // namespace duet::srtp
