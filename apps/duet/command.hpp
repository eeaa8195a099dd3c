// SPDX-License-Identifier: MIT
// From the words of the command line to one command.
#pragma once

#include "call_options.hpp"
#include "devices_options.hpp"
#include "loop_options.hpp"
#include "serve_options.hpp"
#include "turn_options.hpp"
#include <duet/config/load.hpp>

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

namespace duet::apps {

/// What a command may touch, so that a test can stand in for it.
struct World {
  config::Environment environment;
  /// Configuration that is read if it is there.
  std::vector<std::filesystem::path> files;
  std::ostream& out;    ///< for machines and for what was asked for
  std::ostream& error;  ///< for people
  /// Run the server, or the relay alone; return the exit code.
  std::function<int(const ServeOptions&)> serve;
  std::function<int(const TurnOptions&)> turn;
  /// Makes a call with itself, and tells it to the first stream.
  std::function<int(const LoopOptions&, std::ostream& out, std::ostream& error)> loop;
  /// Lists what the machine has.
  std::function<int(const DevicesOptions&, std::ostream&)> devices;
  /// One end of a call. It writes to the process's own stdout and stderr, whose readers may stall.
  std::function<int(const CallOptions&)> call;
  /// Runs, with the same words, the command that is empty above: it is another program's.
  std::function<int()> elsewhere;
};

/// What these words ask for, wrong as they may be, or else the environment.
config::Language language_of(std::span<const std::string> words,
                             const config::Environment& environment);

/// `duet WORDS...`; no command means `serve`.
/// @return the exit code
int run(std::span<const std::string> words, const World& world);

}  // namespace duet::apps
