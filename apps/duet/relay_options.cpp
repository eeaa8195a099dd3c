// SPDX-License-Identifier: MIT
// The options of every command that relays.
#include "relay_options.hpp"

#include <duet/config/toml_file.hpp>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <stdexcept>
#include <system_error>

namespace duet::config {

Result<stun::Uri, Sentence> Codec<stun::Uri>::parse(std::string_view text) {
  auto uri = stun::Uri::parse(text);
  if (!uri) return fail(Sentence{Say::NotAnIceServer, {std::string{text}}});
  return *std::move(uri);
}

std::string Codec<stun::Uri>::format(const stun::Uri& value) { return value.to_string(); }

Result<turn::Credential, Sentence> Codec<turn::Credential>::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos || colon + 1 == text.size()) {
    return fail(Sentence{Say::NotATurnUser});
  }
  return turn::Credential{std::string{text.substr(0, colon)}, std::string{text.substr(colon + 1)}};
}

std::string Codec<turn::Credential>::format(const turn::Credential& value) {
  return value.username + ":" + value.password;
}

Result<apps::RelayPorts, Sentence> Codec<apps::RelayPorts>::parse(std::string_view text) {
  if (text == "off" || text == "false") return apps::RelayPorts{};
  const Sentence no_range{Say::NotAPortRange, {std::string{text}}};
  const std::size_t dash = text.find('-');
  const auto first = parse_count(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : parse_count(text.substr(dash + 1));
  if (!first || !last || *first == 0 || *last > 65535 || *last < *first) return fail(no_range);
  return apps::RelayPorts{
      turn::PortRange{static_cast<std::uint16_t>(*first), static_cast<std::uint16_t>(*last)}};
}

std::string Codec<apps::RelayPorts>::format(const apps::RelayPorts& value) {
  if (!value.range) return "off";
  return std::to_string(value.range->first) + "-" + std::to_string(value.range->last);
}

Result<apps::ExternalIp, Sentence> Codec<apps::ExternalIp>::parse(std::string_view text) {
  using Kind = apps::ExternalIp::Kind;
  if (text == "auto") return apps::ExternalIp{};
  if (text.starts_with("dns:") && text.size() > 4) {
    return apps::ExternalIp{.kind = Kind::Name, .name = std::string{text.substr(4)}};
  }
  const auto address = IpAddress::parse(text);
  if (!address || address->is_unspecified()) {
    return fail(Sentence{Say::NotAnExternalIp, {std::string{text}}});
  }
  return apps::ExternalIp{.kind = Kind::Address, .address = address->unmapped()};
}

std::string Codec<apps::ExternalIp>::format(const apps::ExternalIp& value) {
  switch (value.kind) {
    case apps::ExternalIp::Kind::Auto:
      return "auto";
    case apps::ExternalIp::Kind::Address:
      return value.address.to_string();
    case apps::ExternalIp::Kind::Name:
      return "dns:" + value.name;
  }
  return {};
}

}  // namespace duet::config

namespace duet::apps {
namespace {

namespace fs = std::filesystem;
using config::Say;
using config::Sentence;

Result<std::vector<std::string>, Sentence> read_secrets(const fs::path& path) {
  auto file = config::read_file(path);
  if (!file) return fail(std::move(file.error().sentence));
  std::error_code ignored;
  const auto others = fs::perms::others_read | fs::perms::others_write;
  if ((fs::status(path, ignored).permissions() & others) != fs::perms::none) {
    return fail(Sentence{Say::SecretForEverybody});
  }
  std::vector<std::string> secrets;
  std::string_view rest = *file;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    while (line.ends_with(' ') || line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) secrets.emplace_back(line);
  }
  if (secrets.empty()) return fail(Sentence{Say::NoSecret});
  if (secrets.size() > kMostSecrets) {
    return fail(Sentence{Say::TooManySecrets, {std::to_string(kMostSecrets)}});
  }
  return secrets;
}

/// Which of two addresses would hold is nothing to leave to their order.
void check_external(const RelayOptions& options, std::vector<config::Problem>& problems) {
  std::array<const ExternalIp*, 2> of_family{};
  for (const ExternalIp& external : *options.external_ip) {
    if (external.kind != ExternalIp::Kind::Address) continue;
    const ExternalIp*& first = of_family[external.address.is_v4() ? 0 : 1];
    if (first == nullptr) first = &external;
    if (*first == external) continue;
    problems.push_back(
        {where(options.all, options.external_ip),
         {Say::TwoExternalIps, {first->address.to_string(), external.address.to_string()}}});
  }
}

}  // namespace

void check(const RelayOptions& options, std::vector<config::Problem>& problems) {
  check_external(options, problems);
  const auto& realm = options.turn_realm;
  // RFC 8489 §14.9: fewer than 128 characters; '"' would end it where it is quoted.
  if (realm->size() > 127 || realm->find('"') != std::string::npos) {
    problems.push_back({where(options.all, realm), {Say::NotARealm, {*realm}}});
  }
  for (const turn::Credential& user : *options.turn_user) {
    if (user.username.size() < 509) continue;  // RFC 8489 §14.3
    problems.push_back({where(options.all, options.turn_user), {Say::NotATurnUser}});
  }
  const auto& file = options.turn_secret_file;
  if (!*file) return;
  const auto secrets = read_secrets(**file);
  if (secrets) return;
  problems.push_back({where(options.all, file) + ": " + (*file)->string(), secrets.error()});
}

std::string relay_flags_given(const RelayOptions& options) {
  std::string flags;
  for (const config::OptionBase* option : std::initializer_list<const config::OptionBase*>{
           &options.relay_ports, &options.external_ip, &options.turn_allow_peer,
           &options.turn_user}) {
    if (option->source().kind == config::Source::Kind::Default) continue;
    flags += (flags.empty() ? "" : ", ") + config::flag_of(*option);
  }
  return flags;
}

turn::Config turn_config(const RelayOptions& options, bool limits_on,
                         std::vector<std::string> secrets) {
  turn::Config config;
  config.realm = *options.turn_realm;
  config.users = *options.turn_user;
  config.secrets = std::move(secrets);
  config.relay_ports = options.relay_ports->range;
  config.allowed_peers = *options.turn_allow_peer;
  if (!limits_on) config.limits = turn::Limits::none();
  return config;
}

std::vector<std::string> turn_secrets(const RelayOptions& options, Random& random) {
  if (!*options.turn_secret_file) return {random_name(random)};
  const fs::path& path = **options.turn_secret_file;
  auto secrets = read_secrets(path);
  if (!secrets) {
    throw std::runtime_error{path.string() + ": " +
                             render(secrets.error(), config::Language::English)};
  }
  return *std::move(secrets);
}

}  // namespace duet::apps
