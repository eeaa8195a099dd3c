// SPDX-License-Identifier: MIT
// The options of every command that listens.
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

/// A base of the options of `duet serve`, and of `duet turn`.
// clang-format off
struct ServerOptions {
  /// @param command  whose options these become
  explicit ServerOptions(config::Options& command) : owner{command} {}

  config::Options& owner;
  Option<std::vector<ListenAddress>> listen{owner, "listen", "[ADDR:]PORT", {{std::nullopt, 2022}}, {"Where to listen for HTTP, HTTPS, STUN and TURN; a port alone is every address, IPv6 and IPv4", "HTTP、HTTPS、STUN 和 TURN 的监听地址；只写端口即所有地址，IPv6 和 IPv4"}};
  Option<std::optional<std::filesystem::path>> cert{owner, "cert", "FILE", {}, {"Certificate chain (PEM); read again when it changes. Without it, this Duet makes its own", "证书链（PEM），变更后自动重新读取。不给则由本机 Duet 自行签发"}};
  Option<std::optional<std::filesystem::path>> key{owner, "key", "FILE", {}, {"Private key (PEM) of the certificate", "证书的私钥（PEM）"}};
  Option<MetricsPlace> metrics{owner, "metrics", "loopback|[ADDR:]PORT|off", {}, {"Who may read /metrics: clients on this machine, everybody at an address of its own, or nobody", "谁可以读 /metrics：本机、单独地址上的任何人，或者没有人"}};
  Option<bool> limits{owner, "limits", "on|off", true, {"Limits on connections per address, on rates, and on the relay's allocations; off is for load tests", "每个地址的连接数、各种速率和中继分配数的限制；off 供压力测试用"}};
  Option<std::optional<std::filesystem::path>> state_dir{owner, "state-dir", "DIR", {}, {"Where the certificate authority is kept; otherwise $STATE_DIRECTORY, $XDG_STATE_HOME/duet or ~/.local/state/duet", "证书颁发机构存放处；不给则为 $STATE_DIRECTORY、$XDG_STATE_HOME/duet 或 ~/.local/state/duet"}};
  Option<LanguageChoice> lang{owner, "lang", "auto|en|zh", LanguageChoice::Auto, {"Language of what is said on the terminal; auto follows $LANG", "终端上所用的语言；auto 按 $LANG"}};
  Option<log::Levels> log{owner, "log", "LEVEL,MODULE=LEVEL,...", {}, {"What is logged: error, warn, info, debug or trace, for all or for the modules main, net, http, tls, sig, room, turn", "记录什么：error、warn、info、debug 或 trace，用于全部，或用于模块 main、net、http、tls、sig、room、turn"}};
  Option<log::Format> log_format{owner, "log-format", "auto|text|logfmt|json", log::Format::Auto, {"Form of the log; auto is text on a terminal and logfmt elsewhere", "日志的格式；auto 在终端上为 text，其他情况为 logfmt"}};
  Option<bool> log_private{owner, "log-private", "", false, {"Tell names of rooms and addresses in the log", "在日志中写出房间名和地址"}};

  // Found out from the rest by finish().
  config::Language language = config::Language::English;
  bool quiet = false;  ///< -q: no greeting
};

// clang-format on

/// The language of what is said: as chosen, else as $LANG has it.
config::Language language_of(LanguageChoice choice, const config::Environment& environment);

/// Decides the language, and lets -v and -q shift the level of the log.
void finish(ServerOptions& options, const config::Loaded& loaded,
            const config::Environment& environment);

/// Looks for what is wrong with the group: a certificate without its key, files that can't be read.
void check(const ServerOptions& options, std::vector<config::Problem>& problems);

/// Where state is kept: --state-dir, $STATE_DIRECTORY (its first), $XDG_STATE_HOME/duet,
/// ~/.local/state/duet; the last resort is /var/lib/duet. Not created.
std::filesystem::path state_directory(const ServerOptions& options,
                                      const config::Environment& environment);

/// What duet::log is to be configured with.
log::Settings log_settings(const ServerOptions& options);

/// How a value is named in an error, by where it was said.
std::string where(const config::Options& options, const config::OptionBase& option);

}  // namespace duet::apps
