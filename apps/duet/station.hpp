// SPDX-License-Identifier: MIT
// What every command that listens is made of.
#pragma once

#include "metrics_page.hpp"
#include "server_options.hpp"
#include <duet/base/address.hpp>
#include <duet/config/sentences.hpp>
#include <duet/host/cors.hpp>
#include <duet/host/proxy.hpp>
#include <duet/host/site.hpp>
#include <duet/host/system_random.hpp>
#include <duet/http/server.hpp>
#include <duet/net/event_loop.hpp>
#include <duet/tls/context.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace duet::apps {

/// How a command's TCP port is.
struct StationConfig {
  bool tls = true;                   ///< with the user's certificate, or one of our own authority
  std::vector<IpPrefix> proxies;     ///< whose X-Forwarded-* headers are believed
  std::vector<std::string> origins;  ///< whose pages may read; empty for any
  http::ServerConfig server;
};

/// The loop, the TCP port with its certificate and site, /healthz, /readyz and /metrics, and the
/// way from a signal to the end.
class Station {
 public:
  /// @throws tls::Error for want of a certificate; std::runtime_error with a sentence for a folder
  Station(const ServerOptions& options, StationConfig config);

  /// Of the addresses listened on, what others are told.
  enum class Missing : std::uint8_t { Refuse, PassOver };

  /// Listens everywhere, or says why not. With PassOver, one address of several is enough.
  /// @throws CannotListen
  void listen(Missing missing = Missing::Refuse);

  /// Every few seconds, and once when running begins.
  void on_housekeeping(std::function<void()> task) { chores_.push_back(std::move(task)); }

  /// What happens when the program is asked to end.
  struct Drain {
    Duration patience;                        ///< how long is_empty() is waited for at most
    std::function<void()> begin;              ///< tells clients
    std::function<bool()> is_empty;           ///< everybody has left
    std::function<config::Sentence()> waits;  ///< says for whom
  };

  /// Runs until a signal; the first one drains, a second one ends at once. Without `drain`, the
  /// first one does.
  /// @return the exit code
  int run(std::optional<Drain> drain);

  net::EventLoop& loop() { return loop_; }

  Random& random() { return random_; }

  http::Server& server() { return server_; }

  host::Site& site() { return site_; }

  const host::CorsPolicy& cors() const { return cors_; }

  metrics::Registry& metrics() { return metrics_.registry(); }

  /// Null where there is none.
  const tls::TlsContext* tls() const { return tls_.get(); }

  /// As they are bound.
  std::span<const Endpoint> endpoints() const { return endpoints_; }

 private:
  void keep_house();
  void handle_termination();
  void check_drained();
  bool holds(std::uint16_t port) const;

  const ServerOptions& options_;
  net::EventLoop loop_;
  host::SystemRandom random_;
  std::unique_ptr<tls::TlsContext> tls_;
  http::Server server_;
  host::CorsPolicy cors_;
  host::ProxyTrust proxies_;
  host::Site site_;
  MetricsPage metrics_;
  std::vector<Endpoint> endpoints_;
  std::vector<std::function<void()>> chores_;
  std::optional<Drain> drain_;
  net::Timer housekeeping_;
  net::Timer drain_check_;
  Instant drained_by_{};
  std::size_t crowd_ = 0;
  bool draining_ = false;
};

/// Runs `program`, and says in one line why it could not.
/// @return the exit code
int run_or_say(const ServerOptions& options, const std::function<int()>& program);

}  // namespace duet::apps
