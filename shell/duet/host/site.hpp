// SPDX-License-Identifier: MIT
// Which part of the program answers which request.
#pragma once

#include <duet/host/cors.hpp>
#include <duet/host/proxy.hpp>
#include <duet/host/signaling_host.hpp>
#include <duet/net/server.hpp>
#include <duet/net/service.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace duet::host {

/// Routes by path: Engine.IO endpoints, single paths such as /healthz, and pages for the rest.
class Site final : public net::HttpService {
 public:
  using Page = std::function<net::HttpResponse(const net::HttpRequest&, const Client&)>;

  /// All of them must outlive the site.
  Site(net::Server& server, const CorsPolicy& cors, const ProxyTrust& proxies);

  /// An Engine.IO endpoint.
  /// @param path  begins and ends with '/'
  void mount(std::string path, SignalingHost& host);
  /// One path, for GET and HEAD.
  void set(std::string path, Page page);

  /// Everything else.
  void set_pages(Page pages) { pages_ = std::move(pages); }

  /// Told of every request before it is answered.
  using Observer = std::function<void(const net::HttpRequest&, const Client&)>;

  void observe(Observer observer) { observer_ = std::move(observer); }

  /// Pages asked for over plain HTTP are redirected to HTTPS on the same port, except on loopback
  /// and behind a proxy: browsers give cameras to secure pages only.
  void require_https() { require_https_ = true; }

  void handle_request(net::ConnectionId id, const net::HttpRequest& request) override;
  void handle_response_sent(net::ConnectionId id, std::size_t bytes) override;
  void handle_request_aborted(net::ConnectionId id) override;
  net::UpgradeAnswer handle_websocket_opening(net::ConnectionId id,
                                              const net::HttpRequest& request) override;
  Headers headers_of_error(const net::HttpRequest& request) override;

 private:
  SignalingHost* endpoint_at(std::string_view path) const;
  net::HttpResponse page_for(const net::HttpRequest& request, const Client& client) const;
  bool needs_redirect(const net::HttpRequest& request, const Client& client) const;

  net::Server& server_;
  const CorsPolicy& cors_;
  const ProxyTrust& proxies_;
  std::unordered_map<std::string, SignalingHost*> endpoints_;
  std::unordered_map<std::string, Page> single_;
  Page pages_;
  Observer observer_;
  bool require_https_ = false;
};

}  // namespace duet::host
