// SPDX-License-Identifier: MIT
// The first lines of `duet serve`: what to open.
#pragma once

#include <duet/config/sentences.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duet::apps {

enum class LinkKind : std::uint8_t {
  ThisMachine,  ///< http://localhost:2022
  Network,      ///< an address that others on the same network reach
  Internet,     ///< a public address, which a certificate made here can't name
  Public,       ///< a name of the user's own certificate
  Fixture       ///< of --conformance
};

struct Link {
  LinkKind kind;
  std::string url;
};

/// Whether other machines can open it by this machine's address.
bool is_outer(const Link& link);

enum class CertificateKind : std::uint8_t {
  OwnAuthority,  ///< made here; a phone has to trust it once
  Files,         ///< the user's own
  None           ///< plain HTTP for a proxy, or the fixture
};

struct Greeting {
  std::string_view version;
  std::vector<Link> links;  ///< in the order they are to be shown
  CertificateKind certificate = CertificateKind::OwnAuthority;
  config::Language language = config::Language::English;
  /// Of the server's own authority, SHA-256: what people compare before they trust it. Empty for
  /// none.
  std::string fingerprint;
  /// What the relay is good for, in one line; empty without one.
  std::string relay;
  /// What would go wrong with it, a sentence each.
  std::vector<std::string> warnings;
  /// Show the first link for other machines as a QR code: for a terminal only.
  bool with_qr_code = false;
};

/// Lines for stderr, the last one ended.
std::string banner(const Greeting& greeting);

}  // namespace duet::apps
