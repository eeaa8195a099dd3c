// SPDX-License-Identifier: MIT
// Which pages of other origins may talk to the signaling server (Fetch standard, CORS protocol).
#pragma once

#include <duet/http/message.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duet::host {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// Any origin by default, since there is no cookie that a foreign page could abuse.
class CorsPolicy {
 public:
  /// @param origins  those allowed, as browsers send them ("https://example.org", "null"); none
  ///                 means every origin
  explicit CorsPolicy(std::vector<std::string> origins = {});

  /// Whether `request` may be served: it has no Origin, an allowed one, or the server's own.
  bool allows(const http::Request& request) const;
  /// The headers every answer to `request` carries, errors too; none without an allowed Origin.
  Headers headers(const http::Request& request) const;
  /// The answer to OPTIONS.
  http::Response preflight(const http::Request& request) const;

 private:
  std::vector<std::string> origins_;
};

}  // namespace duet::host
