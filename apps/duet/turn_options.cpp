// SPDX-License-Identifier: MIT
// The options of `duet turn`: what goes together.
#include "turn_options.hpp"

#include "devices_options.hpp"
#include "loop_options.hpp"
#include "serve_options.hpp"

#include <array>

namespace duet::apps {

config::Loaded load_turn_options(TurnOptions& options, std::span<const std::string> words,
                                 const config::Environment& environment,
                                 std::span<const std::filesystem::path> files) {
  const ServeOptions serve;
  const LoopOptions loop;
  const DevicesOptions devices;
  const std::array<const config::Options*, 3> others{&serve, &loop, &devices};
  config::Loaded loaded = config::load(options, words, environment, files, others);
  finish(options, loaded, environment);
  check(options, loaded.problems);
  check(options.relay, loaded.problems);
  return loaded;
}

}  // namespace duet::apps
