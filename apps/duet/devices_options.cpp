// SPDX-License-Identifier: MIT
// The options of `duet devices`.
#include "devices_options.hpp"

#include "loop_options.hpp"
#include "serve_options.hpp"
#include "turn_options.hpp"

#include <array>

namespace duet::apps {

config::Loaded load_devices_options(DevicesOptions& options, std::span<const std::string> words,
                                    const config::Environment& environment,
                                    std::span<const std::filesystem::path> files) {
  const ServeOptions serve;
  const TurnOptions turn;
  const LoopOptions loop;
  const std::array<const config::Options*, 3> others{&serve, &turn, &loop};
  config::Loaded loaded = config::load(options, words, environment, files, others);
  options.language = *options.lang == LanguageChoice::Auto      ? language_of(environment)
                     : *options.lang == LanguageChoice::Chinese ? config::Language::Chinese
                                                                : config::Language::English;
  return loaded;
}

}  // namespace duet::apps
