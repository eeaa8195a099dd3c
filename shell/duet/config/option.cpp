// SPDX-License-Identifier: MIT
// Options that know their name, default, help and origin.
#include <duet/config/option.hpp>

#include <algorithm>

namespace duet::config {
namespace {

/// Letters as in the names of variables. The C library's toupper would ask the locale.
char to_upper(char c) {
  if (c == '-') return '_';
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

}  // namespace

std::string Source::to_string() const {
  switch (kind) {
    case Kind::Default:
      return "default";
    case Kind::File:
      return name + ":" + std::to_string(line);
    case Kind::Inline:
      return "-c " + name;
    case Kind::Variable:
    case Kind::Flag:
      break;
  }
  return name;
}

OptionBase::OptionBase(Options& owner, std::string_view name, std::string_view placeholder,
                       Help help)
    : name_{name}, placeholder_{placeholder}, help_{help} {
  owner.all_.push_back(this);
}

std::optional<Sentence> OptionBase::set(std::span<const std::string> texts, Source source) {
  if (!takes_many() && texts.size() != 1) return Sentence{Say::OneValueOnly};
  if (auto problem = assign(texts)) return problem;
  source_ = std::move(source);
  return std::nullopt;
}

OptionBase* Options::find(std::string_view name) const {
  const auto found = std::find_if(all_.begin(), all_.end(),
                                  [&](const OptionBase* option) { return option->name() == name; });
  return found == all_.end() ? nullptr : *found;
}

std::string flag_of(const OptionBase& option) { return "--" + std::string{option.name()}; }

std::string variable_of(const Options& options, const OptionBase& option) {
  std::string out = "DUET_" + std::string{options.command()} + "_" + std::string{option.name()};
  std::transform(out.begin(), out.end(), out.begin(), to_upper);
  return out;
}

std::string key_of(const Options& options, const OptionBase& option) {
  return std::string{options.command()} + "." + std::string{option.name()};
}

}  // namespace duet::config
