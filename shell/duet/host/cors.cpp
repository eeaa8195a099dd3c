// SPDX-License-Identifier: MIT
// Which pages of other origins may talk to the signaling server (Fetch standard, CORS protocol).
#include <duet/host/cors.hpp>

#include <algorithm>

namespace duet::host {

CorsPolicy::CorsPolicy(std::vector<std::string> origins) : origins_{std::move(origins)} {}

bool CorsPolicy::allows(const http::Request& request) const {
  const std::string_view origin = request.header("Origin");
  if (origin.empty() || origins_.empty()) return true;
  if (std::find(origins_.begin(), origins_.end(), origin) != origins_.end()) return true;
  // The server's own page, whose origin's host is the one that was asked.
  const std::size_t scheme = origin.find("://");
  return scheme != std::string_view::npos && origin.substr(scheme + 3) == request.header("Host");
}

Headers CorsPolicy::headers(const http::Request& request) const {
  const std::string_view origin = request.header("Origin");
  if (origin.empty() || !allows(request)) return {};
  return {{"Access-Control-Allow-Origin", std::string{origin}},
          {"Access-Control-Allow-Credentials", "true"},
          {"Vary", "Origin"}};
}

http::Response CorsPolicy::preflight(const http::Request& request) const {
  http::Response response;
  response.status = 204;
  response.headers = headers(request);
  response.set("Access-Control-Allow-Methods", "GET, POST, OPTIONS");
  if (const auto asked = request.header("Access-Control-Request-Headers"); !asked.empty()) {
    response.set("Access-Control-Allow-Headers", asked);
  }
  response.set("Access-Control-Max-Age", "7200");
  return response;
}

}  // namespace duet::host
