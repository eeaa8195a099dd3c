// SPDX-License-Identifier: MIT
// HTTP requests and responses as values.
#pragma once

#include <duet/base/address.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duet::http {

/// One whole HTTP/1.1 request. Views live as long as the call they are given to.
struct Request {
  std::string_view method;  ///< upper case, as sent
  std::string_view target;  ///< origin form: "/r/x?y=1", or "*"
  std::string_view path;    ///< target up to '?', still percent-encoded
  std::string_view query;   ///< after '?', or empty
  std::string_view body;
  Endpoint peer;        ///< the client's end of the connection
  Endpoint local;       ///< our end of it
  bool secure = false;  ///< came over TLS
  std::vector<std::pair<std::string_view, std::string_view>> headers;

  /// The first header of that name (case-insensitive), trimmed; empty if there is none.
  std::string_view header(std::string_view name) const;
  /// All headers of that name as one comma-separated list (RFC 9110 §5.3); empty if there is none.
  std::string list(std::string_view name) const;

  /// Whether both ends of the connection are loopback addresses, whatever the headers say.
  bool is_loopback() const { return peer.address.is_loopback() && local.address.is_loopback(); }
};

/// A response with its body in memory. Content-Length, Connection and Date are added on the way
/// out; of the answer to HEAD the body is left out.
struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  /// Bytes that outlive the response (embedded files, memory kept alive by `keep_alive`)...
  std::string_view view;
  std::shared_ptr<const void> keep_alive;
  /// ...or bytes of its own, when `view` is empty.
  std::string body;

  void set(std::string_view name, std::string_view value) { headers.emplace_back(name, value); }

  std::string_view content() const { return view.empty() ? std::string_view{body} : view; }
};

/// A sentence as text/plain; charset=utf-8: for errors that people may meet.
Response text_response(int status, std::string_view sentence);

/// Whether a Host header's value is made of what such a value may be made of (RFC 9110 §7.2, RFC
/// 3986 §3.2.2); empty is allowed.
bool is_host(std::string_view value);

/// "Not Found" for 404; empty for a status that has no phrase here.
std::string_view reason_phrase(int status);

}  // namespace duet::http
