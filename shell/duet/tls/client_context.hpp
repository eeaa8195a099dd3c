// SPDX-License-Identifier: MIT
// The TLS settings of a client: whom it believes.
#pragma once

#include <duet/crypto/digest.hpp>

#include <filesystem>
#include <memory>
#include <optional>

struct ssl_ctx_st;
using SSL_CTX = ssl_ctx_st;

namespace duet::tls {

struct Trust {
  /// File of the authorities to believe, PEM or DER; nothing for those of the system.
  std::optional<std::filesystem::path> authorities = {};
  /// SHA-256 of one certificate: believed are the servers that show it, their own or their
  /// authority's, and nobody else.
  std::optional<crypto::Sha256> pin = {};
};

/// TLS 1.2 or later, ALPN http/1.1; a server that isn't believed ends the handshake.
///
/// @throws std::runtime_error with a sentence if the file can't be read or holds no certificate
std::shared_ptr<SSL_CTX> make_client_context(const Trust& trust);

/// "0A:1B:...", as `duet serve` prints it, with or without colons; nothing for any other text.
std::optional<crypto::Sha256> parse_pin(std::string_view text);

}  // namespace duet::tls
