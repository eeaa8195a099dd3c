// SPDX-License-Identifier: MIT
// The key derivation of SRTP: a block cipher in counter mode as pseudo-random function.
#include <duet/base/check.hpp>
#include <duet/srtp/cipher.hpp>
#include <duet/srtp/session_keys.hpp>

#include <algorithm>
#include <array>
#include <cstdint>

namespace duet::srtp {

namespace {

// RFC 3711 §4.3.2: for RTP cipher key 0, authentication key 1, salt 2; for RTCP each 3 more.
constexpr std::uint8_t kCipher = 0;
constexpr std::uint8_t kAuthentication = 1;
constexpr std::uint8_t kSalt = 2;
constexpr std::uint8_t kRtcp = 3;

constexpr std::size_t kAuthenticationSize = 20;  // RFC 3711 §5.2

// RFC 3711 §4.3.1 and §4.3.3: x = key_id XOR master_salt, with key_id = label * 2^48 as the index
// divided by a derivation rate of zero is 0; the key is the keystream of IV = x * 2^16.
void derive(const MasterKey& master, std::uint8_t label, std::span<std::byte> out) {
  std::array<std::byte, kBlockSize> iv{};
  // A salt of 96 bits counts as one of 112 that ends in zeros (RFC 7714 §11).
  std::copy(master.salt().begin(), master.salt().end(), iv.begin());
  iv[7] ^= std::byte{label};
  std::fill(out.begin(), out.end(), std::byte{});
  CounterMode{master.key()}.apply(iv, out);
  crypto::wipe(iv);
}

SessionKeys derive(const MasterKey& master, std::uint8_t first_label) {
  const Profile profile = master.profile();
  SessionKeys keys{
      .profile = profile,
      .cipher = crypto::Secret<32>::of_size(key_size(profile)),
      .authentication = crypto::Secret<20>::of_size(is_aead(profile) ? 0 : kAuthenticationSize),
      .salt = crypto::Secret<14>::of_size(salt_size(profile)),
  };
  derive(master, first_label + kCipher, keys.cipher.writable());
  derive(master, first_label + kSalt, keys.salt.writable());
  if (!is_aead(profile)) {
    derive(master, first_label + kAuthentication, keys.authentication.writable());
  }
  return keys;
}

}  // namespace

SessionKeys derive_rtp_keys(const MasterKey& master) { return derive(master, 0); }

SessionKeys derive_rtcp_keys(const MasterKey& master) { return derive(master, kRtcp); }

}  // namespace duet::srtp
