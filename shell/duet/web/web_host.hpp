// SPDX-License-Identifier: MIT
// Serves the page that is part of the binary.
#pragma once

#include <duet/http/message.hpp>
#include <duet/web/embedded_file.hpp>

#include <span>
#include <string_view>

namespace duet::web {

/// Answers GET and HEAD for embedded files: `/`, `/r/...`, `/loop` and `/ca`, the latter two also
/// with a slash at their end, are index.html; a directory is its index.html, everything else goes
/// by its own path.
///
/// Every answer carries the content security policy of a page that speaks with its own server only
/// (W3C CSP 3), and a permissions policy that grants what a call needs. Files under /assets/ have
/// their content's hash in their name and are cached for a year; all others are asked for again and
/// mostly answered 304. Holds no state, so any thread may ask.
class WebHost {
 public:
  /// @param files  sorted by path, as page_files() gives them; must outlive the host
  explicit WebHost(std::span<const EmbeddedFile> files) : files_{files} {}

  http::Response handle(const http::Request& request) const;

  /// Whether the path names a script of the Socket.IO client, or its source map, rather than the
  /// Socket.IO endpoint beside it: "/socket.io/socket.io.js".
  static bool is_client_script(std::string_view path);

 private:
  http::Response answer(const http::Request& request) const;

  std::span<const EmbeddedFile> files_;
};

}  // namespace duet::web
