// SPDX-License-Identifier: MIT
// The options of `duet loop`.
#include "loop_options.hpp"

#include "every_command.hpp"

#include <algorithm>
#include <array>

namespace duet::apps {

bool LoopOptions::has_media() const {
  const std::array<const config::OptionBase*, 8> all{&video, &audio,   &size,   &fps,
                                                     &codec, &bitrate, &record, &expect};
  return std::ranges::any_of(all, [](const auto* one) { return is_asked_for(*one); });
}

config::Loaded load_loop_options(LoopOptions& options, std::span<const std::string> words,
                                 const config::Environment& environment,
                                 std::span<const std::filesystem::path> files) {
  const EveryCommand every;
  config::Loaded loaded = config::load(options, words, environment, files, every.but(options));
  options.language = language_of(*options.lang, environment);
  if (*options.record && !is_recording_name(**options.record)) {
    loaded.problems.push_back({config::flag_of(options.record),
                               {config::Say::NotARecording, {(*options.record)->string()}}});
  }
  return loaded;
}

}  // namespace duet::apps
