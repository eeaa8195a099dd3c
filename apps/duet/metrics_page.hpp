// SPDX-License-Identifier: MIT
// /metrics: for clients on this machine, at an address of its own, or nowhere.
#pragma once

#include "server_options.hpp"
#include <duet/host/cors.hpp>
#include <duet/host/proxy.hpp>
#include <duet/host/site.hpp>
#include <duet/http/server.hpp>
#include <duet/metrics/registry.hpp>
#include <duet/net/event_loop.hpp>
#include <duet/tls/context.hpp>

#include <optional>

namespace duet::apps {

class MetricsPage {
 public:
  /// All of them must outlive the page.
  /// @param tls  null where there is none
  MetricsPage(const http::Server& server, const tls::TlsContext* tls);

  /// For what a command has beside its port.
  metrics::Registry& registry() { return registry_; }

  /// Puts it where --metrics says.
  /// @throws CannotListen if its own address can't be had
  void show(MetricsPlace place, host::Site& site, net::EventLoop& loop);

 private:
  /// A listener that has nothing else.
  struct Own {
    explicit Own(net::EventLoop& loop) : server{loop, {}}, site{server, cors, proxies} {
      server.set_service(site);
    }

    host::CorsPolicy cors;
    host::ProxyTrust proxies;
    http::Server server;
    host::Site site;
  };

  http::Response text() const;

  metrics::Registry registry_;
  std::optional<Own> own_;
};

}  // namespace duet::apps
