// SPDX-License-Identifier: MIT
// The TLS settings of the server, and the certificate in use, which may change while it runs.
#pragma once

#include <duet/tls/identity.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

struct ssl_ctx_st;
using SSL_CTX = ssl_ctx_st;

namespace duet::tls {

/// TLS 1.2 or later with ephemeral keys and authenticated ciphers, ALPN http/1.1 (a client that
/// offers only other protocols goes on without ALPN), no renegotiation, no compression, buffers
/// given back while a connection is idle.
class TlsContext {
 public:
  enum class Reload : std::uint8_t {
    Unchanged,
    Renewed,  ///< new connections get another certificate
    Kept,     ///< the new one is unusable, the old one goes on
  };

  struct Report {
    Reload result = Reload::Unchanged;
    std::string sentence;  ///< for the log; empty when there is nothing to say
  };

  /// Loads at once.
  ///
  /// @throws Error with a sentence
  explicit TlsContext(std::unique_ptr<IdentitySource> source);

  /// From PEM files as --cert and --key name them, the chain with the server's certificate first.
  static std::unique_ptr<TlsContext> from_files(std::filesystem::path chain,
                                                std::filesystem::path key);

  /// From the local authority in that directory, for this machine.
  static std::unique_ptr<TlsContext> from_local_authority(std::filesystem::path directory);

  /// For SSL_new(). Connections keep theirs when a newer one takes its place. From any thread.
  std::shared_ptr<SSL_CTX> context() const;

  /// To be called every few seconds, from one thread. A problem is reported once for each change of
  /// the files, not at every call.
  Report reload_if_changed();

  /// The certificate in use. From any thread, as the two below.
  crypto::Certificate certificate() const;

  /// The local authority's certificate, for people to trust; nothing with certificates from files.
  std::optional<crypto::Certificate> authority() const;

  /// What there was to say when it was loaded the last time.
  std::vector<std::string> news() const;

 private:
  void use(const Identity& identity, std::shared_ptr<SSL_CTX> context);

  std::unique_ptr<IdentitySource> source_;
  mutable std::mutex mutex_;  // guards what follows
  std::shared_ptr<SSL_CTX> context_;
  std::optional<Identity> identity_;
  std::string problem_;  // as last reported; touched by reload_if_changed() alone
};

}  // namespace duet::tls
