// SPDX-License-Identifier: MIT
// Which part of the program answers which request.
#pragma once

#include <duet/host/cors.hpp>
#include <duet/host/proxy.hpp>
#include <duet/host/signaling_host.hpp>
#include <duet/http/server.hpp>
#include <duet/http/service.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace duet::host {

/// Routes by path: Engine.IO endpoints, single paths such as /healthz, and pages for the rest.
class Site final : public http::Service {
 public:
  using Page = std::function<http::Response(const http::Request&, const Client&)>;

  /// All of them must outlive the site.
  Site(http::Server& server, const CorsPolicy& cors, const ProxyTrust& proxies);

  /// An Engine.IO endpoint.
  /// @param path  begins and ends with '/'
  void mount(std::string path, SignalingHost& host);
  /// One path, for GET and HEAD.
  void set(std::string path, Page page);

  /// Everything else.
  void set_pages(Page pages) { pages_ = std::move(pages); }

  /// Told of every request before it is answered.
  using Observer = std::function<void(const http::Request&, const Client&)>;

  void observe(Observer observer) { observer_ = std::move(observer); }

  /// Pages asked for over plain HTTP are redirected to HTTPS on the same port, except on loopback
  /// and behind a proxy: browsers give cameras to secure pages only.
  void require_https() { require_https_ = true; }

  void handle_request(http::ConnectionId id, const http::Request& request) override;
  void handle_response_sent(http::ConnectionId id, std::size_t bytes) override;
  void handle_request_aborted(http::ConnectionId id) override;
  http::UpgradeAnswer handle_websocket_opening(http::ConnectionId id,
                                               const http::Request& request) override;
  Headers headers_of_error(const http::Request& request) override;

 private:
  SignalingHost* endpoint_at(std::string_view path) const;
  http::Response page_for(const http::Request& request, const Client& client) const;
  bool needs_redirect(const http::Request& request, const Client& client) const;

  http::Server& server_;
  const CorsPolicy& cors_;
  const ProxyTrust& proxies_;
  std::unordered_map<std::string, SignalingHost*> endpoints_;
  std::unordered_map<std::string, Page> single_;
  Page pages_;
  Observer observer_;
  bool require_https_ = false;
};

}  // namespace duet::host
