// SPDX-License-Identifier: MIT
// Gives away the local authority's certificate, for devices to trust.
#pragma once

#include <duet/http/message.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace duet::web {

/// What people need to know about the local authority.
struct CaInfo {
  std::string name;               ///< as lists of authorities show it
  std::string fingerprint;        ///< SHA-256, "AA:BB:..."
  std::string der;                ///< the certificate
  std::vector<std::string> urls;  ///< where this server can be reached once it is trusted
};

/// Answers `/ca.crt` (the certificate) and `/ca/info` (JSON: name, fingerprint, urls). Both are 404
/// while there is no local authority, since the certificates come from elsewhere.
class CaHost {
 public:
  /// @param info  asked for each request, as addresses and authorities change
  explicit CaHost(std::function<std::optional<CaInfo>()> info) : info_{std::move(info)} {}

  /// Nothing when the path is none of the two.
  std::optional<http::Response> handle(const http::Request& request) const;

 private:
  std::function<std::optional<CaInfo>()> info_;
};

}  // namespace duet::web
