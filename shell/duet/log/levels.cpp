// SPDX-License-Identifier: MIT
// How much is said, and which part of Duet says it.
#include <duet/log/levels.hpp>

#include <algorithm>

namespace duet::log {
namespace {

template <class E, std::size_t Size>
std::optional<E> find(const std::array<std::string_view, Size>& names, std::string_view word) {
  const auto* const found = std::find(names.begin(), names.end(), word);
  if (found == names.end()) return std::nullopt;
  return static_cast<E>(found - names.begin());
}

}  // namespace

Result<Levels, LevelsError> Levels::parse(std::string_view text) {
  using Rule = LevelsError::Rule;
  Levels levels;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view word = text.substr(0, comma);
    const std::size_t equals = word.find('=');
    const std::string_view level_name =
        equals == std::string_view::npos ? word : word.substr(equals + 1);
    const auto level = find<Level>(kLevelNames, level_name);
    if (!level) return fail(LevelsError{Rule::UnknownLevel, std::string{level_name}});
    if (equals == std::string_view::npos) {
      levels.common_ = *level;
    } else {
      const auto module = find<Module>(kModuleNames, word.substr(0, equals));
      if (!module)
        return fail(LevelsError{Rule::UnknownModule, std::string{word.substr(0, equals)}});
      levels.set(*module, *level);
    }
    if (comma == std::string_view::npos) return levels;
    text.remove_prefix(comma + 1);
  }
}

std::string Levels::to_string() const {
  std::string out{name(common_)};
  for (std::size_t i = 0; i < named_.size(); ++i) {
    if (!named_[i]) continue;
    out += ',';
    out += kModuleNames[i];
    out += '=';
    out += name(*named_[i]);
  }
  return out;
}

}  // namespace duet::log
