// SPDX-License-Identifier: MIT
// OpenSSL's DTLS over memory: one association, record by record. No public header includes it.
#pragma once

#include <duet/base/time.hpp>
#include <duet/dtls/identity.hpp>
#include <duet/dtls/openssl.hpp>
#include <duet/dtls/role.hpp>
#include <duet/srtp/master_key.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace duet::dtls {

/// A certificate in DER; empty for null.
std::vector<std::byte> der(const X509* certificate);

/// What an association asks its owner.
class Policy {
 public:
  Policy() = default;
  Policy(const Policy&) = delete;
  Policy& operator=(const Policy&) = delete;
  virtual ~Policy() = default;

  /// Whether the handshake may go on with that certificate, in DER.
  virtual bool accepts(std::span<const std::byte> certificate) = 0;

  /// How long to wait for an answer to a flight.
  virtual Duration first_timeout() const = 0;
};

/// Why OpenSSL gave up.
struct Broken {
  std::optional<std::uint8_t> alert;  ///< of the peer's, protected by the handshake
  std::string words;                  ///< OpenSSL's, for the log
};

struct Config;

class Association {
 public:
  enum class Progress : std::uint8_t { Waits, Done, Broken };

  /// @param policy  outlives the association
  Association(const Identity& identity, Policy& policy, Role role, const Config& config);

  /// Begins the handshake, or goes on with it with one record.
  Progress handshake(std::span<const std::byte> record = {});

  /// A record after the handshake: application data in `out`, which holds a whole one.
  ///
  /// @return Done with the number of bytes in `size`, 0 for the peer's close_notify
  Progress read(std::span<const std::byte> record, std::span<std::byte> out, std::size_t& size);

  /// One record with `data`, not empty.
  ///
  /// @return its size; 0 when it did not fit or the association is broken
  std::size_t write(std::span<const std::byte> data, std::span<std::byte> out);

  /// Gives the buffers for records back, 19 KB of an association's 57. The next record brings them
  /// again.
  void release_buffers();

  /// Writes close_notify.
  void shut_down();

  /// Sends the flight again, if OpenSSL's clock says that it is time.
  Progress handle_timeout();

  /// How long until handle_timeout(); nothing while nothing waits for an answer.
  std::optional<Duration> timeout() const;

  bool has_extended_master_secret() const;
  std::optional<srtp::Profile> profile() const;
  srtp::MasterKeys export_keys(Role role, srtp::Profile profile) const;

  /// DER; empty before there is one.
  std::vector<std::byte> peer_certificate() const;

  /// "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
  std::string cipher() const;

  const Broken& broken() const { return broken_; }

  std::vector<std::vector<std::byte>>& outgoing() { return datagrams_.outgoing; }

 private:
  Progress fail_with(int result);

  Datagrams datagrams_;
  SslPtr ssl_;
  Broken broken_;
};

}  // namespace duet::dtls
