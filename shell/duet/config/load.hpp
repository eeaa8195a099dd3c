// SPDX-License-Identifier: MIT
// From flags, variables and files to one set of options.
#pragma once

#include <duet/config/command_line.hpp>
#include <duet/config/option.hpp>

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duet::config {

/// The environment's variables, as a value.
class Environment {
 public:
  Environment() = default;

  explicit Environment(std::map<std::string, std::string> variables)
      : variables_{std::move(variables)} {}

  static Environment of_process();

  /// Empty if it is not set: a variable that is set to nothing counts as not set.
  std::string get(std::string_view name) const;

  const std::map<std::string, std::string>& all() const { return variables_; }

 private:
  std::map<std::string, std::string> variables_;
};

/// Chinese if $LC_ALL, or else $LC_MESSAGES, or else $LANG begins with "zh".
Language language_of(const Environment& environment);

/// /etc/duet/duet.toml, then duet/duet.toml in $XDG_CONFIG_HOME (or ~/.config).
std::vector<std::filesystem::path> default_files(const Environment& environment);

/// What else the command line said, and what was wrong.
struct Loaded {
  bool help = false;
  int verbose = 0;
  int quiet = 0;
  std::vector<std::filesystem::path> files_read;
  std::vector<Problem> problems;
};

/// Sets `options` from their defaults up: files, variables, `-c KEY=VALUE`, flags. Of one list, the
/// highest of these that names it counts alone. Goes on after a problem, to find them all.
///
/// @param words  without the program's name and the command
/// @param files   read if they exist, unless `-c FILE` names others (these must exist)
/// @param others  of other commands: their keys may stand in the same files, and are passed over
Loaded load(Options& options, std::span<const std::string> words, const Environment& environment,
            std::span<const std::filesystem::path> files,
            std::span<const Options* const> others = {});

}  // namespace duet::config
