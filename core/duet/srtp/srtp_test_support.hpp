// SPDX-License-Identifier: MIT
// Packets, keys and hexadecimal for the tests of this folder.
#pragma once

#include <duet/base/bytes.hpp>
#include <duet/base/random.hpp>
#include <duet/crypto/digest.hpp>
#include <duet/srtp/master_key.hpp>
#include <duet/srtp/receiver.hpp>
#include <duet/srtp/sender.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace duet::srtp {

using Packet = std::vector<std::byte>;

inline Packet unhex(std::string_view text) {
  Packet bytes;
  int high = -1;
  for (const char c : text) {
    if (c == ' ') continue;
    const int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
    if (high >= 0) bytes.push_back(static_cast<std::byte>(high << 4 | digit));
    high = high < 0 ? digit : -1;
  }
  return bytes;
}

inline constexpr std::array kProfiles = {Profile::Aes128CmSha1, Profile::AeadAes128Gcm,
                                         Profile::AeadAes256Gcm};

inline MasterKey test_key(Profile profile, std::uint64_t seed = 1) {
  SeededRandom random{seed};
  Packet key(key_size(profile));
  Packet salt(salt_size(profile));
  random.fill(key);
  random.fill(salt);
  return {profile, key, salt};
}

struct RtpShape {
  std::uint16_t sequence = 1;
  std::uint32_t ssrc = 0xDEADBEEF;
  std::size_t csrcs = 0;
  int extension_words = -1;  ///< none
  std::size_t payload = 100;
};

inline Packet rtp(const RtpShape& shape) {
  Packet packet(12);
  packet[0] = static_cast<std::byte>(0x80 | (shape.extension_words >= 0 ? 0x10 : 0) | shape.csrcs);
  packet[1] = std::byte{96};
  packet[2] = static_cast<std::byte>(shape.sequence >> 8);
  packet[3] = static_cast<std::byte>(shape.sequence);
  for (std::size_t i = 0; i < 4; ++i)
    packet[8 + i] = static_cast<std::byte>(shape.ssrc >> (24 - 8 * i));
  packet.resize(12 + 4 * shape.csrcs, std::byte{0xC5});
  if (shape.extension_words >= 0) {
    const auto words = static_cast<std::size_t>(shape.extension_words);
    for (const int b : {0xBE, 0xDE, 0}) packet.push_back(static_cast<std::byte>(b));
    packet.push_back(static_cast<std::byte>(words));
    packet.resize(packet.size() + 4 * words, std::byte{0xE7});
  }
  for (std::size_t i = 0; i < shape.payload; ++i) packet.push_back(static_cast<std::byte>(i));
  return packet;
}

/// A receiver report without blocks, followed by whatever.
inline Packet rtcp(std::uint32_t ssrc, std::size_t rest = 20) {
  Packet packet(8 + rest, std::byte{0x55});
  packet[0] = std::byte{0x80};
  packet[1] = std::byte{201};
  for (std::size_t i = 0; i < 4; ++i) packet[4 + i] = static_cast<std::byte>(ssrc >> (24 - 8 * i));
  return packet;
}

inline Result<Packet, ProtectError> protect_rtp(Sender& sender, Packet packet) {
  const std::size_t size = packet.size();
  packet.resize(size + kMaxRtpOverhead);
  const auto total = sender.protect_rtp(packet, size);
  if (!total) return fail(total.error());
  packet.resize(*total);
  return packet;
}

inline Result<Packet, ProtectError> protect_rtcp(Sender& sender, Packet packet) {
  const std::size_t size = packet.size();
  packet.resize(size + kMaxRtcpOverhead);
  const auto total = sender.protect_rtcp(packet, size);
  if (!total) return fail(total.error());
  packet.resize(*total);
  return packet;
}

inline Result<Packet, UnprotectError> unprotect_rtp(Receiver& receiver, Packet packet) {
  const auto plain = receiver.unprotect_rtp(packet);
  if (!plain) return fail(plain.error());
  return Packet(plain->begin(), plain->end());
}

inline Result<Packet, UnprotectError> unprotect_rtcp(Receiver& receiver, Packet packet) {
  const auto plain = receiver.unprotect_rtcp(packet);
  if (!plain) return fail(plain.error());
  return Packet(plain->begin(), plain->end());
}

}  // namespace duet::srtp
