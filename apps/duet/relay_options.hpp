// SPDX-License-Identifier: MIT
// The options of every command that relays.
#pragma once

#include "server_options.hpp"
#include <duet/base/address.hpp>
#include <duet/base/random.hpp>
#include <duet/config/command_line.hpp>
#include <duet/config/option.hpp>
#include <duet/stun/uri.hpp>
#include <duet/turn/credentials.hpp>
#include <duet/turn/server.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duet::apps {

/// Ports of real relay sockets; nothing: relayed addresses exist in memory only.
struct RelayPorts {
  std::optional<turn::PortRange> range;
};

/// As what relayed addresses are made known.
struct ExternalIp {
  enum class Kind : std::uint8_t {
    Auto,     ///< learned from how clients address this server
    Address,  ///< `address`
    Name      ///< what `name` resolves to, again and again
  };

  Kind kind = Kind::Auto;
  IpAddress address;
  std::string name;

  friend bool operator==(const ExternalIp&, const ExternalIp&) = default;
};

}  // namespace duet::apps

template <>
struct duet::config::Codec<duet::stun::Uri> {
  static Result<stun::Uri, Sentence> parse(std::string_view text);
  static std::string format(const stun::Uri& value);
};

template <>
struct duet::config::Codec<duet::turn::Credential> {
  static Result<turn::Credential, Sentence> parse(std::string_view text);
  static std::string format(const turn::Credential& value);
};

template <>
struct duet::config::Codec<duet::apps::RelayPorts> {
  static Result<apps::RelayPorts, Sentence> parse(std::string_view text);
  static std::string format(const apps::RelayPorts& value);
};

template <>
struct duet::config::Codec<duet::apps::ExternalIp> {
  static Result<apps::ExternalIp, Sentence> parse(std::string_view text);
  static std::string format(const apps::ExternalIp& value);
};

namespace duet::apps {

/// A member of the options of `duet serve`, and of a relay alone.
// clang-format off
struct RelayOptions {
  /// @param owner  whose options these become
  explicit RelayOptions(config::Options& owner) : all{owner} {}

  config::Options& all;
  Option<RelayPorts> relay_ports{all, "relay-ports", "off|MIN-MAX", {}, {"UDP ports for relaying to those who don't use this relay; off: calls that are relayed at both ends need no port but the one", "为没有使用本中继的对端转发所用的 UDP 端口；off：两端都经本中继的通话除监听端口外不需要别的端口"}};
  Option<std::vector<ExternalIp>> external_ip{all, "external-ip", "auto|IP|dns:NAME", {}, {"The address that peers reach this machine at, one of each family; auto learns it from how clients address it. Without it, the address that a client's packet arrived at", "对端访问本机所用的地址，每个协议族一个；auto 从客户端的访问方式得知。不给则为客户端数据包到达的地址"}};
  Option<std::vector<IpPrefix>> turn_allow_peer{all, "turn-allow-peer", "CIDR", {}, {"Addresses that may be relayed to although they are private, loopback or this machine's own", "虽属私有、回环或本机地址，仍允许转发到的地址"}};
  Option<std::vector<turn::Credential>> turn_user{all, "turn-user", "NAME:PASSWORD", {}, {"A user of the relay whose password never ends; for tools", "口令永不过期的中继用户，供工具使用"}};
  Option<std::string> turn_realm{all, "turn-realm", "REALM", "duet", {"What the relay calls itself to clients; all who share a secret share it", "中继对客户端的自称；共用密钥的中继也共用它"}};
  Option<std::optional<std::filesystem::path>> turn_secret_file{all, "turn-secret-file", "FILE", {}, {"Secrets that several relays share, one a line: the first signs credentials, all are accepted", "多台中继共用的密钥，每行一个：第一个用于签发凭据，全部都被接受"}};
};

// clang-format on

/// Secrets a file may have: every credential is tried with each of them.
constexpr std::size_t kMostSecrets = 16;

/// Looks for what is wrong with the group, files included.
void check(const RelayOptions& options, std::vector<config::Problem>& problems);

/// The flags that somebody set and that mean nothing without a relay here: "--relay-ports,
/// --external-ip". The secrets are not among them, since they sign for other servers too.
std::string relay_flags_given(const RelayOptions& options);

/// What the relay's machine is told, but for its limits, which are those of `limits_on`.
turn::Config turn_config(const RelayOptions& options, bool limits_on,
                         std::vector<std::string> secrets);

/// The secrets of time-limited credentials: the first signs, all verify. Without a file, one that
/// nobody else knows and that ends with this process.
///
/// @throws std::runtime_error with a sentence: the file is not what it was when it was checked
std::vector<std::string> turn_secrets(const RelayOptions& options, Random& random);

}  // namespace duet::apps
