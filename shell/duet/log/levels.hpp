// SPDX-License-Identifier: MIT
// How much is said, and which part of Duet says it.
#pragma once

#include <duet/base/result.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace duet::log {

/// From the gravest to the most talkative. A level that is on has all graver ones on.
enum class Level : std::uint8_t { Error, Warn, Info, Debug, Trace };

inline constexpr std::array<std::string_view, 5> kLevelNames = {"error", "warn", "info", "debug",
                                                                "trace"};

/// Who speaks. A new module is a name here and its text below.
enum class Module : std::uint8_t { Main, Net, Http, Tls, Sig, Room, Turn };

inline constexpr std::array<std::string_view, 7> kModuleNames = {
    "main", "net", "http", "tls", "sig", "room", "turn"};

constexpr std::string_view name(Level level) {
  return kLevelNames[static_cast<std::size_t>(level)];
}

constexpr std::string_view name(Module module) {
  return kModuleNames[static_cast<std::size_t>(module)];
}

/// What of a text like "info,http=debug" was not understood.
struct LevelsError {
  enum class Rule : std::uint8_t { UnknownLevel, UnknownModule };

  Rule rule = Rule::UnknownLevel;
  std::string word;
};

/// A level for every module.
class Levels {
 public:
  Levels() : Levels(Level::Info) {}

  explicit Levels(Level everywhere) : common_{everywhere} {}

  /// "debug", "info,http=debug", "http=trace": comma-separated, a later word wins over an earlier
  /// one, and a word without a module is for all modules that are not named.
  static Result<Levels, LevelsError> parse(std::string_view text);

  /// The level of modules that are not named.
  Level common() const { return common_; }

  void set_common(Level level) { common_ = level; }

  void set(Module module, Level level) { named_[static_cast<std::size_t>(module)] = level; }

  Level of(Module module) const {
    return named_[static_cast<std::size_t>(module)].value_or(common_);
  }

  /// As parse() takes it.
  std::string to_string() const;

  friend bool operator==(const Levels&, const Levels&) = default;

 private:
  Level common_;
  std::array<std::optional<Level>, kModuleNames.size()> named_{};
};

}  // namespace duet::log
