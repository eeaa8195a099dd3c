// SPDX-License-Identifier: MIT
// How values of a type are read from text, and written as text again.
#pragma once

#include <duet/base/address.hpp>
#include <duet/base/result.hpp>
#include <duet/base/time.hpp>
#include <duet/config/listen_address.hpp>
#include <duet/config/sentences.hpp>
#include <duet/config/units.hpp>

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duet::config {

/// Specialize it for a type to make options of that type:
///
///     static Result<T, Sentence> parse(std::string_view text);   // text is never empty
///     static std::string format(const T& value);                 // parse() takes it again
///
/// and, if the flag may stand alone, what it then means:
///
///     static constexpr std::string_view kImplied = "on";
///
template <class T>
struct Codec;

/// Specialize it to name an enumeration's values: a `kAll` of name and value.
template <class E>
struct Names;

template <class E>
concept Named = requires {
  Names<E>::kAll;
};

template <Named E>
struct Codec<E> {
  static Result<E, Sentence> parse(std::string_view text) {
    std::string all;
    for (const auto& [name, value] : Names<E>::kAll) {
      if (name == text) return value;
      all += all.empty() ? "" : ", ";
      all += name;
    }
    return fail(Sentence{Say::NotOneOf, {std::string{text}, all}});
  }

  static std::string format(E sought) {
    for (const auto& [name, value] : Names<E>::kAll)
      if (value == sought) return std::string{name};
    return {};
  }
};

template <>
struct Codec<bool> {
  static constexpr std::string_view kImplied = "on";

  static Result<bool, Sentence> parse(std::string_view text) {
    if (text == "on" || text == "true") return true;
    if (text == "off" || text == "false") return false;
    return fail(Sentence{Say::NotOneOf, {std::string{text}, "on, off"}});
  }

  static std::string format(bool value) { return value ? "on" : "off"; }
};

template <>
struct Codec<Duration> {
  static Result<Duration, Sentence> parse(std::string_view text) { return parse_duration(text); }

  static std::string format(Duration value) { return format_duration(value); }
};

template <>
struct Codec<std::uint64_t> {
  static Result<std::uint64_t, Sentence> parse(std::string_view text) { return parse_count(text); }

  static std::string format(std::uint64_t value) { return std::to_string(value); }
};

template <>
struct Codec<std::string> {
  static Result<std::string, Sentence> parse(std::string_view text) { return std::string{text}; }

  static std::string format(const std::string& value) { return value; }
};

template <>
struct Codec<std::filesystem::path> {
  static Result<std::filesystem::path, Sentence> parse(std::string_view text) {
    return std::filesystem::path{text};
  }

  static std::string format(const std::filesystem::path& value) { return value.string(); }
};

template <>
struct Codec<ListenAddress> {
  static Result<ListenAddress, Sentence> parse(std::string_view text) {
    return ListenAddress::parse(text);
  }

  static std::string format(const ListenAddress& value) { return value.to_string(); }
};

template <>
struct Codec<IpPrefix> {
  static Result<IpPrefix, Sentence> parse(std::string_view text) {
    const auto prefix = IpPrefix::parse(text);
    if (!prefix) return fail(Sentence{Say::NotANetwork, {std::string{text}}});
    return *prefix;
  }

  static std::string format(const IpPrefix& value) {
    return value.address().to_string() + "/" + std::to_string(value.length());
  }
};

/// A value, none or several of them: all that an option can hold, read from a list of texts.
template <class T>
struct Texts {
  static constexpr bool kMany = false;
  using Element = T;

  static void add(T& whole, T element) { whole = std::move(element); }

  static std::vector<std::string> of(const T& whole) { return {Codec<T>::format(whole)}; }
};

template <class T>
struct Texts<std::optional<T>> {
  static constexpr bool kMany = false;
  using Element = T;

  static void add(std::optional<T>& whole, T element) { whole = std::move(element); }

  static std::vector<std::string> of(const std::optional<T>& whole) {
    if (!whole) return {};
    return {Codec<T>::format(*whole)};
  }
};

template <class T>
struct Texts<std::vector<T>> {
  static constexpr bool kMany = true;
  using Element = T;

  static void add(std::vector<T>& whole, T element) { whole.push_back(std::move(element)); }

  static std::vector<std::string> of(const std::vector<T>& whole) {
    std::vector<std::string> out;
    out.reserve(whole.size());
    for (const T& element : whole) out.push_back(Codec<T>::format(element));
    return out;
  }
};

}  // namespace duet::config
