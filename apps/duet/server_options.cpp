// SPDX-License-Identifier: MIT
// The options of every command that listens.
#include "server_options.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace duet::config {
namespace {

template <std::size_t Size>
std::string joined(const std::array<std::string_view, Size>& names) {
  std::string out;
  for (const std::string_view name : names) out += (out.empty() ? "" : ", ") + std::string{name};
  return out;
}

}  // namespace

Result<apps::MetricsPlace, Sentence> Codec<apps::MetricsPlace>::parse(std::string_view text) {
  using Where = apps::MetricsPlace::Where;
  if (text == "loopback") return apps::MetricsPlace{.where = Where::Loopback};
  if (text == "off") return apps::MetricsPlace{.where = Where::Off};
  const auto address = ListenAddress::parse(text);
  if (!address && address.error().say == Say::NotAPort) return fail(address.error());
  if (!address) return fail(Sentence{Say::NotAMetricsPlace, {std::string{text}}});
  return apps::MetricsPlace{.where = Where::Address, .address = *address};
}

std::string Codec<apps::MetricsPlace>::format(const apps::MetricsPlace& value) {
  switch (value.where) {
    case apps::MetricsPlace::Where::Loopback:
      return "loopback";
    case apps::MetricsPlace::Where::Off:
      return "off";
    case apps::MetricsPlace::Where::Address:
      break;
  }
  return value.address.to_string();
}

Result<log::Levels, Sentence> Codec<log::Levels>::parse(std::string_view text) {
  auto levels = log::Levels::parse(text);
  if (levels) return *levels;
  const auto& [rule, word] = levels.error();
  if (rule == log::LevelsError::Rule::UnknownLevel)
    return fail(Sentence{Say::UnknownLevel, {word, joined(log::kLevelNames)}});
  return fail(Sentence{Say::UnknownModule, {word, joined(log::kModuleNames)}});
}

std::string Codec<log::Levels>::format(const log::Levels& value) { return value.to_string(); }

}  // namespace duet::config

namespace duet::apps {
namespace {

namespace fs = std::filesystem;
using config::Problem;
using config::Say;
using config::Sentence;
using config::Source;

void check_readable(const ServerOptions& options, const Option<std::optional<fs::path>>& option,
                    std::vector<Problem>& problems) {
  if (!*option || access((*option)->c_str(), R_OK) == 0) return;
  problems.push_back({where(options.owner, option) + ": " + (*option)->string(),
                      {Say::CannotRead, {std::generic_category().message(errno)}}});
}

/// -v and -q, on top of what --log says.
void shift_level(ServerOptions& options, int steps) {
  if (steps == 0) return;
  log::Levels levels = *options.log;
  const int last = static_cast<int>(log::kLevelNames.size()) - 1;
  const int level = std::clamp(static_cast<int>(levels.common()), 0, last);
  levels.set_common(
      static_cast<log::Level>(std::clamp(level + std::clamp(steps, -last, last), 0, last)));
  options.log.decide(levels, {Source::Kind::Flag, steps > 0 ? "-v" : "-q"});
}

}  // namespace

std::string where(const config::Options& options, const config::OptionBase& option) {
  const Source& source = option.source();
  if (source.kind != Source::Kind::File) return source.to_string();
  return source.to_string() + ": " + key_of(options, option);
}

config::Language language_of(LanguageChoice choice, const config::Environment& environment) {
  switch (choice) {
    case LanguageChoice::English:
      return config::Language::English;
    case LanguageChoice::Chinese:
      return config::Language::Chinese;
    case LanguageChoice::Auto:
      break;
  }
  return config::language_of(environment);
}

void finish(ServerOptions& options, const config::Loaded& loaded,
            const config::Environment& environment) {
  options.language = language_of(*options.lang, environment);
  options.quiet = loaded.quiet > 0;
  shift_level(options, loaded.verbose - loaded.quiet);
}

void check(const ServerOptions& options, std::vector<Problem>& problems) {
  const auto report = [&](const config::OptionBase& option, Sentence sentence) {
    problems.push_back({where(options.owner, option), std::move(sentence)});
  };
  if (*options.cert && !*options.key) report(options.cert, {Say::CertWithoutKey});
  if (*options.key && !*options.cert) report(options.key, {Say::KeyWithoutCert});
  check_readable(options, options.cert, problems);
  check_readable(options, options.key, problems);
}

fs::path state_directory(const ServerOptions& options, const config::Environment& environment) {
  if (*options.state_dir) return **options.state_dir;
  const std::string unit = environment.get("STATE_DIRECTORY");  // systemd.exec(5): colon-separated
  if (!unit.empty()) return unit.substr(0, unit.find(':'));
  const std::string state_home = environment.get("XDG_STATE_HOME");
  if (!state_home.empty() && state_home.front() == '/') return fs::path{state_home} / "duet";
  const std::string home = environment.get("HOME");
  if (!home.empty()) return fs::path{home} / ".local/state/duet";
  return "/var/lib/duet";
}

log::Settings log_settings(const ServerOptions& options) {
  return {.levels = *options.log,
          .format = *options.log_format,
          .privacy = *options.log_private ? log::Privacy::Told : log::Privacy::Redacted};
}

}  // namespace duet::apps
