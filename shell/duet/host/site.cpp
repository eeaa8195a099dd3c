// SPDX-License-Identifier: MIT
// Which part of the program answers which request.
#include <duet/host/site.hpp>

#include <utility>

namespace duet::host {
namespace {

/// Served over plain HTTP too: what the page about trusting our certificate needs, since over HTTPS
/// it can't be seen without a warning, and the client script, which pages elsewhere load.
bool is_public(std::string_view path) {
  return path == "/ca" || path.starts_with("/ca/") || path == "/ca.crt" ||
         path.starts_with("/assets/") || path.starts_with("/socket.io/");
}

http::Response redirect_to_https(const http::Request& request) {
  http::Response response =
      http::text_response(308,
                          "Cameras only work on a secure page. Open the secure address. "
                          "摄像头只能在安全页面上使用，请打开安全地址。");
  const std::string_view host = request.header("Host");
  std::string location = "https://";
  location += host.empty() ? request.local.to_string() : std::string{host};  // HTTP/1.0 has none
  location += request.target;
  response.set("Location", location);
  response.set("Cache-Control", "no-store");
  return response;
}

}  // namespace

Site::Site(http::Server& server, const CorsPolicy& cors, const ProxyTrust& proxies)
    : server_{server}, cors_{cors}, proxies_{proxies} {}

void Site::mount(std::string path, SignalingHost& host) {
  endpoints_.emplace(std::move(path), &host);
}

void Site::set(std::string path, Page page) { single_.emplace(std::move(path), std::move(page)); }

SignalingHost* Site::endpoint_at(std::string_view path) const {
  std::string key{path};
  if (!key.ends_with('/')) key += '/';  // clients may leave it out
  const auto found = endpoints_.find(key);
  return found != endpoints_.end() ? found->second : nullptr;
}

void Site::handle_request(http::ConnectionId id, const http::Request& request) {
  const Client client = proxies_.client_of(request);
  if (observer_) observer_(request, client);
  if (SignalingHost* const endpoint = endpoint_at(request.path)) {
    return endpoint->handle_request(id, request, client);
  }
  server_.respond(id, page_for(request, client));
}

void Site::handle_response_sent(http::ConnectionId id, std::size_t bytes) {
  for (const auto& [path, endpoint] : endpoints_) endpoint->handle_response_sent(id, bytes);
}

void Site::handle_request_aborted(http::ConnectionId id) {
  // Only the endpoint that knows the request takes note.
  for (const auto& [path, endpoint] : endpoints_) endpoint->handle_request_aborted(id);
}

http::UpgradeAnswer Site::handle_websocket_opening(http::ConnectionId id,
                                                   const http::Request& request) {
  const Client client = proxies_.client_of(request);
  if (observer_) observer_(request, client);
  if (SignalingHost* const endpoint = endpoint_at(request.path)) {
    return endpoint->handle_websocket_opening(id, request, client);
  }
  http::UpgradeAnswer answer;
  answer.refusal =
      http::text_response(404, "There is no WebSocket at this address. 这个地址没有 WebSocket。");
  return answer;
}

Headers Site::headers_of_error(const http::Request& request) { return cors_.headers(request); }

http::Response Site::page_for(const http::Request& request, const Client& client) const {
  if (const auto found = single_.find(std::string{request.path}); found != single_.end()) {
    if (request.method == "GET" || request.method == "HEAD") return found->second(request, client);
    http::Response response =
        http::text_response(405, "This address can only be read. 这个地址只能读取。");
    response.set("Allow", "GET, HEAD");
    return response;
  }
  if (!pages_)
    return http::text_response(404, "There is nothing at this address. 这个地址没有内容。");
  if (needs_redirect(request, client)) return redirect_to_https(request);
  return pages_(request, client);
}

bool Site::needs_redirect(const http::Request& request, const Client& client) const {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  return require_https_ && reads && !client.secure && !client.loopback && !client.proxied &&
         !is_public(request.path);
}

}  // namespace duet::host
