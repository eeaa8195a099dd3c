// SPDX-License-Identifier: MIT
// The protection profiles that DTLS can negotiate for SRTP, and the sizes they bring.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace duet::srtp {

/// A protection profile by its number in DTLS (RFC 5764 §4.1.2, RFC 7714 §14.2).
///
/// SRTP_AES128_CM_HMAC_SHA1_32 (0x0002) is left out: its tag of 32 bits can be guessed, and whoever
/// knows it knows the one of 80 bits as well (RFC 5764 §4.1.2 makes that one the usual choice).
enum class Profile : std::uint16_t {
  Aes128CmSha1 = 0x0001,  ///< SRTP_AES128_CM_HMAC_SHA1_80
  AeadAes128Gcm = 0x0007,
  AeadAes256Gcm = 0x0008,
};

/// The profile of that number, or nothing when Duet has none.
constexpr std::optional<Profile> profile_of(std::uint16_t number) {
  switch (static_cast<Profile>(number)) {
    case Profile::Aes128CmSha1:
    case Profile::AeadAes128Gcm:
    case Profile::AeadAes256Gcm:
      return static_cast<Profile>(number);
  }
  return std::nullopt;
}

constexpr bool is_aead(Profile profile) { return profile != Profile::Aes128CmSha1; }

/// Bytes of the master key, and of the session keys made of it.
constexpr std::size_t key_size(Profile profile) {
  return profile == Profile::AeadAes256Gcm ? 32 : 16;
}

/// Bytes of the master salt and the session salts (RFC 3711 §8.2, RFC 7714 §12).
constexpr std::size_t salt_size(Profile profile) { return is_aead(profile) ? 12 : 14; }

/// Bytes that prove a packet authentic (RFC 5764 §4.1.2, RFC 7714 §14.2).
constexpr std::size_t tag_size(Profile profile) { return is_aead(profile) ? 16 : 10; }

/// Bytes by which protect_rtp() lengthens a packet.
constexpr std::size_t rtp_overhead(Profile profile) { return tag_size(profile); }

/// Bytes by which protect_rtcp() lengthens a packet: the tag, and a word with the packet's index.
constexpr std::size_t rtcp_overhead(Profile profile) { return tag_size(profile) + 4; }

/// What any profile adds at most.
inline constexpr std::size_t kMaxRtpOverhead = 16;
inline constexpr std::size_t kMaxRtcpOverhead = 20;

/// As IANA's registry of DTLS-SRTP protection profiles writes it; getStats() shows it.
constexpr std::string_view name(Profile profile) {
  switch (profile) {
    case Profile::Aes128CmSha1:
      return "SRTP_AES128_CM_HMAC_SHA1_80";
    case Profile::AeadAes128Gcm:
      return "SRTP_AEAD_AES_128_GCM";
    case Profile::AeadAes256Gcm:
      return "SRTP_AEAD_AES_256_GCM";
  }
  return "";
}

}  // namespace duet::srtp
