// SPDX-License-Identifier: MIT
// The options of every command that relays.
#include "relay_options.hpp"

#include <duet/config/toml_file.hpp>

#include <algorithm>
#include <stdexcept>
#include <system_error>

namespace duet::config {

Result<stun::Uri, Sentence> Codec<stun::Uri>::parse(std::string_view text) {
  auto uri = stun::Uri::parse(text);
  if (!uri) return fail(Sentence{Say::NotAnIceServer, {std::string{text}}});
  return *std::move(uri);
}

std::string Codec<stun::Uri>::format(const stun::Uri& value) { return value.to_string(); }

}  // namespace duet::config

namespace duet::apps {
namespace {

namespace fs = std::filesystem;
using config::Say;
using config::Sentence;
using config::Source;

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

}  // namespace

std::string where(const config::Options& options, const config::OptionBase& option) {
  const Source& source = option.source();
  if (source.kind != Source::Kind::File) return source.to_string();
  return source.to_string() + ": " + key_of(options, option);
}

void check(const RelayOptions& options, std::vector<config::Problem>& problems) {
  const auto& file = options.turn_secret_file;
  if (!*file) return;
  const auto secrets = read_secrets(**file);
  if (secrets) return;
  problems.push_back({where(options.all, file) + ": " + (*file)->string(), secrets.error()});
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
