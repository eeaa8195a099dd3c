// SPDX-License-Identifier: MIT
// The options of `duet devices`.
#pragma once

#include "server_options.hpp"

#include <filesystem>
#include <span>
#include <string>

namespace duet::apps {

// clang-format off
struct DevicesOptions : config::Options {
  DevicesOptions() : Options{"devices"} {}

  Option<bool> json{*this, "json", "", false, {"One JSON object, for programs", "输出一个 JSON 对象，供程序读取"}};
  Option<LanguageChoice> lang{*this, "lang", "auto|en|zh", LanguageChoice::Auto, {"Language of what is said on the terminal; auto follows $LANG", "终端上所用的语言；auto 按 $LANG"}};

  config::Language language = config::Language::English;  // by load_devices_options()
};

// clang-format on

config::Loaded load_devices_options(DevicesOptions& options, std::span<const std::string> words,
                                    const config::Environment& environment,
                                    std::span<const std::filesystem::path> files);

}  // namespace duet::apps
