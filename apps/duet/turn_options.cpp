// SPDX-License-Identifier: MIT
// The options of `duet turn`: what goes together.
#include "turn_options.hpp"

#include "every_command.hpp"

namespace duet::apps {

config::Loaded load_turn_options(TurnOptions& options, std::span<const std::string> words,
                                 const config::Environment& environment,
                                 std::span<const std::filesystem::path> files) {
  const EveryCommand every;
  config::Loaded loaded = config::load(options, words, environment, files, every.but(options));
  finish(options, loaded, environment);
  check(options, loaded.problems);
  check(options.relay, loaded.problems);
  return loaded;
}

}  // namespace duet::apps
