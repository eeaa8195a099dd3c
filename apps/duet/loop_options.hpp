// SPDX-License-Identifier: MIT
// The options of `duet loop`.
#pragma once

#include "server_options.hpp"

#include <filesystem>
#include <optional>
#include <span>
#include <string>

namespace duet::apps {

// clang-format off
struct LoopOptions : config::Options {
  LoopOptions() : Options{"loop"} {}

  Option<std::optional<Duration>> duration{*this, "duration", "TIME", {}, {"How long to call; without it the call ends once a message and a packet of sound have come both ways", "通话多久；不给则双向各收到一条消息和一个声音包后结束"}};
  Option<bool> json{*this, "json", "", false, {"One event a line as JSON, for programs", "每行一个 JSON 事件，供程序读取"}};
  Option<LanguageChoice> lang{*this, "lang", "auto|en|zh", LanguageChoice::Auto, {"Language of what is said on the terminal; auto follows $LANG", "终端上所用的语言；auto 按 $LANG"}};

  config::Language language = config::Language::English;  // by finish()
};

// clang-format on

config::Loaded load_loop_options(LoopOptions& options, std::span<const std::string> words,
                                 const config::Environment& environment,
                                 std::span<const std::filesystem::path> files);

}  // namespace duet::apps
