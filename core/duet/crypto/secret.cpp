// SPDX-License-Identifier: MIT
// Bytes that are wiped when nobody needs them any more.
#include <duet/crypto/secret.hpp>

#include <openssl/crypto.h>

namespace duet::crypto {

void wipe(std::span<std::byte> bytes) { OPENSSL_cleanse(bytes.data(), bytes.size()); }

}  // namespace duet::crypto
