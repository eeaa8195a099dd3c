// SPDX-License-Identifier: MIT
// Requests and embedded files for the tests of this folder.
#pragma once

#include <duet/base/ascii.hpp>
#include <duet/http/message.hpp>
#include <duet/web/embedded_file.hpp>

#include <array>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace duet::web {

using HeaderList = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// The texts must outlive the request, as literals do.
inline http::Request request(std::string_view method, std::string_view target,
                             HeaderList headers = {}) {
  http::Request made;
  made.method = method;
  made.target = target;
  made.path = target.substr(0, target.find('?'));
  if (made.path.size() < target.size()) made.query = target.substr(made.path.size() + 1);
  made.headers.assign(headers.begin(), headers.end());
  return made;
}

inline http::Request get(std::string_view target, HeaderList headers = {}) {
  return request("GET", target, headers);
}

/// The header of that name, or "(none)"; "(twice)" if it is there more than once.
inline std::string header(const http::Response& response, std::string_view name) {
  std::string found = "(none)";
  for (const auto& [key, value] : response.headers) {
    if (!equal_ignoring_case(key, name)) continue;
    if (found != "(none)") return "(twice)";
    found = value;
  }
  return found;
}

inline constexpr auto kTestFiles = std::to_array<EmbeddedFile>({
    {"assets/app-1a2b.js", "text/javascript; charset=utf-8", "a1", "0123456789", "packed"},
    {"favicon.ico", "image/vnd.microsoft.icon", "f1", "icon", ""},
    {"index.html", "text/html; charset=utf-8", "i1", "<title>Duet</title>", "packed page"},
    {"seed/index.html", "text/html; charset=utf-8", "s1", "seed", ""},
    {"seed/v2/index.html", "text/html; charset=utf-8", "s2", "seed two", ""},
    {"socket.io/socket.io.js", "text/javascript; charset=utf-8", "c1", "client", ""},
    {"socket.io/socket.io.js.map", "application/json", "c2", "map", ""},
});

}  // namespace duet::web
