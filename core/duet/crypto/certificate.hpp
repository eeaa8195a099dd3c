// SPDX-License-Identifier: MIT
// X.509 certificates as values (RFC 5280).
#pragma once

#include <duet/base/address.hpp>
#include <duet/crypto/digest.hpp>
#include <duet/crypto/key.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct x509_st;  // OpenSSL's X509

namespace duet::crypto {

/// Seconds since 1970. The caller says what time it is; nothing here asks a clock.
using UnixTime = std::chrono::sys_seconds;

/// What a certificate is good for: its subjectAltName (RFC 5280 §4.2.1.6).
struct SubjectNames {
  std::vector<std::string> dns;
  std::vector<IpAddress> addresses;

  friend bool operator==(const SubjectNames&, const SubjectNames&) = default;
};

/// Letters, digits and hyphens in labels of at most 63, 253 in all (RFC 1123 §2.1), no final dot.
bool is_host_name(std::string_view text);

/// A certificate. It never changes, so copies share it.
class Certificate {
 public:
  /// All certificates in PEM text, in order; text between them is skipped. Empty when there is
  /// none, or when one of them is broken.
  static std::vector<Certificate> all_from_pem(std::string_view text);

  static std::optional<Certificate> from_der(std::string_view der);

  /// Takes ownership of one reference.
  static Certificate adopt(x509_st* certificate);

  std::string to_pem() const;
  std::string to_der() const;

  /// SHA-256 of the DER form: what certificate dialogs show.
  Sha256 digest() const;

  UnixTime not_before() const;
  UnixTime not_after() const;

  /// The subject's first CN, or empty.
  std::string common_name() const;

  /// DNS names and addresses it is valid for, in the order they are written there.
  SubjectNames names() const;

  /// May sign certificates (RFC 5280 §4.2.1.9).
  bool is_authority() const;

  /// Signed by that authority's key, under its name. Says nothing about time or constraints.
  bool is_issued_by(const Certificate& authority) const;

  /// The certificate is about this key.
  bool is_for(const PrivateKey& key) const;

  /// As an authority it may sign for that name or address (RFC 5280 §4.2.1.10); without constraints
  /// it may for any.
  bool permits(std::string_view dns) const;
  bool permits(const IpAddress& address) const;

  x509_st* native() const { return certificate_.get(); }

 private:
  explicit Certificate(std::shared_ptr<x509_st> certificate)
      : certificate_{std::move(certificate)} {}

  std::shared_ptr<x509_st> certificate_;
};

/// Why a server would not be believed; nothing when it would: the certificate's chain ends at
/// `root`, within its constraints, at that time, for that host name or address. OpenSSL's words.
std::optional<std::string> verify_server(const Certificate& leaf,
                                         const std::vector<Certificate>& intermediates,
                                         const Certificate& root, std::string_view host,
                                         UnixTime now);

}  // namespace duet::crypto
