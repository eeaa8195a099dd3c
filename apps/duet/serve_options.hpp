// SPDX-License-Identifier: MIT
// The options of `duet serve`, a line each.
#pragma once

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
using config::Option;

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

  Option<std::vector<ListenAddress>> listen{*this, "listen", "[ADDR:]PORT", {{std::nullopt, 2022}}, "Where to listen for HTTP and HTTPS; a port alone is every address, IPv6 and IPv4"};
  Option<std::optional<std::filesystem::path>> cert{*this, "cert", "FILE", {}, "Certificate chain (PEM); read again when it changes. Without it, this Duet makes its own"};
  Option<std::optional<std::filesystem::path>> key{*this, "key", "FILE", {}, "Private key (PEM) of the certificate"};
  Option<TrustedProxies> behind_proxy{*this, "behind-proxy", "CIDR,...", {}, "Leave TLS to a proxy and believe its X-Forwarded-* headers if it has such an address; without a value, a loopback or private one"};
  Option<std::vector<WebOrigin>> allow_origin{*this, "allow-origin", "ORIGIN", {{"*"}}, "Whose pages may use the signaling server, such as https://example.org"};
  Option<std::optional<std::filesystem::path>> web{*this, "web", "DIR", {}, "Serve this folder instead of the built-in page"};
  Option<MetricsPlace> metrics{*this, "metrics", "loopback|[ADDR:]PORT|off", {}, "Who may read /metrics: clients on this machine, everybody at an address of its own, or nobody"};
  Option<bool> limits{*this, "limits", "on|off", true, "Limits on connections per address and on message rates; off is for load tests"};
  Option<std::uint64_t> max_rooms{*this, "max-rooms", "N", 100'000, "Rooms at the same time", {{1, 10'000'000}}};
  Option<Duration> ping_interval{*this, "ping-interval", "TIME", 25s, "Time between heartbeats of a signaling connection", {{100ms, 1h}}};
  Option<Duration> ping_timeout{*this, "ping-timeout", "TIME", 20s, "Time to answer a heartbeat", {{100ms, 1h}}};
  Option<Duration> connect_timeout{*this, "connect-timeout", "TIME", 30s, "Time for a signaling connection to enter a namespace", {{100ms, 1h}}};
  Option<Duration> drain{*this, "drain", "TIME", 5s, "Time that clients have to leave when the server is asked to stop", {{0ms, 1h}}};
  Option<std::optional<std::filesystem::path>> state_dir{*this, "state-dir", "DIR", {}, "Where the certificate authority is kept; otherwise $STATE_DIRECTORY, $XDG_STATE_HOME/duet or ~/.local/state/duet"};
  Option<LanguageChoice> lang{*this, "lang", "auto|en|zh", LanguageChoice::Auto, "Language of what is said on the terminal; auto follows $LANG"};
  Option<log::Levels> log{*this, "log", "LEVEL,MODULE=LEVEL,...", {}, "What is logged: error, warn, info, debug or trace, for all or for the modules main, net, http, tls, sig, room"};
  Option<log::Format> log_format{*this, "log-format", "auto|text|logfmt|json", log::Format::Auto, "Form of the log; auto is text on a terminal and logfmt elsewhere"};
  Option<bool> log_private{*this, "log-private", "", false, "Tell names of rooms and addresses in the log"};
  Option<bool> conformance{*this, "conformance", "", false, "Be the fixture of the published protocol suites: on 127.0.0.1:3000 and [::1]:3000 only, with their timings and handlers"};

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
