// SPDX-License-Identifier: MIT
// HTTP requests and responses as values, and who answers them.
#pragma once

#include <duet/base/address.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duet::net {

/// One whole HTTP/1.1 request. Views live as long as the call they are given to.
struct HttpRequest {
  std::string_view method;  ///< upper case, as sent
  std::string_view target;  ///< as on the request line: "/r/x?y=1"
  std::string_view path;    ///< target up to '?', still percent-encoded
  std::string_view query;   ///< after '?', or empty
  std::string_view body;
  Endpoint peer;        ///< the client, or what a trusted proxy says of it
  Endpoint local;       ///< the address the connection came to
  bool secure = false;  ///< came over TLS, or a trusted proxy says so
  /// The first header of that name (case-insensitive), trimmed; empty if there is none.
  std::string_view header(std::string_view name) const;

  std::vector<std::pair<std::string_view, std::string_view>> headers;
};

/// A response with its body in memory. Content-Length, Connection and Date are added on the way out;
/// of the answer to HEAD the body is left out.
struct HttpResponse {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  /// Bytes that outlive the response (embedded files, memory kept alive by `keep_alive`)...
  std::string_view view;
  std::shared_ptr<const void> keep_alive;
  /// ...or bytes of its own, when `view` is empty.
  std::string body;

  void set(std::string_view name, std::string_view value) {
    headers.emplace_back(name, value);
  }
};

/// {"content-type": "text/plain; charset=utf-8"} and a sentence: for errors that people may meet.
HttpResponse text_response(int status, std::string_view sentence);

}  // namespace duet::net
