// SPDX-License-Identifier: MIT
// Base64 (RFC 4648).
#include <duet/base/base64.hpp>

#include <algorithm>
#include <array>
#include <cstdint>

namespace duet {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kNoDigit = 64;

constexpr std::array<std::uint8_t, 256> make_digits() {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(kNoDigit);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    digits[static_cast<std::uint8_t>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return digits;
}

constexpr auto kDigits = make_digits();

/// Three bytes become four digits; one or two at the end become two or three.
void append_digits(std::string& out, std::span<const std::byte> bytes, std::string_view alphabet) {
  out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = group << 8 | (i < count ? std::to_integer<std::uint32_t>(bytes[at + i]) : 0);
    }
    for (std::size_t i = 0; i <= count; ++i) out += alphabet[group >> (18 - 6 * i) & 63];
  }
}

}  // namespace

void base64_append(std::string& out, std::span<const std::byte> bytes) {
  append_digits(out, bytes, kAlphabet);
  out.append((3 - bytes.size() % 3) % 3, '=');
}

std::string base64url_encode(std::span<const std::byte> bytes) {
  std::string out;
  append_digits(out, bytes, kUrlAlphabet);
  return out;
}

std::optional<std::vector<std::byte>> base64_decode(std::string_view text) {
  if (text.size() % 4 == 0) {  // padding is only possible at the end of a whole group
    for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  }
  if (text.size() % 4 == 1) return std::nullopt;
  std::vector<std::byte> out;
  out.reserve(text.size() * 3 / 4);
  std::uint32_t group = 0;
  int bits = 0;
  for (const char c : text) {
    const std::uint8_t digit = kDigits[static_cast<std::uint8_t>(c)];
    if (digit == kNoDigit) return std::nullopt;
    group = group << 6 | digit;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out.push_back(static_cast<std::byte>(group >> bits & 0xFF));
  }
  return out;
}

std::optional<std::vector<std::byte>> base64url_decode(std::string_view text) {
  if (text.find_first_of("+/=") != std::string_view::npos) return std::nullopt;
  std::string plain{text};
  for (char& c : plain) c = c == '-' ? '+' : c == '_' ? '/' : c;
  return base64_decode(plain);
}

}  // namespace duet
