// SPDX-License-Identifier: MIT
// `duet turn`: the relay alone, as a further node.
#include "turn.hpp"

#include "banner.hpp"
#include "relay.hpp"
#include "station.hpp"
#include "version.hpp"
#include <duet/config/sentences.hpp>
#include <duet/config/units.hpp>
#include <duet/log/log.hpp>

#include <iostream>
#include <optional>
#include <string>
#include <vector>

namespace duet::apps {
namespace {

StationConfig station_config(const TurnOptions& options) {
  StationConfig config;
  if (!*options.limits) config.server.connections_per_address = std::nullopt;
  return config;
}

/// Without a shared secret nobody could hold a time-limited credential of this node.
std::vector<std::string> secrets_of(const TurnOptions& options, Random& random) {
  if (!*options.relay.turn_secret_file) return {};
  return turn_secrets(options.relay, random);
}

void greet(const TurnOptions& options, const Relay& relay) {
  if (options.quiet) return;
  std::cerr << banner({.version = version(),
                       .language = options.language,
                       .relay = relay.description(options.language),
                       .warnings = relay.warnings(options.language, Relay::Page::None)})
            << std::flush;
}

}  // namespace

int turn(const TurnOptions& options) {
  return run_or_say(options, [&] {
    Station station{options, station_config(options)};
    Relay relay{options.relay, *options.limits, secrets_of(options, station.random()), station};
    station.listen();
    relay.listen();
    if (options.relay.turn_user->empty() && !*options.relay.turn_secret_file) {
      DUET_WARN(Turn, "nobody can use this relay: give it --turn-secret-file or --turn-user");
    }
    greet(options, relay);
    // Other nodes take what comes. `duet serve` goes on: with no new rooms only the calls there are
    // can ask, and one that changes networks meanwhile needs another allocation.
    return station.run(Station::Drain{.patience = *options.drain,
                                      .begin = [&] { relay.drain(); },
                                      .is_empty = [&] { return relay.allocation_count() == 0; },
                                      .waits =
                                          [&] {
                                            return config::Sentence{
                                                config::Say::TurnDraining,
                                                {config::format_duration(*options.drain),
                                                 std::to_string(relay.allocation_count())}};
                                          }});
  });
}

}  // namespace duet::apps
