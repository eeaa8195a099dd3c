// SPDX-License-Identifier: MIT
// The options of `duet devices`.
#include "devices_options.hpp"

#include "every_command.hpp"

namespace duet::apps {

config::Loaded load_devices_options(DevicesOptions& options, std::span<const std::string> words,
                                    const config::Environment& environment,
                                    std::span<const std::filesystem::path> files) {
  const EveryCommand every;
  config::Loaded loaded = config::load(options, words, environment, files, every.but(options));
  options.language = language_of(*options.lang, environment);
  return loaded;
}

}  // namespace duet::apps
