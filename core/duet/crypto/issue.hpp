// SPDX-License-Identifier: MIT
// Making certificates: an authority that may sign for little, and servers under it.
#pragma once

#include <duet/base/address.hpp>
#include <duet/crypto/certificate.hpp>
#include <duet/crypto/key.hpp>

#include <string>
#include <vector>

namespace duet::crypto {

/// What an authority is made of. Names must satisfy is_host_name().
struct AuthorityProfile {
  std::string common_name;  ///< what people see in their list of authorities, cut to 64 characters
  UnixTime not_before;
  UnixTime not_after;
  std::vector<std::string> domains;      ///< may sign for them and for everything below them
  std::vector<std::string> hosts;        ///< may sign for exactly these names
  std::vector<IpPrefix> address_blocks;  ///< may sign for these addresses
};

/// A self-signed root for TLS servers (EKU serverAuth) that may sign no further authority (pathlen
/// 0), its limits being critical name constraints (RFC 5280 §4.2.1.10). The serial number is
/// random.
///
/// An authority without any domain or host may sign for all names, so at least one of each kind
/// (a domain or a host, and an address block) has to be given.
Certificate make_authority(const AuthorityProfile& profile, const PrivateKey& key);

/// A certificate that speaks for its key alone: no authority signs it and no name is in it, so who
/// meets it has to have its fingerprint from elsewhere (RFC 8827 §6.5).
Certificate make_self_signed(UnixTime not_before, UnixTime not_after, const PrivateKey& key);

/// What a server's certificate is made of. `names` must not be empty and, since one name outside
/// the authority's constraints spoils the whole certificate, all be permitted by the authority.
struct ServerProfile {
  SubjectNames names;
  UnixTime not_before;
  UnixTime not_after;
};

/// A certificate for TLS servers (EKU serverAuth) about `key`, signed by the authority.
Certificate issue_server(const ServerProfile& profile, const PrivateKey& key,
                         const Certificate& authority, const PrivateKey& authority_key);

}  // namespace duet::crypto
