// SPDX-License-Identifier: MIT
// The words behind a command, told apart: flags and their values.
#include <duet/config/command_line.hpp>
#include <duet/config/nearest.hpp>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>

namespace duet::config {
namespace {

std::vector<std::string> flag_names(const Options& options) {
  std::vector<std::string> names;
  for (const OptionBase* option : options.all()) names.push_back(flag_of(*option));
  names.insert(names.end(), {"--help", "-h", "-v", "-q", "-c"});
  return names;
}

bool is_flag_like(std::string_view word) { return word.size() >= 2 && word.front() == '-'; }

Problem unknown_flag(const Options& options, const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  const auto names = flag_names(options);
  if (const auto near = nearest(name, names)) return {{}, {Say::UnknownFlagNear, {name, *near}}};
  return {{}, {Say::UnknownFlag, {name}}};
}

/// CLI11 takes the next word for the value of "--flag=" and of "--flag --other"; a person who
/// wrote that has forgotten the value.
std::optional<Problem> forgotten_value(const Options& options, std::span<const std::string> words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--") break;
    if (words[i].substr(0, 2) != "--") continue;
    const std::size_t equals = words[i].find('=');
    const OptionBase* option = options.find(
        std::string_view{words[i]}.substr(2, equals == std::string::npos ? equals : equals - 2));
    if (option == nullptr) continue;
    const bool empty = equals != std::string::npos && equals + 1 == words[i].size();
    const bool alone = equals == std::string::npos && !option->implied() &&
                       (i + 1 == words.size() || words[i + 1].substr(0, 2) == "--");
    if (empty || alone)
      return Problem{flag_of(*option), {Say::NeedsValue, {std::string{option->placeholder()}}}};
  }
  return std::nullopt;
}

/// Where a command takes a bare word, a switch before it must not: "--json ROOM".
std::vector<std::string> with_switches_closed(const Options& options,
                                              std::span<const std::string> words) {
  std::vector<std::string> out{words.begin(), words.end()};
  if (options.word() == nullptr) return out;
  for (std::size_t i = 0; i < out.size() && out[i] != "--"; ++i) {
    if (!out[i].starts_with("--")) continue;
    const OptionBase* option = options.find(std::string_view{out[i]}.substr(2));
    const auto implied = option == nullptr ? std::nullopt : option->implied();
    const bool has_value = i + 1 < out.size() && Codec<bool>::parse(out[i + 1]).has_value();
    if (implied && !has_value) out[i] += "=" + std::string{*implied};
  }
  return out;
}

}  // namespace

std::string render(const Problem& problem, Language language) {
  std::string sentence = render(problem.sentence, language);
  if (problem.where.empty()) return sentence;
  return problem.where + ": " + sentence;
}

CommandLine parse_command_line(const Options& options, std::span<const std::string> words) {
  CommandLine out;
  if (auto problem = forgotten_value(options, words)) {
    out.problems.push_back(*std::move(problem));
    return out;
  }

  CLI::App app;
  app.set_help_flag();  // help is ours
  app.allow_extras();
  app.add_flag("-h,--help", out.help);
  app.add_flag("-v", out.verbose);
  app.add_flag("-q", out.quiet);
  app.add_option("-c", out.configs)->allow_extra_args(false);
  std::vector<CLI::Option*> added;
  for (OptionBase* option : options.all()) {
    const int at_least = option->implied() ? 0 : 1;
    added.push_back(app.add_option(flag_of(*option), CLI::callback_t{})
                        ->expected(at_least, 1)
                        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll));
  }

  std::vector<std::string> reversed = with_switches_closed(options, words);
  std::reverse(reversed.begin(), reversed.end());  // as CLI11 wants it
  try {
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    // What is left for CLI11 to refuse: -c without a value, -h, -v or -q with one.
    const bool about_c = std::string_view{error.what()}.substr(0, 2) == "-c";
    out.problems.push_back(about_c ? Problem{"-c", {Say::NeedsValue, {"FILE | KEY=VALUE"}}}
                                   : Problem{"-h -v -q", {Say::TakesNoValue}});
    return out;
  }
  bool only_words = false;
  bool has_word = false;
  bool after_unknown_flag = false;  // a word there is its value, and no mistake of its own
  for (const std::string& word : app.remaining()) {
    if (!only_words && word == "--") {
      only_words = true;  // POSIX Utility Syntax Guideline 10
      continue;
    }
    const bool is_flag = !only_words && is_flag_like(word);
    const bool is_its_value = after_unknown_flag && !is_flag;
    after_unknown_flag = is_flag && word.find('=') == std::string::npos;
    if (is_its_value) continue;
    if (!is_flag && options.word() != nullptr && !has_word) {
      has_word = true;
      out.flags.push_back({options.word(), {word}});
      continue;
    }
    out.problems.push_back(is_flag ? unknown_flag(options, word)
                                   : Problem{{}, {Say::UnexpectedWord, {word}}});
  }
  for (std::size_t i = 0; i < added.size(); ++i) {
    if (added[i]->count() == 0) continue;
    OptionBase* const option = options.all()[i];
    CommandLine::Flag flag{option, added[i]->results()};
    // CLI11 gives an empty text for a flag that stands alone; one that was typed is refused above.
    if (const auto implied = option->implied())
      std::replace(flag.texts.begin(), flag.texts.end(), std::string{}, std::string{*implied});
    out.flags.push_back(std::move(flag));
  }
  return out;
}

}  // namespace duet::config
