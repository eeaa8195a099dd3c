// SPDX-License-Identifier: MIT
// What every command that listens is made of.
#include "station.hpp"

#include "exit_code.hpp"
#include "listening.hpp"
#include <duet/log/log.hpp>
#include <duet/tls/error.hpp>
#include <duet/tls/state_directory.hpp>

#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <iostream>
#include <stdexcept>
#include <utility>

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

std::unique_ptr<tls::TlsContext> make_tls(const ServerOptions& options) {
  if (*options.cert) return tls::TlsContext::from_files(**options.cert, **options.key);
  const auto directory = state_directory(options, config::Environment::of_process());
  tls::prepare_state_directory(directory);
  return tls::TlsContext::from_local_authority(directory);
}

}  // namespace

Station::Station(const ServerOptions& options, StationConfig config)
    : options_{options},
      tls_{config.tls ? make_tls(options) : nullptr},
      server_{loop_, config.server},
      cors_{std::move(config.origins)},
      proxies_{config.proxies},
      site_{server_, cors_, proxies_},
      metrics_{server_, tls_.get()},
      housekeeping_{loop_, [this] { keep_house(); }},
      drain_check_{loop_, [this] { check_drained(); }} {
  server_.set_service(site_);
  server_.set_trusted(std::move(config.proxies));
  if (tls_) {
    server_.set_tls([this] { return tls_->context(); });
    site_.require_https();
    for (const std::string& news : tls_->news()) {
      if (*options.cert) {  // there is news of files only where something is wrong
        DUET_WARN(Tls, news);
      } else {
        DUET_INFO(Tls, news);
      }
    }
  }
  site_.set("/healthz", [](const auto&, const auto&) { return http::text_response(200, "ok"); });
  site_.set("/readyz", [this](const auto&, const auto&) {
    return draining_ ? http::text_response(503, "draining") : http::text_response(200, "ready");
  });
}

/// Whether it listens on that port already, at whatever address.
bool Station::holds(std::uint16_t port) const {
  return std::any_of(endpoints_.begin(), endpoints_.end(),
                     [&](const Endpoint& endpoint) { return endpoint.port == port; });
}

void Station::listen(Missing missing) {
  for (const ListenAddress& address : *options_.listen) {
    try {
      endpoints_.push_back(apps::listen(server_, address));
    } catch (const CannotListen& error) {
      const bool is_ours = error.sentence().say == config::Say::PortTaken && holds(address.port);
      if (is_ours) throw CannotListen{{config::Say::ListenTwice, {error.sentence().parts.front()}}};
      const bool last = &address == &options_.listen->back();
      if (missing == Missing::Refuse || (last && endpoints_.empty())) throw;
    }
  }
  metrics_.show(*options_.metrics, site_, loop_);
}

int Station::run(std::optional<Drain> drain) {
  drain_ = std::move(drain);
  loop_.on_termination([this](int) { handle_termination(); });
  keep_house();
  loop_.run();
  return to_int(ExitCode::Finished);
}

void Station::keep_house() {
  housekeeping_.set(loop_.now() + kHousekeepingInterval);
  if (tls_) {
    const auto report = tls_->reload_if_changed();
    if (report.result == tls::TlsContext::Reload::Kept) {
      DUET_WARN(Tls, report.sentence);
    } else if (!report.sentence.empty()) {
      DUET_INFO(Tls, report.sentence);
    }
  }
  for (const auto& chore : chores_) chore();
  // After a crowd has gone, the memory it took goes back to the system.
  const std::size_t open = server_.counters().open;
  if (open < crowd_ / 2) {
    ::malloc_trim(0);
    crowd_ = open;
  }
  crowd_ = std::max(crowd_, open);
}

void Station::handle_termination() {
  if (draining_ || !drain_) return loop_.stop();
  draining_ = true;
  DUET_INFO(Main, "draining", {"connections", server_.counters().open});
  drain_->begin();
  if (!options_.quiet && !drain_->is_empty()) {
    std::cerr << "duet: " << render(drain_->waits(), options_.language) << std::endl;
  }
  drained_by_ = loop_.now() + drain_->patience;
  check_drained();
}

void Station::check_drained() {
  const Instant now = loop_.now();
  if (server_.is_closing()) return loop_.stop();
  if (!drain_->is_empty() && now < drained_by_) {
    return drain_check_.set(now + kDrainCheckInterval);
  }
  server_.begin_closing();
  drain_check_.set(now + kFarewell);
}

int run_or_say(const ServerOptions& options, const std::function<int()>& program) {
  log::configure(log_settings(options));
  raise_descriptor_limit();
  try {
    return program();
  } catch (const CannotListen& error) {
    std::cerr << "duet: " << render(error.sentence(), options.language) << '\n';
  } catch (const tls::Error& error) {
    const bool chinese = options.language == config::Language::Chinese;
    std::cerr << "duet: " << (chinese ? error.chinese() : error.what()) << '\n';
  } catch (const std::runtime_error& error) {
    std::cerr << "duet: " << error.what() << '\n';
  }
  return to_int(ExitCode::Usage);
}

}  // namespace duet::apps
