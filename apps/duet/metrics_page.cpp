// SPDX-License-Identifier: MIT
// /metrics: for clients on this machine, at an address of its own, or nowhere.
#include "metrics_page.hpp"

#include "listening.hpp"
#include "version.hpp"
#include <duet/metrics/process.hpp>
#include <duet/metrics/signaling.hpp>

namespace duet::apps {

MetricsPage::MetricsPage(const http::Server& server, const tls::TlsContext* tls) {
  metrics::add_process(registry_, version());
  metrics::add_net(registry_, server.counters());
  if (tls == nullptr) return;
  metrics::add_certificate(registry_, [tls] {
    return static_cast<double>(tls->certificate().not_after().time_since_epoch().count());
  });
}

void MetricsPage::show(MetricsPlace place, host::Site& site, net::EventLoop& loop) {
  switch (place.where) {
    case MetricsPlace::Where::Off:
      return;
    case MetricsPlace::Where::Loopback:
      return site.set("/metrics", [this](const http::Request&, const host::Client& client) {
        if (client.loopback) return text();
        return http::text_response(
            403, "Metrics are told to clients on this machine only. 指标只告诉本机的客户端。");
      });
    case MetricsPlace::Where::Address:
      own_.emplace(loop);
      own_->site.set("/metrics",
                     [this](const http::Request&, const host::Client&) { return text(); });
      listen(own_->server, place.address, "--metrics");
  }
}

http::Response MetricsPage::text() const {
  http::Response response;
  response.set("Content-Type", metrics::kContentType);
  response.set("Cache-Control", "no-store");
  response.body = registry_.text();
  return response;
}

}  // namespace duet::apps
