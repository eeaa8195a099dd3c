// SPDX-License-Identifier: MIT
// IP addresses and endpoints as values.
#include <duet/base/address.hpp>

#include <algorithm>
#include <charconv>

namespace duet {
namespace {

std::optional<unsigned> parse_number(std::string_view text, int base, unsigned most) {
  unsigned value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  if (text.empty() || stop != end || error != std::errc{} || value > most) return std::nullopt;
  return value;
}

std::optional<std::array<std::uint8_t, 4>> parse_v4(std::string_view text) {
  std::array<std::uint8_t, 4> bytes{};
  for (std::size_t i = 0; i < 4; ++i) {
    const std::size_t dot = i < 3 ? text.find('.') : text.size();
    if (dot > 3) return std::nullopt;                    // none is beyond as well
    if (dot > 1 && text[0] == '0') return std::nullopt;  // 010 is 8 to some and 10 to others
    const auto value = parse_number(text.substr(0, dot), 10, 255);
    if (!value) return std::nullopt;
    bytes[i] = static_cast<std::uint8_t>(*value);
    text.remove_prefix(std::min(dot + 1, text.size()));
  }
  return bytes;
}

/// An IPv4 address in dots may stand for the last two groups, and for no others (RFC 4291 §2.2).
enum class DottedTail : std::uint8_t { Allowed, Refused };

/// The groups of one side of "::".
bool parse_groups(std::string_view text, DottedTail dotted, std::array<std::uint8_t, 16>& out,
                  std::size_t& size) {
  size = 0;
  if (text.empty()) return true;
  while (true) {
    const std::size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    if (colon == std::string_view::npos && group.find('.') != std::string_view::npos) {
      const auto tail = dotted == DottedTail::Allowed ? parse_v4(group) : std::nullopt;
      if (!tail || size + 4 > out.size()) return false;
      std::copy(tail->begin(), tail->end(), out.begin() + static_cast<std::ptrdiff_t>(size));
      size += 4;
      return true;
    }
    const auto value = parse_number(group, 16, 0xFFFF);
    if (!value || group.size() > 4 || size + 2 > out.size()) return false;
    out[size++] = static_cast<std::uint8_t>(*value >> 8);
    out[size++] = static_cast<std::uint8_t>(*value & 0xFF);
    if (colon == std::string_view::npos) return true;
    text.remove_prefix(colon + 1);
  }
}

std::optional<std::array<std::uint8_t, 16>> parse_v6(std::string_view text) {
  std::array<std::uint8_t, 16> head{};
  std::size_t head_size = 0;
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    if (!parse_groups(text, DottedTail::Allowed, head, head_size) || head_size != 16)
      return std::nullopt;
    return head;
  }
  std::array<std::uint8_t, 16> tail{};
  std::size_t tail_size = 0;
  if (!parse_groups(text.substr(0, gap), DottedTail::Refused, head, head_size)) return std::nullopt;
  if (!parse_groups(text.substr(gap + 2), DottedTail::Allowed, tail, tail_size))
    return std::nullopt;
  if (head_size + tail_size > 14) return std::nullopt;  // "::" stands for at least one group
  std::copy_n(tail.begin(), tail_size, head.end() - static_cast<std::ptrdiff_t>(tail_size));
  return head;
}

constexpr IpPrefix kLoopback4{IpAddress::v4({127, 0, 0, 0}), 8};
constexpr std::array kPrivate4{IpPrefix{IpAddress::v4({10, 0, 0, 0}), 8},
                               IpPrefix{IpAddress::v4({172, 16, 0, 0}), 12},
                               IpPrefix{IpAddress::v4({192, 168, 0, 0}), 16}};
constexpr IpPrefix kPrivate6{IpAddress::v6({0xFC}), 7};
constexpr IpPrefix kLinkLocal4{IpAddress::v4({169, 254, 0, 0}), 16};
constexpr IpPrefix kLinkLocal6{IpAddress::v6({0xFE, 0x80}), 10};
constexpr IpPrefix kMapped{IpAddress::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}), 96};
constexpr IpAddress kLoopback6 = IpAddress::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.find(':') == std::string_view::npos) {
    const auto bytes = parse_v4(text);
    return bytes ? std::optional{v4(*bytes)} : std::nullopt;
  }
  const auto bytes = parse_v6(text);
  return bytes ? std::optional{v6(*bytes)} : std::nullopt;
}

IpAddress IpAddress::unmapped() const {
  if (!kMapped.contains(*this)) return *this;
  return v4({bytes_[12], bytes_[13], bytes_[14], bytes_[15]});
}

IpAddress IpAddress::subscriber() const {
  const IpAddress address = unmapped();
  if (address.is_v4()) return address;
  std::array<std::uint8_t, 16> network{};
  std::copy_n(address.bytes_.begin(), 8, network.begin());
  return v6(network);
}

bool IpAddress::is_loopback() const {
  const IpAddress address = unmapped();
  return kLoopback4.contains(address) || address == kLoopback6;
}

bool IpAddress::is_private() const {
  const IpAddress address = unmapped();
  return kPrivate6.contains(address) ||
         std::any_of(kPrivate4.begin(), kPrivate4.end(),
                     [&](const IpPrefix& block) { return block.contains(address); });
}

bool IpAddress::is_link_local() const {
  const IpAddress address = unmapped();
  return kLinkLocal4.contains(address) || kLinkLocal6.contains(address);
}

bool IpAddress::is_unspecified() const {
  return std::all_of(bytes_.begin(), bytes_.end(), [](std::uint8_t b) { return b == 0; });
}

std::string IpAddress::to_string() const {
  // RFC 5952 §5: a mapped IPv4 address keeps its dots.
  if (kMapped.contains(*this)) return "::ffff:" + unmapped().to_string();
  std::string out;
  if (is_v4()) {
    for (std::size_t i = 0; i < 4; ++i) {
      if (i > 0) out += '.';
      out += std::to_string(bytes_[i]);
    }
    return out;
  }
  // RFC 5952 §4.2: "::" replaces the longest run of two or more zero groups, the first of equals.
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i) groups[i] = bytes_[2 * i] * 256U + bytes_[2 * i + 1];
  std::size_t gap = 8;
  std::size_t gap_size = 1;
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t run = 0;
    while (i + run < 8 && groups[i + run] == 0) ++run;
    if (run > gap_size) {
      gap = i;
      gap_size = run;
    }
  }
  for (std::size_t i = 0; i < 8;) {
    if (i == gap) {
      out += "::";
      i += gap_size;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    std::array<char, 4> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), groups[i], 16).ptr;
    out.append(digits.data(), end);
    ++i;
  }
  return out;
}

std::optional<IpPrefix> IpPrefix::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const int longest = address->is_v4() ? 32 : 128;
  if (slash == std::string_view::npos) return IpPrefix{*address, longest};
  const auto length = parse_number(text.substr(slash + 1), 10, static_cast<unsigned>(longest));
  if (!length) return std::nullopt;
  return IpPrefix{*address, static_cast<int>(*length)};
}

bool IpPrefix::contains(const IpAddress& address) const {
  if (address.family() != address_.family()) return false;
  for (int bit = 0; bit < length_; bit += 8) {
    const auto i = static_cast<std::size_t>(bit / 8);
    const int bits = std::min(8, length_ - bit);
    const unsigned mask = 0xFFU << (8 - bits) & 0xFFU;
    if (((address.bytes()[i] ^ address_.bytes()[i]) & mask) != 0) return false;
  }
  return true;
}

std::string Endpoint::to_string() const {
  const std::string host = address.is_v4() ? address.to_string() : "[" + address.to_string() + "]";
  return host + ":" + std::to_string(port);
}

}  // namespace duet
