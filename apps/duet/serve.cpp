// SPDX-License-Identifier: MIT
// `duet serve`: the page, signaling and HTTPS on one port.
#include "serve.hpp"

#include "banner.hpp"
#include "endpoints.hpp"
#include "exit_code.hpp"
#include "links.hpp"
#include "listening.hpp"
#include "metrics_page.hpp"
#include "pages.hpp"
#include "version.hpp"
#include <duet/crypto/digest.hpp>
#include <duet/host/system_random.hpp>
#include <duet/log/log.hpp>
#include <duet/tls/context.hpp>
#include <duet/tls/state_directory.hpp>

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace duet::apps {
namespace {

/// How often files are looked at and freed memory is given back.
constexpr Duration kHousekeepingInterval = 5s;
/// How often a draining server looks whether everybody has left.
constexpr Duration kDrainCheckInterval = 20ms;
/// For the last bytes of connections that the server closes when it ends.
constexpr Duration kFarewell = 100ms;

/// A connection is a descriptor: as many as the system lets us have.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::unique_ptr<tls::TlsContext> make_tls(const ServeOptions& options) {
  if (*options.conformance || options.behind_proxy->any()) return nullptr;
  if (*options.cert) return tls::TlsContext::from_files(**options.cert, **options.key);
  const auto directory = state_directory(options, config::Environment::of_process());
  tls::prepare_state_directory(directory);
  return tls::TlsContext::from_local_authority(directory);
}

std::chrono::sys_seconds wall_clock() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::vector<std::string> allowed_origins(const ServeOptions& options) {
  std::vector<std::string> origins;
  for (const WebOrigin& origin : *options.allow_origin) {
    if (origin.text == "*") return {};
    origins.push_back(origin.text);
  }
  return origins;
}

class Program {
 public:
  explicit Program(const ServeOptions& options)
      : options_{options},
        tls_{make_tls(options)},
        server_{loop_, server_config(options)},
        cors_{allowed_origins(options)},
        proxies_{options.behind_proxy->networks},
        site_{server_, cors_, proxies_},
        housekeeping_{loop_, [this] { keep_house(); }},
        drain_check_{loop_, [this] { check_drained(); }} {
    server_.set_service(site_);
    server_.set_trusted(options.behind_proxy->networks);
    if (*options.conformance) {
      conformance_.emplace(loop_, server_, cors_, random_);
      conformance_->mount_on(site_);
    } else {
      turn_secrets_ = turn_secrets(options.relay, random_);
      const auto epoch =
          wall_clock() - std::chrono::floor<std::chrono::seconds>(loop_.now().time_since_epoch());
      rooms_.emplace(options, ice_config(options, tls_ != nullptr, turn_secrets_.front(), epoch),
                     loop_, server_, cors_, random_);
      rooms_->mount_on(site_);
      metrics_.emplace(server_, *rooms_, tls_.get());
      pages_.emplace(options, tls_.get(), [this] { return network_links(); });
      pages_->show_on(site_);
    }
    if (tls_) {
      server_.set_tls([this] { return tls_->context(); });
      site_.require_https();
    }
    site_.set("/healthz", [](const auto&, const auto&) { return net::text_response(200, "ok"); });
    site_.set("/readyz", [this](const auto&, const auto&) {
      return draining_ ? net::text_response(503, "draining") : net::text_response(200, "ready");
    });
  }

  int run() {
    listen_everywhere();
    if (metrics_) metrics_->show(*options_.metrics, site_, loop_);
    loop_.on_termination([this](int) { handle_termination(); });
    keep_house();
    greet();
    loop_.run();
    return to_int(ExitCode::Finished);
  }

 private:
  static net::ServerConfig server_config(const ServeOptions& options) {
    net::ServerConfig config;
    if (!*options.limits) config.connections_per_address = std::nullopt;
    if (*options.conformance) config.first_message_delay = kConformanceFirstMessage;
    return config;
  }

  void listen_everywhere() {
    for (const ListenAddress& address : *options_.listen) {
      try {
        endpoints_.push_back(listen(server_, address));
      } catch (const CannotListen&) {
        // The fixture wants both loopback addresses, and a machine without IPv6 has one.
        if (!*options_.conformance || endpoints_.empty()) throw;
      }
    }
  }

  /// Where the page can be opened from other machines.
  std::vector<std::string> network_links() const {
    std::vector<std::string> urls;
    for (const Link& link : links_to(endpoints_, options_, tls_.get())) {
      if (link.kind == LinkKind::Network) urls.push_back(link.url);
    }
    return urls;
  }

  void greet() {
    if (options_.quiet) return;
    Greeting greeting{.version = version(), .language = options_.language};
    greeting.links = links_to(endpoints_, options_, tls_.get());
    greeting.certificate = !tls_            ? CertificateKind::None
                           : *options_.cert ? CertificateKind::Files
                                            : CertificateKind::OwnAuthority;
    if (const auto authority = tls_ ? tls_->authority() : std::nullopt) {
      greeting.fingerprint = crypto::fingerprint(authority->digest());
    }
    greeting.with_qr_code = ::isatty(STDERR_FILENO) == 1;
    std::cerr << banner(greeting) << std::flush;
  }

  void keep_house() {
    housekeeping_.set(loop_.now() + kHousekeepingInterval);
    if (rooms_) rooms_->set_unix_time(loop_.now(), wall_clock());
    if (tls_) {
      const auto report = tls_->reload_if_changed();
      if (report.result == tls::TlsContext::Reload::Kept) {
        DUET_WARN(Tls, report.sentence);
      } else if (!report.sentence.empty()) {
        DUET_INFO(Tls, report.sentence);
      }
    }
    // After a crowd has gone, the memory it took goes back to the system.
    const std::size_t open = server_.counters().open;
    if (open < crowd_ / 2) {
      ::malloc_trim(0);
      crowd_ = open;
    }
    crowd_ = std::max(crowd_, open);
  }

  /// The first signal drains; a second one ends at once.
  void handle_termination() {
    if (draining_ || !rooms_) return loop_.stop();
    draining_ = true;
    DUET_INFO(Main, "draining", {"sessions", rooms_->engine().session_count()});
    rooms_->drain(loop_.now());
    drained_by_ = loop_.now() + *options_.drain;
    check_drained();
  }

  void check_drained() {
    const Instant now = loop_.now();
    if (server_.is_closing()) return loop_.stop();
    if (rooms_->engine().session_count() > 0 && now < drained_by_) {
      return drain_check_.set(now + kDrainCheckInterval);
    }
    server_.begin_closing();
    drain_check_.set(now + kFarewell);
  }

  const ServeOptions& options_;
  net::EventLoop loop_;
  host::SystemRandom random_;
  std::vector<std::string> turn_secrets_;  // the first signs
  std::unique_ptr<tls::TlsContext> tls_;
  net::Server server_;
  host::CorsPolicy cors_;
  host::ProxyTrust proxies_;
  host::Site site_;
  std::optional<RoomEndpoint> rooms_;
  std::optional<ConformanceEndpoints> conformance_;
  std::optional<MetricsPage> metrics_;
  std::optional<Pages> pages_;
  std::vector<Endpoint> endpoints_;
  net::Timer housekeeping_;
  net::Timer drain_check_;
  Instant drained_by_{};
  std::size_t crowd_ = 0;
  bool draining_ = false;
};

}  // namespace

int serve(const ServeOptions& options) {
  log::configure(log_settings(options));
  raise_descriptor_limit();
  std::optional<Program> program;
  try {
    program.emplace(options);
    return program->run();
  } catch (const CannotListen& error) {
    std::cerr << "duet: " << render(error.sentence(), options.language) << '\n';
  } catch (const std::runtime_error& error) {  // a certificate, a folder
    std::cerr << "duet: " << error.what() << '\n';
  }
  return to_int(ExitCode::Usage);
}

}  // namespace duet::apps
