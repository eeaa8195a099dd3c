// SPDX-License-Identifier: MIT
// The options of `duet serve`, a line each.
#pragma once

#include "relay_options.hpp"
#include "server_options.hpp"
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

namespace duet::apps {

/// Read a value with `*options.drain`, its origin with `options.drain.source()`.
// clang-format off
struct ServeOptions : config::Options, ServerOptions {
  ServeOptions() : Options{"serve"}, ServerOptions{static_cast<config::Options&>(*this)} {}

  Option<TrustedProxies> behind_proxy{*this, "behind-proxy", "CIDR,...", {}, {"Leave TLS to a proxy and believe its X-Forwarded-* headers if it has such an address; without a value, a loopback or private one", "TLS 交给代理，来自这些地址的 X-Forwarded-* 头可信；不带值即回环和私有地址"}};
  Option<std::vector<WebOrigin>> allow_origin{*this, "allow-origin", "ORIGIN", {{"*"}}, {"Whose pages may use the signaling server, such as https://example.org", "哪些网页可以使用信令服务器，例如 https://example.org"}};
  Option<std::optional<std::filesystem::path>> web{*this, "web", "DIR", {}, {"Serve this folder instead of the built-in page", "用这个文件夹代替内置网页"}};
  Option<std::uint64_t> max_rooms{*this, "max-rooms", "N", 100'000, {"Rooms at the same time", "同时存在的房间数"}, {{1, 10'000'000}}};
  Option<Duration> ping_interval{*this, "ping-interval", "TIME", 25s, {"Time between heartbeats of a signaling connection", "信令连接两次心跳之间的时间"}, {{100ms, 1h}}};
  Option<Duration> ping_timeout{*this, "ping-timeout", "TIME", 20s, {"Time to answer a heartbeat", "回应心跳的时限"}, {{100ms, 1h}}};
  Option<Duration> connect_timeout{*this, "connect-timeout", "TIME", 30s, {"Time for a signaling connection to enter a namespace", "信令连接进入命名空间的时限"}, {{100ms, 1h}}};
  Option<Duration> drain{*this, "drain", "TIME", 5s, {"Time that clients have to leave when the server is asked to stop", "要求停机时，留给客户端离开的时间"}, {{0ms, 1h}}};
  Option<bool> turn{*this, "turn", "on|off", true, {"Relay calls whose ends find no direct way, and tell clients so", "为找不到直接通路的通话做中继，并告知客户端"}};
  RelayOptions relay{*this};
  Option<Duration> turn_ttl{*this, "turn-ttl", "TIME", 1h, {"Life of a relay credential; a client gets the next one at half of it", "中继凭据的有效期；过半时客户端会得到新的"}, {{10s, 24h}}};
  Option<std::vector<stun::Uri>> ice_server{*this, "ice-server", "URL", {}, {"A further STUN or TURN server that clients are told of; a TURN server needs the secret of --turn-secret-file", "再告知客户端一台 STUN 或 TURN 服务器；TURN 服务器须与 --turn-secret-file 共用密钥"}};
  Option<bool> conformance{*this, "conformance", "", false, {"Be the fixture of the published protocol suites: on 127.0.0.1:3000 and [::1]:3000 only, with their timings and handlers", "充当公开协议测试集的对象：只在 127.0.0.1:3000 和 [::1]:3000 上，用其时限和处理方式"}};
};

// clang-format on

/// Loads, then checks what goes together: a certificate with its key, folders and files that exist.
/// `--conformance` decides listen, ping-interval, ping-timeout and connect-timeout; -v and -q shift
/// the level of the log.
config::Loaded load_serve_options(ServeOptions& options, std::span<const std::string> words,
                                  const config::Environment& environment,
                                  std::span<const std::filesystem::path> files);

}  // namespace duet::apps
