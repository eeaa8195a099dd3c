// SPDX-License-Identifier: MIT
// The options of `duet turn`.
#pragma once

#include "relay_options.hpp"
#include "server_options.hpp"

#include <filesystem>
#include <span>
#include <string>

namespace duet::apps {

// clang-format off
struct TurnOptions : config::Options, ServerOptions {
  TurnOptions() : Options{"turn"}, ServerOptions{static_cast<config::Options&>(*this)} {}

  RelayOptions relay{*this};
  Option<Duration> drain{*this, "drain", "TIME", 5s, {"Time that relayed calls have to end or move when the relay is asked to stop", "要求停机时，留给中继中的通话结束或转移的时间"}, {{0ms, 24h}}};
};

// clang-format on

/// Loads, then checks what goes together.
config::Loaded load_turn_options(TurnOptions& options, std::span<const std::string> words,
                                 const config::Environment& environment,
                                 std::span<const std::filesystem::path> files);

}  // namespace duet::apps
