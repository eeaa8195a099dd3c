// SPDX-License-Identifier: MIT
// The options of `duet serve`: their types and what goes together.
#include "serve_options.hpp"

#include "every_command.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <system_error>

namespace duet::config {
namespace {

/// What "private" stands for: loopback, RFC 1918, RFC 4193.
std::vector<IpPrefix> private_networks() {
  std::vector<IpPrefix> out;
  for (const std::string_view text :
       {"127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"})
    out.push_back(*IpPrefix::parse(text));
  return out;
}

std::string joined(const std::vector<IpPrefix>& networks) {
  std::string out;
  for (const IpPrefix& network : networks)
    out += (out.empty() ? "" : ",") + Codec<IpPrefix>::format(network);
  return out;
}

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_host(std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
    const auto address = IpAddress::parse(text.substr(1, text.size() - 2));
    return address && !address->is_v4();
  }
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_';
  });
}

}  // namespace

Result<apps::TrustedProxies, Sentence> Codec<apps::TrustedProxies>::parse(std::string_view text) {
  apps::TrustedProxies out;
  if (text == "off" || text == "false") return out;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view word = text.substr(0, comma);
    if (word == "private" || word == "on" || word == "true") {
      const auto networks = private_networks();
      out.networks.insert(out.networks.end(), networks.begin(), networks.end());
    } else {
      const auto network = Codec<IpPrefix>::parse(word);
      if (!network) return fail(network.error());
      out.networks.push_back(*network);
    }
    if (comma == std::string_view::npos) return out;
    text.remove_prefix(comma + 1);
  }
}

std::string Codec<apps::TrustedProxies>::format(const apps::TrustedProxies& value) {
  if (!value.any()) return "off";
  const std::string all = joined(value.networks);
  return all == joined(private_networks()) ? "private" : all;
}

Result<apps::WebOrigin, Sentence> Codec<apps::WebOrigin>::parse(std::string_view text) {
  if (text == "*" || text == "null") return apps::WebOrigin{std::string{text}};
  const Sentence no_origin{Say::NotAnOrigin, {std::string{text}}};
  std::string origin{text};
  // Browsers write scheme and host in lower case and leave the scheme's own port out.
  std::transform(origin.begin(), origin.end(), origin.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  const std::size_t slashes = origin.find("://");
  if (slashes == std::string::npos || slashes == 0) return fail(no_origin);
  const std::string scheme = origin.substr(0, slashes);
  std::string rest = origin.substr(slashes + 3);
  const std::size_t path = rest.find_first_of("/?#");
  const bool has_path = path != std::string::npos;
  rest.resize(std::min(path, rest.size()));

  const std::size_t colon = rest.rfind(':');
  std::string host = rest;
  std::string port;
  if (colon != std::string::npos && rest.back() != ']') {
    host = rest.substr(0, colon);
    const auto number = parse_count(rest.substr(colon + 1));
    if (!number) return fail(no_origin);
    if (*number > 65535) return fail(Sentence{Say::NotAPort, {rest.substr(colon + 1)}});
    const bool usual = (scheme == "https" && *number == 443) || (scheme == "http" && *number == 80);
    if (!usual) port = ":" + std::to_string(*number);
  }
  const bool scheme_fits = std::all_of(scheme.begin(), scheme.end(), [](char c) {
    return is_letter_or_digit(c) || c == '+' || c == '-' || c == '.';
  });
  if (!scheme_fits || !is_host(host)) return fail(no_origin);
  apps::WebOrigin out{scheme + "://" + host + port};
  if (has_path) return fail(Sentence{Say::OriginWithPath, {std::string{text}, out.text}});
  return out;
}

std::string Codec<apps::WebOrigin>::format(const apps::WebOrigin& value) { return value.text; }

}  // namespace duet::config

namespace duet::apps {
namespace {

namespace fs = std::filesystem;
using config::Problem;
using config::Say;
using config::Sentence;
using config::Source;

void check_serve(const ServeOptions& options, std::vector<Problem>& problems) {
  check(static_cast<const ServerOptions&>(options), problems);
  const auto report = [&](const config::OptionBase& option, Sentence sentence) {
    problems.push_back({where(options, option), std::move(sentence)});
  };
  if (*options.cert && options.behind_proxy->any())
    report(options.behind_proxy, {Say::CertBehindProxy});
  check(options.relay, problems);
  std::error_code ignored;
  if (*options.web && !fs::is_directory(**options.web, ignored))
    report(options.web, {Say::NotAFolder, {(*options.web)->string()}});
}

/// The fixture of the published suites: their URL is http://localhost:3000 and their timings are
/// these.
void become_fixture(ServeOptions& options, std::vector<Problem>& problems) {
  if (options.listen.source().kind >= Source::Kind::Inline)
    problems.push_back({{}, {Say::ConformanceListens, {options.listen.source().to_string()}}});
  const Source why{Source::Kind::Flag, flag_of(options.conformance)};
  options.listen.decide(
      {*ListenAddress::parse("127.0.0.1:3000"), *ListenAddress::parse("[::1]:3000")}, why);
  options.ping_interval.decide(300ms, why);
  options.ping_timeout.decide(200ms, why);
  options.connect_timeout.decide(1s, why);
}

}  // namespace

bool TrustedProxies::contains(const IpAddress& address) const {
  const IpAddress plain = address.unmapped();
  return std::any_of(networks.begin(), networks.end(),
                     [&](const IpPrefix& network) { return network.contains(plain); });
}

bool allows(const std::vector<WebOrigin>& allowed, std::string_view origin) {
  return std::any_of(allowed.begin(), allowed.end(),
                     [&](const WebOrigin& one) { return one.text == "*" || one.text == origin; });
}

config::Loaded load_serve_options(ServeOptions& options, std::span<const std::string> words,
                                  const config::Environment& environment,
                                  std::span<const fs::path> files) {
  const EveryCommand every;
  config::Loaded loaded = config::load(options, words, environment, files, every.but(options));
  finish(options, loaded, environment);
  if (*options.conformance) become_fixture(options, loaded.problems);
  check_serve(options, loaded.problems);
  return loaded;
}

}  // namespace duet::apps
