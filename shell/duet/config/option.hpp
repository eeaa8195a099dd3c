// SPDX-License-Identifier: MIT
// Options that know their name, default, help and origin: one line declares one.
#pragma once

#include <duet/config/codec.hpp>
#include <duet/config/sentences.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duet::config {

/// Where a value comes from. What comes later here wins over what comes earlier.
struct Source {
  enum class Kind : std::uint8_t { Default, File, Variable, Inline, Flag };

  Kind kind = Kind::Default;
  std::string name;  ///< the file, the variable or the flag; of Inline: the key
  int line = 0;      ///< of File

  /// "default", "/etc/duet/duet.toml:7", "DUET_SERVE_LISTEN", "-c serve.listen", "--listen"
  std::string to_string() const;
};

class Options;

/// What an option means: one sentence in each language, without full stop.
struct Help {
  std::string_view english;
  std::string_view chinese;

  std::string_view in(Language language) const {
    return language == Language::Chinese ? chinese : english;
  }
};

/// One option of a command, whatever its type.
class OptionBase {
 public:
  OptionBase(Options& owner, std::string_view name, std::string_view placeholder, Help help);
  OptionBase(const OptionBase&) = delete;
  OptionBase& operator=(const OptionBase&) = delete;
  virtual ~OptionBase() = default;

  std::string_view name() const { return name_; }  ///< "ping-interval"

  std::string_view placeholder() const { return placeholder_; }  ///< "TIME"

  const Help& help() const { return help_; }

  const Source& source() const { return source_; }

  /// Replaces the value by what `texts` say, or says why not and changes nothing. An empty list is
  /// for options that take many only.
  std::optional<Sentence> set(std::span<const std::string> texts, Source source);

  virtual bool takes_many() const = 0;
  /// What the flag means without a value; nothing if it needs one.
  virtual std::optional<std::string_view> implied() const = 0;
  /// The value as set() takes it; empty for none.
  virtual std::vector<std::string> texts() const = 0;
  virtual std::vector<std::string> default_texts() const = 0;
  /// How the texts look in TOML: bare, or in quotes.
  enum class Toml : std::uint8_t { String, Bare };
  virtual Toml toml() const = 0;

 protected:
  virtual std::optional<Sentence> assign(std::span<const std::string> texts) = 0;
  Source source_;

 private:
  std::string_view name_;
  std::string_view placeholder_;
  Help help_;
};

/// Smallest and largest value, both allowed.
template <class T>
struct Range {
  T least;
  T most;
};

/// An option of type T: a value, an std::optional or an std::vector of values with a Codec.
///
///     Option<Duration> drain{*this, "drain", "TIME", 30s, {"How long ...", "..."}, {{0s, 1h}}};
///     wait(*options.drain);
template <class T>
class Option final : public OptionBase {
 public:
  using Element = typename Texts<T>::Element;

  Option(Options& owner, std::string_view name, std::string_view placeholder, T initial, Help help,
         std::optional<Range<Element>> range = {})
      : OptionBase{owner, name, placeholder, help},
        value_{initial},
        default_{std::move(initial)},
        range_{std::move(range)} {}

  const T& operator*() const { return value_; }

  const T* operator->() const { return &value_; }

  /// For code that decides instead of the user; `why` is what `config print` names.
  void decide(T value, const Source& why) {
    value_ = std::move(value);
    source_ = why;
  }

  bool takes_many() const override { return Texts<T>::kMany; }

  std::optional<std::string_view> implied() const override {
    if constexpr (requires { Codec<Element>::kImplied; })
      return Codec<Element>::kImplied;
    else
      return std::nullopt;
  }

  std::vector<std::string> texts() const override { return Texts<T>::of(value_); }

  std::vector<std::string> default_texts() const override { return Texts<T>::of(default_); }

  Toml toml() const override {
    return std::same_as<Element, std::uint64_t> ? Toml::Bare : Toml::String;
  }

 private:
  std::optional<Sentence> assign(std::span<const std::string> texts) override {
    T whole{};
    for (const std::string& text : texts) {
      if (text.empty()) return Sentence{Say::EmptyValue};
      auto element = Codec<Element>::parse(text);
      if (!element) return element.error();
      if constexpr (std::totally_ordered<Element>) {
        if (range_ && (*element < range_->least || range_->most < *element))
          return Sentence{
              Say::OutOfRange,
              {text, Codec<Element>::format(range_->least), Codec<Element>::format(range_->most)}};
      }
      Texts<T>::add(whole, *std::move(element));
    }
    value_ = std::move(whole);
    return std::nullopt;
  }

  T value_;
  T default_;
  std::optional<Range<Element>> range_;
};

/// The options of one command. Derive from it and declare members of type Option; they are flags,
/// variables and keys from then on.
class Options {
 public:
  /// @param command  "serve": the variables begin with DUET_SERVE_, the keys with "serve."
  explicit Options(std::string_view command) : command_{command} {}

  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;

  std::string_view command() const { return command_; }

  /// In the order of their declaration.
  std::span<OptionBase* const> all() const { return all_; }

  OptionBase* find(std::string_view name) const;

  /// The option that a bare word of the command line is for; nullptr if there is none.
  OptionBase* word() const { return word_; }

 protected:
  /// `duet call ROOM` is `duet call --where ROOM`.
  void take_word_for(OptionBase& option) { word_ = &option; }

 private:
  friend class OptionBase;
  std::string_view command_;
  OptionBase* word_ = nullptr;
  std::vector<OptionBase*> all_;
};

/// "--ping-interval"
std::string flag_of(const OptionBase& option);
/// "DUET_SERVE_PING_INTERVAL"
std::string variable_of(const Options& options, const OptionBase& option);
/// "serve.ping-interval"
std::string key_of(const Options& options, const OptionBase& option);

}  // namespace duet::config
