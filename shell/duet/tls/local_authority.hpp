// SPDX-License-Identifier: MIT
// A certificate authority of this machine's own, so that HTTPS works on the first run.
#pragma once

#include <duet/tls/identity.hpp>
#include <duet/tls/machine.hpp>

#include <functional>

namespace duet::tls {

inline constexpr std::chrono::days kAuthorityLifetime{3652};  ///< ten years
/// Browsers take at most 398 days (CA/Browser Forum Baseline Requirements §6.3.2).
inline constexpr std::chrono::days kServerLifetime{397};
/// What has less than this left is made anew.
inline constexpr std::chrono::days kRenewBefore{30};
/// Names and addresses in one certificate: a machine with hundreds of virtual bridges must not make
/// one that doesn't fit into a handshake's first flight. The rest is left out.
inline constexpr std::size_t kMostSubjectNames = 100;

/// Keeps an authority in a directory, and signs for the machine's present names and addresses.
///
/// The authority may sign for private, loopback, link-local and carrier-grade-NAT addresses, for
/// localhost, .local and .lan, and for the host names that the machine had when it was made: it
/// can't be used to pretend to be a public site, even by who steals its key. Names and addresses
/// beyond that are left out of the server's certificate, which one of them would spoil as a whole.
class LocalAuthority final : public IdentitySource {
 public:
  /// Nothing is read or made yet.
  ///
  /// @param directory  see state_directory(); made if need be
  explicit LocalAuthority(std::filesystem::path directory,
                          std::function<Machine()> machine = this_machine,
                          WallClock clock = system_time);

  /// True when the machine has a name or address that the certificate lacks, when it nears its end,
  /// or when the files changed.
  bool has_changed() override;

  /// What is in the directory, after making what is missing or out of date. An address that went
  /// away stays in the certificate until it is renewed for another reason, so that a network that
  /// comes and goes doesn't cost people their click-through exceptions.
  ///
  /// @throws Error with a sentence: a file in the directory is not what Duet put
  ///         there, others may read a key, or the directory can't be written
  Identity load() override;

 private:
  struct Authority {
    crypto::PrivateKey key;
    crypto::Certificate certificate;
  };

  std::optional<Authority> read_authority() const;
  std::optional<Identity> read_server(const Authority& authority) const;
  std::optional<Identity> read_current(const Machine& machine, crypto::UnixTime now) const;
  Authority make_authority(const Machine& machine, crypto::UnixTime now) const;
  Identity issue(const Authority& authority, const Machine& machine, crypto::UnixTime now) const;
  Identity update(const Machine& machine, crypto::UnixTime now) const;

  std::filesystem::path authority_file() const { return directory_ / "authority.pem"; }

  std::filesystem::path server_file() const { return directory_ / "server.pem"; }

  std::filesystem::path certificate_file() const { return directory_ / "ca.crt"; }

  std::filesystem::path directory_;
  std::function<Machine()> machine_;
  WallClock clock_;
  std::optional<Identity> loaded_;
  FileStamp authority_stamp_;
  FileStamp server_stamp_;
};

}  // namespace duet::tls
