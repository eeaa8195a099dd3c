// SPDX-License-Identifier: MIT
// A word, and perhaps a colon and what is meant by it.
#include <duet/device/source_spec.hpp>

#include <array>
#include <optional>

namespace duet::device {
namespace {

enum class Argument : std::uint8_t { None, Allowed, Needed };

template <class Kind>
struct Word {
  std::string_view name;
  Kind kind;
  Argument argument;
};

using Video = VideoSpec::Kind;
constexpr std::array<Word<Video>, 6> kVideo = {{{"camera", Video::Camera, Argument::Allowed},
                                                {"screen", Video::Screen, Argument::Allowed},
                                                {"file", Video::File, Argument::Needed},
                                                {"stdin", Video::StandardInput, Argument::None},
                                                {"pattern", Video::Pattern, Argument::None},
                                                {"none", Video::None, Argument::None}}};

using Audio = AudioSpec::Kind;
constexpr std::array<Word<Audio>, 4> kAudio = {{{"mic", Audio::Microphone, Argument::Allowed},
                                                {"file", Audio::File, Argument::Needed},
                                                {"tone", Audio::Tone, Argument::None},
                                                {"none", Audio::None, Argument::None}}};

template <class Spec, std::size_t N>
std::optional<Spec> parse_with(const std::array<Word<typename Spec::Kind>, N>& words,
                               std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  for (const auto& word : words) {
    if (word.name != name) continue;
    if (colon == std::string_view::npos) {
      if (word.argument == Argument::Needed) return std::nullopt;
      return Spec{word.kind, {}};
    }
    const std::string_view argument = text.substr(colon + 1);
    if (word.argument == Argument::None || argument.empty()) return std::nullopt;
    return Spec{word.kind, std::string{argument}};
  }
  return std::nullopt;
}

template <class Spec, std::size_t N>
std::string write_with(const std::array<Word<typename Spec::Kind>, N>& words, const Spec& spec) {
  for (const auto& word : words) {
    if (word.kind != spec.kind) continue;
    std::string out{word.name};
    if (!spec.argument.empty()) out += ":" + spec.argument;
    return out;
  }
  return {};
}

}  // namespace

std::optional<VideoSpec> VideoSpec::parse(std::string_view text) {
  return parse_with<VideoSpec>(kVideo, text);
}

std::string VideoSpec::to_string() const { return write_with(kVideo, *this); }

std::optional<AudioSpec> AudioSpec::parse(std::string_view text) {
  return parse_with<AudioSpec>(kAudio, text);
}

std::string AudioSpec::to_string() const { return write_with(kAudio, *this); }

}  // namespace duet::device
