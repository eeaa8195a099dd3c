// SPDX-License-Identifier: MIT
// How a profile encrypts and authenticates one packet whose index is known. No public header
// includes it.
#pragma once

#include <duet/base/rtp_ids.hpp>
#include <duet/srtp/cipher.hpp>
#include <duet/srtp/packet_index.hpp>
#include <duet/srtp/session_keys.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace duet::srtp {

/// RFC 3711 §3.4: the bit of an SRTCP packet's last word that says it is encrypted; the rest of the
/// word is the packet's index.
inline constexpr std::uint32_t kEncryptedFlag = 0x80000000;

/// RFC 3711 §9.2: an SRTCP index has 31 bits and must not repeat under one key.
inline constexpr std::uint32_t kMaxRtcpIndex = 0x7FFFFFFF;

/// One direction of one connection, for packets of both kinds. Packets include what the profile
/// appends: a seal fills it, an open checks it.
class Transform {
 public:
  virtual ~Transform() = default;

  virtual void seal_rtp(std::span<std::byte> packet, std::size_t head_size, Ssrc ssrc,
                        PacketIndex index) = 0;
  virtual bool open_rtp(std::span<std::byte> packet, std::size_t head_size, Ssrc ssrc,
                        PacketIndex index) = 0;
  virtual void seal_rtcp(std::span<std::byte> packet, Ssrc ssrc, std::uint32_t index) = 0;
  virtual bool open_rtcp(std::span<std::byte> packet, Ssrc ssrc, std::uint32_t index) = 0;
};

/// Where the word with the index stands in an SRTCP packet of that size: the tag follows it
/// (RFC 3711 §3.4), or for AEAD precedes it (RFC 7714 §9.2).
constexpr std::size_t rtcp_word_at(Profile profile, std::size_t packet_size) {
  return packet_size - 4 - (is_aead(profile) ? 0 : tag_size(profile));
}

/// Keys must be of one profile.
std::unique_ptr<Transform> make_transform(Direction direction, const SessionKeys& rtp,
                                          const SessionKeys& rtcp);

}  // namespace duet::srtp
