// SPDX-License-Identifier: MIT
// The options of `duet loop`.
#pragma once

#include "expectation.hpp"
#include "media_options.hpp"
#include "server_options.hpp"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace duet::apps {

// clang-format off
struct LoopOptions : config::Options {
  LoopOptions() : Options{"loop"} {}

  Option<std::optional<Duration>> duration{*this, "duration", "TIME", {}, {"How long to call; without it 10 s with media, else until a message and a packet of sound have come both ways", "通话多久；不给则有音视频时为 10 秒，否则双向各收到一条消息和一个声音包后结束"}};
  Option<device::VideoSpec> video{*this, "video", "camera[:DEV]|screen|file:F|pattern|none", {device::VideoSpec::Kind::Pattern, {}}, {"What the caller sends. This or another option of media makes it a call with pictures and sound, which the callee answers with a pattern and a tone", "主叫发送的画面。给出此项或其他媒体选项即进行真正的音视频通话，被叫以测试画面和单音应答"}};
  Option<device::AudioSpec> audio{*this, "audio", "mic[:DEV]|file:F|tone|none", {device::AudioSpec::Kind::Tone, {}}, {"What the caller lets hear", "主叫发送的声音"}};
  Option<codec::Size> size{*this, "size", "WIDTHxHEIGHT", {1280, 720}, {"Largest picture that both ends send", "双方发送画面的最大尺寸"}};
  Option<std::uint64_t> fps{*this, "fps", "N", 30, {"Most pictures a second that both ends send", "双方每秒最多发送的画面数"}, {{1, 120}}};
  Option<VideoChoice> codec{*this, "codec", "auto|vp8|vp9|h264|av1", VideoChoice::Auto, {"Video codec of both ends", "双方的视频编码"}};
  Option<BitRate> bitrate{*this, "bitrate", "RATE", {2'500'000}, {"Most bits a second of video that each end sends", "每一方视频的最高码率"}, {{{30'000}, {50'000'000}}}};
  Option<std::optional<std::filesystem::path>> record{*this, "record", "FILE", {}, {"Store what comes to the callee, as it comes: .mkv, .webm or .mp4", "原样录制被叫收到的内容：.mkv、.webm 或 .mp4"}};
  Option<std::vector<Expectation>> expect{*this, "expect", "WHAT<VALUE,...", {}, {"End with code 9 if the call doesn't come up to this at both ends, such as connected<3s,video_fps>=24,loss<2%", "任何一方未达到要求时以代码 9 结束，例如 connected<3s,video_fps>=24,loss<2%"}};
  Option<bool> json{*this, "json", "", false, {"One event a line as JSON, for programs", "每行一个 JSON 事件，供程序读取"}};
  Option<LanguageChoice> lang{*this, "lang", "auto|en|zh", LanguageChoice::Auto, {"Language of what is said on the terminal; auto follows $LANG", "终端上所用的语言；auto 按 $LANG"}};

  /// Whether a call with pictures and sound was asked for.
  bool has_media() const;

  config::Language language = config::Language::English;  // by load_loop_options()
};

// clang-format on

config::Loaded load_loop_options(LoopOptions& options, std::span<const std::string> words,
                                 const config::Environment& environment,
                                 std::span<const std::filesystem::path> files);

}  // namespace duet::apps
