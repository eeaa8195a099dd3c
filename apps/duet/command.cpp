// SPDX-License-Identifier: MIT
// From the words of the command line to one command.
#include "command.hpp"

#include "documents.hpp"
#include "exit_code.hpp"
#include "version.hpp"
#include <duet/config/nearest.hpp>
#include <duet/config/reference.hpp>

#include <algorithm>
#include <array>
#include <ostream>

namespace duet::apps {
namespace {

using config::Language;
using config::Problem;
using config::Say;
using config::Sentence;
using Words = std::span<const std::string>;

/// After so many problems a person has enough to do.
constexpr std::size_t kMostProblems = 10;

int fail_with(const std::vector<Problem>& problems, Language language, const World& world) {
  const std::size_t shown = std::min(problems.size(), kMostProblems);
  for (std::size_t i = 0; i < shown; ++i)
    world.error << "duet: " << render(problems[i], language) << '\n';
  if (shown < problems.size())
    world.error << "duet: "
                << render({Say::MoreErrors, {std::to_string(problems.size() - shown)}}, language)
                << '\n';
  world.error << "duet: " << text_of(Say::SeeHelp, language) << '\n';
  return to_int(ExitCode::Usage);
}

int fail_with_word(const Sentence& sentence, Words words, const World& world) {
  return fail_with({{{}, sentence}}, language_of(words, world.environment), world);
}

struct Command {
  std::string_view name;
  int (*run)(Words words, const World& world);
  bool hidden = false;
};

int run_help(Words words, const World& world);

/// What loading came to: the exit code, if it didn't work or help is wanted.
template <class SomeOptions>
std::optional<int> settle(const config::Loaded& loaded, const SomeOptions& options,
                          std::string (*help)(Language), Words words, const World& world) {
  if (loaded.help) {
    world.out << help(language_of(words, world.environment));
    return to_int(ExitCode::Finished);
  }
  if (loaded.problems.empty()) return std::nullopt;
  const bool chosen = *options.lang != LanguageChoice::Auto;
  return fail_with(loaded.problems,
                   chosen ? options.language : language_of(words, world.environment), world);
}

std::optional<int> load(ServeOptions& options, std::string (*help)(Language), Words words,
                        const World& world) {
  const auto loaded = load_serve_options(options, words, world.environment, world.files);
  return settle(loaded, options, help, words, world);
}

int run_serve(Words words, const World& world) {
  if (!world.serve) return world.elsewhere();
  ServeOptions options;
  if (const auto code = load(options, serve_help, words, world)) return *code;
  return world.serve(options);
}

int run_turn(Words words, const World& world) {
  if (!world.turn) return world.elsewhere();
  TurnOptions options;
  const auto loaded = load_turn_options(options, words, world.environment, world.files);
  if (const auto code = settle(loaded, options, turn_help, words, world)) return *code;
  return world.turn(options);
}

int run_loop(Words words, const World& world) {
  if (!world.loop) return world.elsewhere();
  LoopOptions options;
  const auto loaded = load_loop_options(options, words, world.environment, world.files);
  if (const auto code = settle(loaded, options, loop_help, words, world)) return *code;
  return world.loop(options, world.out, world.error);
}

int run_devices(Words words, const World& world) {
  if (!world.devices) return world.elsewhere();
  DevicesOptions options;
  const auto loaded = load_devices_options(options, words, world.environment, world.files);
  if (const auto code = settle(loaded, options, devices_help, words, world)) return *code;
  return world.devices(options, world.out);
}

int run_call(Words words, const World& world) {
  if (!world.call) return world.elsewhere();
  CallOptions options;
  const auto loaded = load_call_options(options, words, world.environment, world.files);
  if (const auto code = settle(loaded, options, call_help, words, world)) return *code;
  return world.call(options);
}

int run_config_print(Words words, const World& world) {
  ServeOptions options;
  if (const auto code = load(options, config_help, words, world)) return *code;
  world.out << toml_values(options);
  return to_int(ExitCode::Finished);
}

int run_config_check(Words words, const World& world) {
  ServeOptions options;
  const auto loaded = load_serve_options(options, words, world.environment, world.files);
  if (const auto code = settle(loaded, options, config_help, words, world)) return *code;
  std::string files;
  for (const auto& file : loaded.files_read) files += (files.empty() ? "" : ", ") + file.string();
  const Sentence fine =
      files.empty() ? Sentence{Say::ConfigFine} : Sentence{Say::ConfigFineFile, {files}};
  world.error << "duet: " << render(fine, options.language) << '\n';
  return to_int(ExitCode::Finished);
}

int run_config_reference(Words /*words*/, const World& world) {
  world.out << configuration_document();
  return to_int(ExitCode::Finished);
}

int run_config_example(Words /*words*/, const World& world) {
  world.out << example_document();
  return to_int(ExitCode::Finished);
}

/// Runs the command that the first word names, or says which one was meant.
int dispatch(std::span<const Command> commands, std::string_view before, Words words,
             const World& world) {
  std::vector<std::string> names;
  for (const Command& command : commands) {
    if (command.name == words.front()) return command.run(words.subspan(1), world);
    if (!command.hidden) names.emplace_back(command.name);
  }
  const auto near = config::nearest(words.front(), names);
  if (near)
    return fail_with_word({Say::UnknownCommandNear, {words.front(), std::string{before} + *near}},
                          words, world);
  return fail_with_word({Say::UnknownCommand, {words.front()}}, words, world);
}

constexpr std::array<Command, 4> kConfigCommands = {{{"print", run_config_print},
                                                     {"check", run_config_check},
                                                     {"reference", run_config_reference, true},
                                                     {"example", run_config_example, true}}};

int run_config(Words words, const World& world) {
  if (words.empty() || words.front().front() == '-') return run_config_print(words, world);
  return dispatch(kConfigCommands, "duet config ", words, world);
}

int run_version(Words words, const World& world) {
  const bool json = words.size() == 1 && words.front() == "--json";
  if (!words.empty() && !json) {
    const std::vector<std::string> names = {"--json"};
    if (config::nearest(words.front(), names))
      return fail_with_word({Say::UnknownFlagNear, {words.front(), "--json"}}, words, world);
    return fail_with_word({Say::UnexpectedWord, {words.front()}}, words, world);
  }
  world.out << (json ? version_json() : version_text()) << '\n';
  return to_int(ExitCode::Finished);
}

constexpr std::array<Command, 11> kCommands = {{{"serve", run_serve},
                                                {"call", run_call},
                                                {"turn", run_turn},
                                                {"loop", run_loop},
                                                {"devices", run_devices},
                                                {"config", run_config},
                                                {"version", run_version},
                                                {"help", run_help},
                                                {"--version", run_version, true},
                                                {"--help", run_help, true},
                                                {"-h", run_help, true}}};

/// `duet help`, and `--help` and `-h` in its place, with or without --lang.
int run_help(Words words, const World& world) {
  const Language language = language_of(words, world.environment);
  if (words.empty() || words.front().starts_with("--lang")) {
    world.out << main_help(language);
    return to_int(ExitCode::Finished);
  }
  constexpr std::array<std::pair<std::string_view, std::string (*)(Language)>, 8> kTopics = {
      {{"serve", serve_help},
       {"call", call_help},
       {"turn", turn_help},
       {"loop", loop_help},
       {"devices", devices_help},
       {"config", config_help},
       {"version", main_help},
       {"help", main_help}}};
  for (const auto& [topic, help] : kTopics) {
    if (topic != words.front()) continue;
    world.out << help(language);
    return to_int(ExitCode::Finished);
  }
  return dispatch(kCommands, "duet help ", words.first(1), world);
}

}  // namespace

config::Language language_of(std::span<const std::string> words,
                             const config::Environment& environment) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& value =
        words[i] == "--lang" && i + 1 < words.size() ? words[i + 1] : words[i];
    if (value == "zh" || value == "--lang=zh") return Language::Chinese;
    if (value == "en" || value == "--lang=en") return Language::English;
  }
  return config::language_of(environment);
}

int run(std::span<const std::string> words, const World& world) {
  if (words.empty()) return run_serve(words, world);
  const std::string& first = words.front();
  const bool is_command =
      std::any_of(std::begin(kCommands), std::end(kCommands),
                  [&](const Command& command) { return command.name == first; });
  if (!is_command && !first.empty() && first.front() == '-') return run_serve(words, world);
  return dispatch(kCommands, "duet ", words, world);
}

}  // namespace duet::apps
