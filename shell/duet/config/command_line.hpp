// SPDX-License-Identifier: MIT
// The words behind a command, told apart: flags and their values.
#pragma once

#include <duet/config/option.hpp>
#include <duet/config/sentences.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace duet::config {

/// A sentence and what it is about: "--listen", "/etc/duet/duet.toml:7: serve.listen", or nothing.
struct Problem {
  std::string where;
  Sentence sentence;
};

/// "--listen: unknown ..."
std::string render(const Problem& problem, Language language);

struct CommandLine {
  struct Flag {
    OptionBase* option;
    std::vector<std::string> texts;  ///< all its values, from left to right
  };

  std::vector<Flag> flags;
  std::vector<std::string> configs;  ///< values of -c
  bool help = false;                 ///< -h, --help
  int verbose = 0;                   ///< how many -v
  int quiet = 0;                     ///< how many -q
  std::vector<Problem> problems;
};

/// @param words  without the program's name and the command
CommandLine parse_command_line(const Options& options, std::span<const std::string> words);

}  // namespace duet::config
