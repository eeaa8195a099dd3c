// SPDX-License-Identifier: MIT
// The secrets that DTLS exports and SRTP begins with.
#pragma once

#include <duet/base/check.hpp>
#include <duet/crypto/secret.hpp>
#include <duet/srtp/profile.hpp>

#include <cstddef>
#include <span>

namespace duet::srtp {

/// Master key and master salt of one direction (RFC 3711 §3.2.1). Wipes itself.
class MasterKey {
 public:
  /// @param key   key_size(profile) bytes
  /// @param salt  salt_size(profile) bytes
  MasterKey(Profile profile, std::span<const std::byte> key, std::span<const std::byte> salt)
      : profile_{profile}, key_{key}, salt_{salt} {
    DUET_CHECK(key.size() == key_size(profile) && salt.size() == salt_size(profile));
  }

  Profile profile() const { return profile_; }

  std::span<const std::byte> key() const { return key_.bytes(); }

  std::span<const std::byte> salt() const { return salt_.bytes(); }

 private:
  Profile profile_;
  crypto::Secret<32> key_;
  crypto::Secret<14> salt_;
};

/// Both directions of one connection, of one profile, as seen from one end.
struct MasterKeys {
  MasterKey send;
  MasterKey receive;
};

}  // namespace duet::srtp
