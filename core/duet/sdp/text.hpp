// SPDX-License-Identifier: MIT
// Small steps of reading text: words, numbers and the characters that words are made of.
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string_view>
#include <system_error>

namespace duet::sdp {

/// What comes before the first `mark`, which is taken too; all if there is none.
constexpr std::string_view take_until(std::string_view& text, char mark) {
  const std::size_t end = text.find(mark);
  const std::string_view taken = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  return taken;
}

constexpr std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// The next word; empty at the end. One space or several part words.
constexpr std::string_view take_word(std::string_view& text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return take_until(text, ' ');
}

/// All of `text` as a decimal number of type T; nothing for signs, spaces, or one that doesn't fit.
template <std::unsigned_integral T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr bool is_alphanumeric(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// token-char of RFC 8866 §9.
constexpr bool is_token_char(char c) {
  return is_alphanumeric(c) ||
         std::string_view{"!#$%&'*+-.^_`{|}~"}.find(c) != std::string_view::npos;
}

template <class Predicate>
constexpr bool all_of(std::string_view text, Predicate predicate) {
  for (const char c : text) {
    if (!predicate(c)) return false;
  }
  return true;
}

constexpr bool is_token(std::string_view text) {
  return !text.empty() && all_of(text, is_token_char);
}

/// Whether `text` can stand in a line: no NUL, CR or LF (byte-string of RFC 8866 §9).
constexpr bool is_byte_string(std::string_view text) {
  return all_of(text, [](char c) { return c != '\0' && c != '\r' && c != '\n'; });
}

}  // namespace duet::sdp
