// SPDX-License-Identifier: MIT
// What can be read about options: help, a Markdown table, an example file, and their values.
#include <duet/config/columns.hpp>
#include <duet/config/reference.hpp>
#include <duet/config/toml_file.hpp>

#include <algorithm>

namespace duet::config {
namespace {

constexpr std::size_t kLineWidth = 96;

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ",") + text;
  return out;
}

/// "--behind-proxy [CIDR,...]"
std::string usage(const OptionBase& option) {
  const std::string placeholder{option.placeholder()};
  if (placeholder.empty()) return flag_of(option);
  return flag_of(option) + " " + (option.implied() ? "[" + placeholder + "]" : placeholder);
}

std::string toml_value(const OptionBase& option, const std::vector<std::string>& texts) {
  if (!option.takes_many()) {
    const std::string text = texts.empty() ? "" : texts.front();
    if (option.placeholder().empty()) return text == "on" ? "true" : "false";
    return option.toml() == OptionBase::Toml::Bare ? text : toml_quoted(text);
  }
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() > 1 ? ", " : "") + toml_quoted(text);
  return out + "]";
}

std::string shown_default(const OptionBase& option) {
  const std::vector<std::string> texts = option.default_texts();
  return texts.empty() ? "" : joined(texts);
}

std::string escaped_for_table(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::string help_text(const Options& options, Language language) {
  std::size_t width = 0;
  for (const OptionBase* option : options.all()) width = std::max(width, usage(*option).size());
  const std::string indent(width + 4, ' ');
  std::string out;
  for (const OptionBase* option : options.all()) {
    std::string left = "  " + usage(*option);
    left.resize(width + 4, ' ');
    const std::string preset = shown_default(*option);
    const bool tells = !preset.empty() && !option->placeholder().empty();
    const std::string help{option->help().in(language)};
    out += left + wrapped(tells ? help + " (" + preset + ")" : help, indent, kLineWidth) + "\n";
  }
  return out;
}

std::string markdown_table(const Options& options) {
  std::string out = "| Flag | Variable | Key | Default | Meaning |\n|---|---|---|---|---|\n";
  for (const OptionBase* option : options.all()) {
    const std::string preset = shown_default(*option);
    out += "| `" + escaped_for_table(usage(*option)) + "` | `" + variable_of(options, *option) +
           "` | `" + key_of(options, *option) + "` | " +
           (preset.empty() ? "" : "`" + escaped_for_table(preset) + "`") + " | " +
           escaped_for_table(option->help().english) +
           (option->takes_many() ? "; repeatable" : "") + " |\n";
  }
  return out;
}

std::string toml_example(const Options& options) {
  std::string out = "[" + std::string{options.command()} + "]\n";
  for (const OptionBase* option : options.all()) {
    out += "\n# " + wrapped(option->help().english, "# ", kLineWidth) + ".\n";
    const std::vector<std::string> preset = option->default_texts();
    const bool has_value = !preset.empty() || option->takes_many();
    if (has_value && !option->placeholder().empty())
      out += "# " + std::string{option->placeholder()} + "\n";
    out += "#" + std::string{option->name()} + " = " +
           (has_value ? toml_value(*option, preset) : toml_quoted(option->placeholder())) + "\n";
  }
  return out;
}

std::string toml_values(const Options& options) {
  std::string out = "[" + std::string{options.command()} + "]\n";
  std::vector<std::pair<std::string, std::string>> lines;
  std::size_t width = 0;
  for (const OptionBase* option : options.all()) {
    const std::string name{option->name()};
    const std::vector<std::string> texts = option->texts();
    const bool is_set = !texts.empty() || option->takes_many();
    if (is_set) {
      lines.emplace_back(name + " = " + toml_value(*option, texts), option->source().to_string());
    } else {
      lines.emplace_back("#" + name + " = " + toml_quoted(option->placeholder()), "not set");
    }
    width = std::max(width, lines.back().first.size());
  }
  width = std::min<std::size_t>(width, 48);
  for (auto& [line, origin] : lines) {
    if (line.size() < width) line.resize(width, ' ');
    out += line + "  # " + origin + "\n";
  }
  return out;
}

}  // namespace duet::config
