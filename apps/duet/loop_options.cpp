// SPDX-License-Identifier: MIT
// The options of `duet loop`.
#include "loop_options.hpp"

#include "devices_options.hpp"
#include "serve_options.hpp"
#include "turn_options.hpp"

#include <array>

namespace duet::apps {

config::Loaded load_loop_options(LoopOptions& options, std::span<const std::string> words,
                                 const config::Environment& environment,
                                 std::span<const std::filesystem::path> files) {
  const ServeOptions serve;
  const TurnOptions turn;
  const DevicesOptions devices;
  const std::array<const config::Options*, 3> others{&serve, &turn, &devices};
  config::Loaded loaded = config::load(options, words, environment, files, others);
  options.language = *options.lang == LanguageChoice::Auto      ? language_of(environment)
                     : *options.lang == LanguageChoice::Chinese ? config::Language::Chinese
                                                                : config::Language::English;
  return loaded;
}

}  // namespace duet::apps
