// SPDX-License-Identifier: MIT
// `duet serve`: the page, signaling and HTTPS on one port.
#include "serve.hpp"

#include "banner.hpp"
#include "endpoints.hpp"
#include "links.hpp"
#include "pages.hpp"
#include "relay.hpp"
#include "station.hpp"
#include "version.hpp"
#include <duet/config/sentences.hpp>
#include <duet/config/units.hpp>
#include <duet/crypto/digest.hpp>
#include <duet/host/wall_clock.hpp>

#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

namespace duet::apps {
namespace {

std::vector<std::string> allowed_origins(const ServeOptions& options) {
  std::vector<std::string> origins;
  for (const WebOrigin& origin : *options.allow_origin) {
    if (origin.text == "*") return {};
    origins.push_back(origin.text);
  }
  return origins;
}

StationConfig station_config(const ServeOptions& options) {
  StationConfig config;
  config.tls = !*options.conformance && !options.behind_proxy->any();
  config.proxies = options.behind_proxy->networks;
  config.origins = allowed_origins(options);
  if (!*options.limits) config.server.connections_per_address = std::nullopt;
  if (*options.conformance) config.server.first_message_delay = kConformanceFirstMessage;
  return config;
}

/// The fixture of the published suites: their handlers, and nothing else.
int serve_fixture(const ServeOptions& options) {
  Station station{options, station_config(options)};
  ConformanceEndpoints endpoints{station.loop(), station.server(), station.cors(),
                                 station.random()};
  endpoints.mount_on(station.site());
  // The suites want both loopback addresses, and a machine without IPv6 has one.
  station.listen(Station::Missing::PassOver);
  if (!options.quiet) {
    std::cerr << banner({.version = version(),
                         .links = links_to(station.endpoints(), options, nullptr),
                         .certificate = CertificateKind::None,
                         .language = options.language})
              << std::flush;
  }
  return station.run(std::nullopt);
}

class Program {
 public:
  explicit Program(const ServeOptions& options)
      : options_{options},
        station_{options, station_config(options)},
        turn_secrets_{turn_secrets(options.relay, station_.random())},
        rooms_{options,
               ice_config(options, station_.tls() != nullptr, turn_secrets_.front(),
                          host::wall_clock_at_zero(station_.loop().now())),
               station_.loop(),
               station_.server(),
               station_.cors(),
               station_.random()},
        pages_{options, station_.tls(), [this] { return network_links(); }} {
    rooms_.mount_on(station_.site());
    rooms_.count_in(station_.metrics());
    pages_.show_on(station_.site());
    station_.on_housekeeping(
        [this] { rooms_.set_unix_time(station_.loop().now(), host::wall_clock()); });
    if (*options.turn) relay_.emplace(options.relay, *options.limits, turn_secrets_, station_);
  }

  int run() {
    station_.listen();
    if (relay_) relay_->listen();
    greet();
    return station_.run(Station::Drain{
        .patience = *options_.drain,
        .begin = [this] { rooms_.drain(station_.loop().now()); },
        .is_empty = [this] { return connected() == 0 && relayed() == 0; },
        .waits =
            [this] {
              return config::Sentence{config::Say::ServeDraining,
                                      {config::format_duration(*options_.drain),
                                       std::to_string(connected()), std::to_string(relayed())}};
            }});
  }

 private:
  std::size_t connected() const { return rooms_.engine().session_count(); }

  std::size_t relayed() const { return relay_ ? relay_->allocation_count() : 0; }

  /// Where the page can be opened from other machines.
  std::vector<std::string> network_links() const {
    std::vector<std::string> urls;
    for (const Link& link : links_to(station_.endpoints(), options_, station_.tls())) {
      if (is_outer(link)) urls.push_back(link.url);
    }
    return urls;
  }

  void greet() {
    if (options_.quiet) return;
    const tls::TlsContext* const tls = station_.tls();
    Greeting greeting{.version = version(), .language = options_.language};
    greeting.links = links_to(station_.endpoints(), options_, tls);
    greeting.certificate = tls == nullptr   ? CertificateKind::None
                           : *options_.cert ? CertificateKind::Files
                                            : CertificateKind::OwnAuthority;
    if (const auto authority = tls != nullptr ? tls->authority() : std::nullopt) {
      greeting.fingerprint = crypto::fingerprint(authority->digest());
    }
    if (relay_) {
      greeting.relay = relay_->description(options_.language);
      greeting.warnings =
          relay_->warnings(options_.language, options_.behind_proxy->any() ? Relay::Page::Proxied
                                                                           : Relay::Page::Direct);
    } else if (const std::string idle = relay_flags_given(options_.relay); !idle.empty()) {
      greeting.warnings.push_back(
          render(config::Sentence{config::Say::RelayOffWith, {idle}}, options_.language));
    }
    greeting.with_qr_code = ::isatty(STDERR_FILENO) == 1;
    std::cerr << banner(greeting) << std::flush;
  }

  const ServeOptions& options_;
  Station station_;
  std::vector<std::string> turn_secrets_;  // the first signs
  RoomEndpoint rooms_;
  Pages pages_;
  std::optional<Relay> relay_;
};

}  // namespace

int serve(const ServeOptions& options) {
  return run_or_say(options, [&] {
    return *options.conformance ? serve_fixture(options) : Program{options}.run();
  });
}

}  // namespace duet::apps
