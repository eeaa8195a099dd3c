// SPDX-License-Identifier: MIT
// Names and passwords of agents.
#include <duet/ice/credentials.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

namespace duet::ice {
namespace {

// ice-char (RFC 8839 §5.1): 64 of them, so that six random bits choose one without bias.
constexpr std::string_view kIceChars =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string random_text(Random& random, std::size_t size) {
  std::array<std::byte, 32> bytes{};
  random.fill(std::span{bytes}.first(size));
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    text += kIceChars[std::to_integer<unsigned>(bytes[i]) & 63];
  }
  return text;
}

bool is_ice_text(std::string_view text, std::size_t min, std::string_view also = {}) {
  constexpr std::size_t kMax = 256;  // RFC 8839 §5.4
  return text.size() >= min && text.size() <= kMax &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return kIceChars.find(c) != std::string_view::npos ||
                  also.find(c) != std::string_view::npos;
         });
}

constexpr std::size_t kMinUfrag = 4;
constexpr std::size_t kMinPwd = 22;

}  // namespace

Credentials Credentials::make(Random& random) {
  std::string ufrag = random_text(random, 8);
  return {std::move(ufrag), random_text(random, 24)};
}

bool Credentials::is_valid() const {
  return is_ice_text(ufrag, kMinUfrag) && is_ice_text(pwd, kMinPwd);
}

bool Credentials::is_acceptable() const {
  constexpr std::string_view kOlder = "-=#_";
  return is_ice_text(ufrag, kMinUfrag, kOlder) && is_ice_text(pwd, kMinPwd, kOlder);
}

}  // namespace duet::ice
