// SPDX-License-Identifier: MIT
// What a TLS server shows its clients, and where that comes from.
#pragma once

#include <duet/crypto/certificate.hpp>
#include <duet/crypto/key.hpp>
#include <duet/tls/file.hpp>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace duet::tls {

/// Tells the time of day. Tests give their own.
using WallClock = std::function<crypto::UnixTime()>;

crypto::UnixTime system_time();

/// "2026-11-24", in UTC.
std::string date_text(crypto::UnixTime time);

/// A key with the certificates that speak for it.
struct Identity {
  crypto::PrivateKey key;
  std::vector<crypto::Certificate> chain;        ///< the server's own first
  std::optional<crypto::Certificate> authority;  ///< the local one, if that is where it comes from
  std::vector<std::string> news;                 ///< sentences worth a log line
};

/// Where an identity comes from, and when to ask again.
class IdentitySource {
 public:
  virtual ~IdentitySource() = default;

  /// Nothing if a new load() would give the same as the last one.
  virtual bool has_changed() = 0;

  /// @throws Error with a sentence
  virtual Identity load() = 0;
};

/// A certificate chain and its key in PEM files that somebody else renews.
class FileIdentity final : public IdentitySource {
 public:
  /// Nothing is read yet. Both may be one file.
  FileIdentity(std::filesystem::path chain, std::filesystem::path key,
               WallClock clock = system_time);

  bool has_changed() override;
  Identity load() override;

 private:
  std::filesystem::path chain_file_;
  std::filesystem::path key_file_;
  WallClock clock_;
  FileStamp chain_stamp_;  // of what was loaded; a failed load is tried again
  FileStamp key_stamp_;
};

}  // namespace duet::tls
