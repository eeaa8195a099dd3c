// SPDX-License-Identifier: MIT
// The options of `duet call`.
#pragma once

#include "expectation.hpp"
#include "media_options.hpp"
#include "server_options.hpp"
#include <duet/crypto/digest.hpp>
#include <duet/host/signaling_client.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace duet::apps {

enum class ShowChoice : std::uint8_t { Auto, Window, None };

/// Where to call.
struct Destination {
  host::ServerUrl server;
  std::string room;
};

}  // namespace duet::apps

template <>
struct duet::config::Names<duet::apps::ShowChoice> {
  static constexpr std::array<std::pair<std::string_view, apps::ShowChoice>, 3> kAll = {
      {{"auto", apps::ShowChoice::Auto},
       {"window", apps::ShowChoice::Window},
       {"none", apps::ShowChoice::None}}};
};

template <>
struct duet::config::Codec<duet::crypto::Sha256> {
  static Result<crypto::Sha256, Sentence> parse(std::string_view text);
  static std::string format(const crypto::Sha256& value);
};

namespace duet::apps {

// clang-format off
struct CallOptions : config::Options {
  CallOptions() : Options{"call"} { take_word_for(where); }

  Option<std::optional<std::string>> where{*this, "where", "URL|ROOM", {}, {"Whom to call: a link (https://host:2022/r/ROOM), or the name of a room on --server. The word --where may be left out", "呼叫谁：链接（https://host:2022/r/房间），或 --server 上的房间名。--where 一词可省略"}};
  Option<std::string> server{*this, "server", "URL", "http://localhost:2022", {"The server of a room that is named without one", "只写房间名时所用的服务器"}};
  Option<device::VideoSpec> video{*this, "video", "camera[:DEV]|screen|file:F|stdin|pattern|none", {}, {"What the other one sees; duet devices lists cameras and screens", "对方看到什么；duet devices 列出摄像头和屏幕"}};
  Option<device::AudioSpec> audio{*this, "audio", "mic[:DEV]|file:F|tone|none", {}, {"What the other one hears; duet devices lists microphones", "对方听到什么；duet devices 列出麦克风"}};
  Option<codec::Size> size{*this, "size", "WIDTHxHEIGHT", {1280, 720}, {"Largest picture to send; a slower path gets a smaller one", "发送画面的最大尺寸；网络较慢时自动缩小"}};
  Option<std::uint64_t> fps{*this, "fps", "N", 30, {"Most pictures a second to send", "每秒最多发送的画面数"}, {{1, 120}}};
  Option<VideoChoice> codec{*this, "codec", "auto|vp8|vp9|h264|av1", VideoChoice::Auto, {"Video codec to prefer; the other end must know it too", "优先使用的视频编码；对方也须支持"}};
  Option<BitRate> bitrate{*this, "bitrate", "RATE", {2'500'000}, {"Most bits a second of video to send; a slower path gets less", "视频的最高码率；网络较慢时自动降低"}, {{{30'000}, {50'000'000}}}};
  Option<ShowChoice> show{*this, "show", "auto|window|none", ShowChoice::Auto, {"Show the other one in a window; auto where there is a display", "在窗口中显示对方；auto 表示有显示器时显示"}};
  Option<std::string> play{*this, "play", "DEV|default|none", "default", {"Speaker for the other one's sound", "播放对方声音的扬声器"}};
  Option<std::optional<std::filesystem::path>> record{*this, "record", "FILE", {}, {"Store what comes, as it comes: .mkv, .webm or .mp4", "原样录制收到的内容：.mkv、.webm 或 .mp4"}};
  Option<std::optional<std::filesystem::path>> snapshot{*this, "snapshot", "FILE", {}, {"Store the first picture that comes as PNG", "把收到的第一帧画面存为 PNG"}};
  Option<bool> answer{*this, "answer", "", false, {"Wait in the room for as long as it takes, for a device", "在房间里一直等待，供设备使用"}};
  Option<bool> keep{*this, "keep", "", false, {"Stay after a call for the next one, and come back after outages and restarts of the server", "通话后留下等待下一次，断网或服务器重启后自动回来"}};
  Option<Duration> wait{*this, "wait", "TIME", 60s, {"How long to wait for the other one; without end with --answer", "等待对方多久；有 --answer 时不限"}, {{100ms, 24h}}};
  Option<std::optional<Duration>> duration{*this, "duration", "TIME", {}, {"Hang up so long after the call has connected", "接通后多久挂断"}};
  Option<std::optional<std::string>> name{*this, "name", "TEXT", {}, {"The name that the other one sees", "对方看到的名字"}};
  Option<bool> relay_only{*this, "relay-only", "", false, {"Call through the relay only, so that the other one never learns this machine's address", "只经中继通话，对方不会得知本机地址"}};
  Option<std::optional<std::filesystem::path>> ca{*this, "ca", "FILE", {}, {"Believe servers certified by this authority (PEM or DER), such as /ca of a Duet", "信任由此机构（PEM 或 DER）签发证书的服务器，例如某个 Duet 的 /ca"}};
  Option<std::optional<crypto::Sha256>> pin{*this, "pin", "SHA256", {}, {"Believe the server that shows this certificate, and no other: the fingerprint that duet serve prints", "只信任出示此证书的服务器：duet serve 显示的指纹"}};
  Option<std::optional<std::string>> on_ring{*this, "on-ring", "CMD", {}, {"Run this when the other one comes", "对方到来时运行此命令"}};
  Option<std::optional<std::string>> on_connect{*this, "on-connect", "CMD", {}, {"Run this when the call has connected", "接通时运行此命令"}};
  Option<std::optional<std::string>> on_hangup{*this, "on-hangup", "CMD", {}, {"Run this when the call is over. All three have the facts in DUET_ROOM, DUET_PEER, DUET_EVENT, DUET_REASON", "通话结束时运行此命令。三者都可从 DUET_ROOM、DUET_PEER、DUET_EVENT、DUET_REASON 读取信息"}};
  Option<bool> json{*this, "json", "", false, {"One event a line as JSON, for programs", "每行一个 JSON 事件，供程序读取"}};
  Option<std::optional<Duration>> stats{*this, "stats", "TIME", {}, {"Tell figures so often", "每隔多久给出一次统计数据"}, {{100ms, 24h}}};
  Option<bool> explain{*this, "explain", "", false, {"Tell every step of the call as it happens", "逐步显示通话过程"}};
  Option<std::vector<Expectation>> expect{*this, "expect", "WHAT<VALUE,...", {}, {"End with code 9 if the call doesn't come up to this, such as connected<3s,video_fps>=24,loss<2%,path=host", "通话未达到要求时以代码 9 结束，例如 connected<3s,video_fps>=24,loss<2%,path=host"}};
  Option<LanguageChoice> lang{*this, "lang", "auto|en|zh", LanguageChoice::Auto, {"Language of what is said on the terminal; auto follows $LANG", "终端上所用的语言；auto 按 $LANG"}};

  config::Language language = config::Language::English;  // by load_call_options()
  Destination destination;                                // by load_call_options()
};

// clang-format on

/// Loads, then checks what goes together.
config::Loaded load_call_options(CallOptions& options, std::span<const std::string> words,
                                 const config::Environment& environment,
                                 std::span<const std::filesystem::path> files);

/// The server and the room of what a person typed: a link with the room in its path, or the room's
/// name and a server.
Result<Destination, config::Sentence> parse_destination(std::string_view where,
                                                        std::string_view server);

}  // namespace duet::apps
