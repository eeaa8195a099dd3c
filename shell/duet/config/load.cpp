// SPDX-License-Identifier: MIT
// From flags, variables and files to one set of options.
#include <duet/config/load.hpp>
#include <duet/config/nearest.hpp>
#include <duet/config/toml_file.hpp>

#include <unistd.h>

#include <algorithm>
#include <system_error>

namespace duet::config {
namespace {

using Kind = Source::Kind;
namespace fs = std::filesystem;

std::vector<std::string> keys_of(const Options& options) {
  std::vector<std::string> keys;
  for (const OptionBase* option : options.all()) keys.push_back(key_of(options, *option));
  return keys;
}

/// "serve.listen" -> the option; nothing for what is no key.
OptionBase* find_key(const Options& options, std::string_view key) {
  const std::size_t command_size = options.command().size();
  if (key.substr(0, command_size) != options.command() || key.size() <= command_size ||
      key[command_size] != '.')
    return nullptr;
  return options.find(key.substr(command_size + 1));
}

Sentence unknown_key(const Options& options, const std::string& key) {
  auto keys = keys_of(options);
  const std::string table_dot = std::string{options.command()} + ".";
  if (key.starts_with(table_dot)) {
    for (std::string& each : keys) each.erase(0, table_dot.size());
    const auto near = nearest(key.substr(table_dot.size()), keys);
    return near ? Sentence{Say::UnknownKeyNear, {key, table_dot + *near}}
                : Sentence{Say::UnknownKey, {key}};
  }
  keys.emplace_back(options.command());  // which may be misspelt
  if (const auto near = nearest(key, keys)) return {Say::UnknownKeyNear, {key, *near}};
  // A key of no table, or of the wrong one: "listen" for "serve.listen".
  const std::size_t dot = key.rfind('.');
  const std::string last = dot == std::string::npos ? key : key.substr(dot + 1);
  const std::string moved = std::string{options.command()} + "." + last;
  if (const auto near = nearest(moved, keys); near && near->find('.') != std::string::npos)
    return {Say::UnknownKeyNear, {key, *near}};
  const std::vector<std::string> table{std::string{options.command()}};
  if (dot != std::string::npos && nearest(key.substr(0, dot), table))
    return {Say::UnknownKeyNear, {key, "[" + table.front() + "]"}};
  return {Say::UnknownKey, {key}};
}

/// "DUET_LISTEN" and "DUET_SRVE_LISTEN" for "DUET_SERVE_LISTEN". Nothing for what looks like none
/// of `names`: other programs may have variables that begin so. Kubernetes and Docker make some of
/// a service's name, and one called "duet" is no mistake.
std::optional<std::string> forgotten_command(std::string_view name, std::string_view value,
                                             std::span<const std::string> names) {
  constexpr std::string_view kBegin = "DUET_";
  constexpr std::size_t kTypos = 2;
  if (!name.starts_with(kBegin) || value.empty()) return std::nullopt;
  const std::string_view rest = name.substr(kBegin.size());
  // What commands of `duet call` are told: one of them may start another `duet`.
  for (const std::string_view fact : {"ROOM", "PEER", "EVENT", "REASON"}) {
    if (rest == fact) return std::nullopt;
  }
  if (rest.starts_with("SERVICE_") || rest.starts_with("PORT")) return std::nullopt;
  const std::string* best = nullptr;
  std::size_t fewest = kTypos + 1;
  for (const std::string& candidate : names) {
    const std::string bare = candidate.substr(candidate.find('_', kBegin.size()) + 1);
    // Of three letters nearly every word is near: PIN, BIN, CA.
    const bool is_short = bare.size() < 4 && rest != bare;
    const std::size_t typos =
        is_short ? edit_distance(name, candidate)
                 : std::min(edit_distance(rest, bare), edit_distance(name, candidate));
    if (typos >= std::min(fewest, bare.size() / 2 + 1)) continue;
    best = &candidate;
    fewest = typos;
  }
  return best == nullptr ? std::nullopt : std::optional{*best};
}

/// A list's values may stand in one text.
std::vector<std::string> split_at_commas(std::span<const std::string> texts) {
  std::vector<std::string> out;
  for (std::string_view text : texts) {
    for (std::size_t comma = 0; comma != std::string_view::npos;) {
      comma = text.find(',');
      out.emplace_back(text.substr(0, comma));
      text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    }
  }
  return out;
}

class Loader {
 public:
  Loader(Options& options, std::span<const Options* const> others, Loaded& loaded)
      : options_{options}, others_{others}, loaded_{loaded} {}

  void file(const fs::path& path, bool must_exist) {
    std::error_code ignored;
    if (!must_exist && !fs::exists(path, ignored)) return;
    auto text = read_file(path);
    if (!text) return problem(path.string(), text.error().sentence);
    loaded_.files_read.push_back(path);
    const auto settings = parse_toml(*text);
    if (!settings) {
      const auto& [sentence, line] = settings.error();
      return problem(path.string() + ":" + std::to_string(line), sentence);
    }
    for (const Setting& setting : *settings) this->setting(path, setting);
  }

  void variables(const Environment& environment) {
    std::vector<std::string> names;
    for (OptionBase* option : options_.all()) {
      const std::string name = variable_of(options_, *option);
      names.push_back(name);
      const std::string text = environment.get(name);
      if (!text.empty()) assign(*option, {&text, 1}, {Kind::Variable, name}, name);
    }
    std::string prefix = variable_of(options_, *options_.all().front());
    prefix.resize(prefix.size() - options_.all().front()->name().size());  // "DUET_SERVE_"
    for (const auto& [name, text] : environment.all()) {
      if (name.substr(0, prefix.size()) != prefix) {
        if (is_variable_of_others(name)) continue;
        if (const auto meant = forgotten_command(name, text, names))
          problem({}, {Say::UnknownVariableNear, {name, *meant}});
        continue;
      }
      if (std::find(names.begin(), names.end(), name) != names.end()) continue;
      const auto near = nearest(name.substr(prefix.size()), without_prefix(names, prefix.size()));
      problem({}, near ? Sentence{Say::UnknownVariableNear, {name, prefix + *near}}
                       : Sentence{Say::UnknownVariable, {name}});
    }
  }

  void inline_value(const std::string& word) {
    const std::size_t equals = word.find('=');
    const std::string key = word.substr(0, equals);
    const std::string text = word.substr(equals + 1);
    OptionBase* option = find_key(options_, key);
    if (option == nullptr) return problem("-c", unknown_key(options_, key));
    assign(*option, {&text, 1}, {Kind::Inline, key}, "-c " + key);
  }

  void flag(const CommandLine::Flag& flag) {
    const std::string name = flag_of(*flag.option);
    // Of an option with one value the last flag counts, so that a script can add to a command.
    const std::span<const std::string> texts{flag.texts};
    assign(*flag.option, flag.option->takes_many() ? texts : texts.last(1), {Kind::Flag, name},
           name);
  }

 private:
  void setting(const fs::path& path, const Setting& setting) {
    const std::string place = path.string() + ":" + std::to_string(setting.line);
    OptionBase* option = find_key(options_, setting.key);
    if (option == nullptr) {
      if (is_of_others(setting.key)) return;
      const bool is_section = setting.key == options_.command();
      if (!is_section)
        problem(place, unknown_key(options_, setting.key));
      else if (setting.kind != Setting::Kind::Table)
        problem(place + ": " + setting.key, {Say::NotATable, {setting.key}});
      return;
    }
    const std::string where = place + ": " + setting.key;
    if (setting.kind != Setting::Kind::Value) return problem(where, {Say::NotAValue});
    if (!option->takes_many() && setting.is_array && !option->implied())
      return problem(where, {Say::OneValueOnly});
    // A list may be written as one text, and one text as a list (the networks of behind-proxy).
    std::vector<std::string> texts = setting.texts;
    if (option->takes_many() && !setting.is_array) texts = split_at_commas(texts);
    if (!option->takes_many() && setting.is_array) texts = {joined(texts)};
    const Source source{Kind::File, path.string(), setting.line};
    if (auto sentence = option->set(texts, source)) problem(where, *std::move(sentence));
  }

  bool is_variable_of_others(const std::string& name) const {
    return std::any_of(others_.begin(), others_.end(), [&](const Options* other) {
      return std::any_of(other->all().begin(), other->all().end(), [&](const OptionBase* option) {
        return variable_of(*other, *option) == name;
      });
    });
  }

  bool is_of_others(const std::string& key) const {
    return std::any_of(others_.begin(), others_.end(), [&](const Options* other) {
      return key == other->command() || find_key(*other, key) != nullptr;
    });
  }

  static std::string joined(const std::vector<std::string>& texts) {
    std::string out;
    for (const std::string& text : texts) out += (out.empty() ? "" : ",") + text;
    return out;
  }

  static std::vector<std::string> without_prefix(std::vector<std::string> names, std::size_t size) {
    for (std::string& name : names) name.erase(0, size);
    return names;
  }

  void assign(OptionBase& option, std::span<const std::string> texts, Source source,
              const std::string& where) {
    const std::vector<std::string> list =
        option.takes_many() ? split_at_commas(texts)
                            : std::vector<std::string>{texts.begin(), texts.end()};
    if (auto sentence = option.set(list, std::move(source))) problem(where, *std::move(sentence));
  }

  void problem(std::string where, Sentence sentence) {
    loaded_.problems.push_back({std::move(where), std::move(sentence)});
  }

  Options& options_;
  std::span<const Options* const> others_;
  Loaded& loaded_;
};

}  // namespace

Environment Environment::of_process() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text{*entry};
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return Environment{std::move(variables)};
}

std::string Environment::get(std::string_view name) const {
  const auto found = variables_.find(std::string{name});
  return found == variables_.end() ? std::string{} : found->second;
}

Language language_of(const Environment& environment) {
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const std::string value = environment.get(name);
    if (value.empty()) continue;
    return value.substr(0, 2) == "zh" ? Language::Chinese : Language::English;
  }
  return Language::English;
}

std::vector<fs::path> default_files(const Environment& environment) {
  std::vector<fs::path> files{"/etc/duet/duet.toml"};
  const std::string config_home = environment.get("XDG_CONFIG_HOME");
  const std::string home = environment.get("HOME");
  // XDG Base Directory Specification 0.8: relative paths are to be ignored.
  if (!config_home.empty() && config_home.front() == '/')
    files.push_back(fs::path{config_home} / "duet/duet.toml");
  else if (!home.empty())
    files.push_back(fs::path{home} / ".config/duet/duet.toml");
  return files;
}

Loaded load(Options& options, std::span<const std::string> words, const Environment& environment,
            std::span<const fs::path> files, std::span<const Options* const> others) {
  Loaded loaded;
  CommandLine line = parse_command_line(options, words);
  loaded.help = line.help;
  loaded.verbose = line.verbose;
  loaded.quiet = line.quiet;
  loaded.problems = std::move(line.problems);

  Loader loader{options, others, loaded};
  const auto is_inline = [](const std::string& word) {
    // A file's name may hold a '=' too, but then a '/' stands before it.
    return word.find('=') < word.find('/');
  };
  const bool names_files = !std::all_of(line.configs.begin(), line.configs.end(), is_inline);
  if (!names_files)
    for (const fs::path& file : files) loader.file(file, false);
  for (const std::string& word : line.configs)
    if (!is_inline(word)) loader.file(word, true);
  loader.variables(environment);
  for (const std::string& word : line.configs)
    if (is_inline(word)) loader.inline_value(word);
  for (const CommandLine::Flag& flag : line.flags) loader.flag(flag);
  return loaded;
}

}  // namespace duet::config
