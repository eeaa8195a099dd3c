// SPDX-License-Identifier: MIT
// The options of `duet serve`, a line each.
#pragma once

#include "relay_options.hpp"
#include <duet/config/load.hpp>
#include <duet/config/option.hpp>
#include <duet/log/log.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duet::apps {

using config::ListenAddress;

/// Whose X-Forwarded-* headers are believed. No networks: nobody's, and Duet does TLS itself.
struct TrustedProxies {
  std::vector<IpPrefix> networks;

  bool any() const { return !networks.empty(); }

  bool contains(const IpAddress& address) const;
};

/// An origin as browsers send it (RFC 6454 §6.2), "null", or "*" for any.
struct WebOrigin {
  std::string text;

  friend bool operator==(const WebOrigin&, const WebOrigin&) = default;
};

/// Whether a page of `origin` (the header's value) may talk to the server.
bool allows(const std::vector<WebOrigin>& allowed, std::string_view origin);

/// Where /metrics is told: to clients on loopback, to nobody, or to everybody at a listening
/// address of its own.
struct MetricsPlace {
  enum class Where : std::uint8_t { Loopback, Off, Address };

  Where where = Where::Loopback;
  ListenAddress address;  ///< of Address

  friend bool operator==(const MetricsPlace&, const MetricsPlace&) = default;
};

enum class LanguageChoice : std::uint8_t { Auto, English, Chinese };

}  // namespace duet::apps

template <>
struct duet::config::Codec<duet::apps::TrustedProxies> {
  static constexpr std::string_view kImplied = "private";
  static Result<apps::TrustedProxies, Sentence> parse(std::string_view text);
  static std::string format(const apps::TrustedProxies& value);
};

template <>
struct duet::config::Codec<duet::apps::WebOrigin> {
  static Result<apps::WebOrigin, Sentence> parse(std::string_view text);
  static std::string format(const apps::WebOrigin& value);
};

template <>
struct duet::config::Codec<duet::apps::MetricsPlace> {
  static Result<apps::MetricsPlace, Sentence> parse(std::string_view text);
  static std::string format(const apps::MetricsPlace& value);
};

template <>
struct duet::config::Codec<duet::log::Levels> {
  static Result<log::Levels, Sentence> parse(std::string_view text);
  static std::string format(const log::Levels& value);
};

template <>
struct duet::config::Names<duet::apps::LanguageChoice> {
  static constexpr std::array<std::pair<std::string_view, apps::LanguageChoice>, 3> kAll = {
      {{"auto", apps::LanguageChoice::Auto},
       {"en", apps::LanguageChoice::English},
       {"zh", apps::LanguageChoice::Chinese}}};
};

template <>
struct duet::config::Names<duet::log::Format> {
  static constexpr std::array<std::pair<std::string_view, log::Format>, 4> kAll = {
      {{"auto", log::Format::Auto},
       {"text", log::Format::Text},
       {"logfmt", log::Format::Logfmt},
       {"json", log::Format::Json}}};
};

namespace duet::apps {

/// Read a value with `*options.drain`, its origin with `options.drain.source()`.
// clang-format off
struct ServeOptions : config::Options {
  ServeOptions() : Options{"serve"} {}

  Option<std::vector<ListenAddress>> listen{*this, "listen", "[ADDR:]PORT", {{std::nullopt, 2022}}, {"Where to listen for HTTP and HTTPS; a port alone is every address, IPv6 and IPv4", "HTTP 和 HTTPS 的监听地址；只写端口即所有地址，IPv6 和 IPv4"}};
  Option<std::optional<std::filesystem::path>> cert{*this, "cert", "FILE", {}, {"Certificate chain (PEM); read again when it changes. Without it, this Duet makes its own", "证书链（PEM），变更后自动重新读取。不给则由本机 Duet 自行签发"}};
  Option<std::optional<std::filesystem::path>> key{*this, "key", "FILE", {}, {"Private key (PEM) of the certificate", "证书的私钥（PEM）"}};
  Option<TrustedProxies> behind_proxy{*this, "behind-proxy", "CIDR,...", {}, {"Leave TLS to a proxy and believe its X-Forwarded-* headers if it has such an address; without a value, a loopback or private one", "TLS 交给代理，来自这些地址的 X-Forwarded-* 头可信；不带值即回环和私有地址"}};
  Option<std::vector<WebOrigin>> allow_origin{*this, "allow-origin", "ORIGIN", {{"*"}}, {"Whose pages may use the signaling server, such as https://example.org", "哪些网页可以使用信令服务器，例如 https://example.org"}};
  Option<std::optional<std::filesystem::path>> web{*this, "web", "DIR", {}, {"Serve this folder instead of the built-in page", "用这个文件夹代替内置网页"}};
  Option<MetricsPlace> metrics{*this, "metrics", "loopback|[ADDR:]PORT|off", {}, {"Who may read /metrics: clients on this machine, everybody at an address of its own, or nobody", "谁可以读 /metrics：本机、单独地址上的任何人，或者没有人"}};
  Option<bool> limits{*this, "limits", "on|off", true, {"Limits on connections per address and on message rates; off is for load tests", "每个地址的连接数和消息速率限制；off 供压力测试用"}};
  Option<std::uint64_t> max_rooms{*this, "max-rooms", "N", 100'000, {"Rooms at the same time", "同时存在的房间数"}, {{1, 10'000'000}}};
  Option<Duration> ping_interval{*this, "ping-interval", "TIME", 25s, {"Time between heartbeats of a signaling connection", "信令连接两次心跳之间的时间"}, {{100ms, 1h}}};
  Option<Duration> ping_timeout{*this, "ping-timeout", "TIME", 20s, {"Time to answer a heartbeat", "回应心跳的时限"}, {{100ms, 1h}}};
  Option<Duration> connect_timeout{*this, "connect-timeout", "TIME", 30s, {"Time for a signaling connection to enter a namespace", "信令连接进入命名空间的时限"}, {{100ms, 1h}}};
  Option<Duration> drain{*this, "drain", "TIME", 5s, {"Time that clients have to leave when the server is asked to stop", "要求停机时，留给客户端离开的时间"}, {{0ms, 1h}}};
  Option<bool> turn{*this, "turn", "on|off", true, {"Relay calls whose ends find no direct way, and tell clients so", "为找不到直接通路的通话做中继，并告知客户端"}};
  RelayOptions relay{*this};
  Option<Duration> turn_ttl{*this, "turn-ttl", "TIME", 1h, {"Life of a relay credential; a client gets the next one at half of it", "中继凭据的有效期；过半时客户端会得到新的"}, {{10s, 24h}}};
  Option<std::vector<stun::Uri>> ice_server{*this, "ice-server", "URL", {}, {"A further STUN or TURN server that clients are told of; a TURN server needs the secret of --turn-secret-file", "再告知客户端一台 STUN 或 TURN 服务器；TURN 服务器须与 --turn-secret-file 共用密钥"}};
  Option<std::optional<std::filesystem::path>> state_dir{*this, "state-dir", "DIR", {}, {"Where the certificate authority is kept; otherwise $STATE_DIRECTORY, $XDG_STATE_HOME/duet or ~/.local/state/duet", "证书颁发机构存放处；不给则为 $STATE_DIRECTORY、$XDG_STATE_HOME/duet 或 ~/.local/state/duet"}};
  Option<LanguageChoice> lang{*this, "lang", "auto|en|zh", LanguageChoice::Auto, {"Language of what is said on the terminal; auto follows $LANG", "终端上所用的语言；auto 按 $LANG"}};
  Option<log::Levels> log{*this, "log", "LEVEL,MODULE=LEVEL,...", {}, {"What is logged: error, warn, info, debug or trace, for all or for the modules main, net, http, tls, sig, room", "记录什么：error、warn、info、debug 或 trace，用于全部，或用于模块 main、net、http、tls、sig、room"}};
  Option<log::Format> log_format{*this, "log-format", "auto|text|logfmt|json", log::Format::Auto, {"Form of the log; auto is text on a terminal and logfmt elsewhere", "日志的格式；auto 在终端上为 text，其他情况为 logfmt"}};
  Option<bool> log_private{*this, "log-private", "", false, {"Tell names of rooms and addresses in the log", "在日志中写出房间名和地址"}};
  Option<bool> conformance{*this, "conformance", "", false, {"Be the fixture of the published protocol suites: on 127.0.0.1:3000 and [::1]:3000 only, with their timings and handlers", "充当公开协议测试集的对象：只在 127.0.0.1:3000 和 [::1]:3000 上，用其时限和处理方式"}};

  // Found out from the rest by load_serve_options().
  config::Language language = config::Language::English;
  bool quiet = false;  ///< -q: no greeting
};

// clang-format on

/// Loads, then checks what goes together: a certificate with its key, folders and files that exist.
/// `--conformance` decides listen, ping-interval, ping-timeout and connect-timeout; -v and -q shift
/// the level of the log.
config::Loaded load_serve_options(ServeOptions& options, std::span<const std::string> words,
                                  const config::Environment& environment,
                                  std::span<const std::filesystem::path> files);

/// Where state is kept: --state-dir, $STATE_DIRECTORY (its first), $XDG_STATE_HOME/duet,
/// ~/.local/state/duet; the last resort is /var/lib/duet. Not created.
std::filesystem::path state_directory(const ServeOptions& options,
                                      const config::Environment& environment);

/// What duet::log is to be configured with.
log::Settings log_settings(const ServeOptions& options);

}  // namespace duet::apps
