// SPDX-License-Identifier: MIT
// The keys that packets are protected with, derived from the master key.
#pragma once

#include <duet/crypto/secret.hpp>
#include <duet/srtp/master_key.hpp>
#include <duet/srtp/profile.hpp>

namespace duet::srtp {

/// Keys of one direction, for RTP or for RTCP (RFC 3711 §3.2.1).
struct SessionKeys {
  Profile profile;
  crypto::Secret<32> cipher;
  crypto::Secret<20> authentication;  ///< HMAC-SHA1; empty for AEAD profiles
  crypto::Secret<14> salt;
};

/// RFC 3711 §4.3, and RFC 7714 §11 for AEAD profiles. Once: the key derivation rate is zero.
SessionKeys derive_rtp_keys(const MasterKey& master);
SessionKeys derive_rtcp_keys(const MasterKey& master);

}  // namespace duet::srtp
