// SPDX-License-Identifier: MIT
// Serves the page that is part of the binary.
#include <duet/web/request_path.hpp>
#include <duet/web/selection.hpp>
#include <duet/web/sentence.hpp>
#include <duet/web/web_host.hpp>

#include <memory>
#include <string>

namespace duet::web {

namespace {

// W3C CSP 3. Under default-src 'self' the page's own WebSocket needs nothing more.
constexpr std::string_view kContentSecurityPolicy =
    "default-src 'self'; connect-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob: mediastream:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'";

// W3C Permissions Policy: what a call uses, and a no to what browsers would otherwise grant.
// Chromium warns of names that it doesn't know, and Firefox reads none.
constexpr std::string_view kPermissionsPolicy =
    "camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), "
    "picture-in-picture=(self), autoplay=(self), screen-wake-lock=(self), accelerometer=(), "
    "geolocation=(), gyroscope=(), hid=(), idle-detection=(), local-fonts=(), magnetometer=(), "
    "midi=(), payment=(), publickey-credentials-get=(), serial=(), usb=(), xr-spatial-tracking=()";

constexpr std::string_view kForever = "public, max-age=31536000, immutable";  // RFC 8246

// Paths that the page itself tells apart.
bool is_route(const RequestPath& path) {
  if (path.names.empty()) return true;
  if (path.names.front() == "r") return true;
  return path.names.size() == 1 && (path.names.front() == "loop" || path.names.front() == "ca");
}

http::Response serve(const http::Request& request, const EmbeddedFile& file) {
  // A range is a part of the content as it is, not of its gzip form.
  const bool gzip = !file.gzip.empty() && request.header("Range").empty() &&
                    prefers_gzip(request.list("Accept-Encoding"));
  const std::string_view content = gzip ? file.gzip : file.identity;
  const Validators validators{.etag = "\"" + std::string{file.hash} + (gzip ? "-gzip\"" : "\""),
                              .last_modified = std::nullopt,
                              .size = content.size()};
  const Selection selection = select(request, validators);
  http::Response response = begin_response(selection, validators);
  response.set("Cache-Control", file.path.starts_with("assets/") ? kForever : "no-cache");
  if (!file.gzip.empty()) response.set("Vary", "Accept-Encoding");
  if (selection.kind == Selection::Kind::NotModified ||
      selection.kind == Selection::Kind::Unsatisfiable) {
    return response;
  }
  response.set("Content-Type", file.media_type);
  if (gzip) response.set("Content-Encoding", "gzip");
  response.view = selection.kind == Selection::Kind::Part
                      ? content.substr(selection.first, selection.size)
                      : content;
  // Nobody owns what lasts as long as the program; said so that it isn't copied for each reader,
  // of whom some are slow.
  response.keep_alive = {std::shared_ptr<const void>{}, content.data()};
  return response;
}

}  // namespace

http::Response WebHost::handle(const http::Request& request) const {
  http::Response response = answer(request);
  response.set("Content-Security-Policy", kContentSecurityPolicy);
  response.set("Permissions-Policy", kPermissionsPolicy);
  response.set("X-Content-Type-Options", "nosniff");
  response.set("Referrer-Policy", "no-referrer");
  response.set("Cross-Origin-Opener-Policy", "same-origin");
  // Teaching pages on other origins load the client from here.
  if (is_client_script(request.path)) {
    response.set("Access-Control-Allow-Origin", "*");
    response.set("Cross-Origin-Resource-Policy", "cross-origin");
  }
  return response;
}

http::Response WebHost::answer(const http::Request& request) const {
  if (!is_read(request.method)) return method_not_allowed();
  const auto path = RequestPath::parse(request.path);
  // A room's name may be anything, so "/r/.." and "/r/%" are the page's to judge.
  const bool is_room = request.path.starts_with("/r/");
  if (!path && !is_room) {
    return path.error() == PathError::Malformed ? malformed_path() : not_found();
  }
  if (is_room || is_route(*path)) {
    const EmbeddedFile* const index = find(files_, "index.html");
    return index != nullptr ? serve(request, *index) : not_found();
  }
  const std::string name = path->joined();
  if (!path->is_directory) {
    if (const EmbeddedFile* const file = find(files_, name)) return serve(request, *file);
  }
  const EmbeddedFile* const index = find(files_, name + "/index.html");
  if (index == nullptr) return not_found();
  return path->is_directory ? serve(request, *index) : to_directory(*path, request.query);
}

bool WebHost::is_client_script(std::string_view path) {
  constexpr std::string_view kFolder = "/socket.io/";
  if (!path.starts_with(kFolder)) return false;
  const std::string_view name = path.substr(kFolder.size());
  return name.find('/') == std::string_view::npos &&
         (name.ends_with(".js") || name.ends_with(".js.map"));
}

}  // namespace duet::web
