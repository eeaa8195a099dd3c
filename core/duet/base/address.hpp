// SPDX-License-Identifier: MIT
// IP addresses and endpoints as values.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace duet {

/// An IPv4 or IPv6 address.
class IpAddress {
 public:
  enum class Family : std::uint8_t { V4, V6 };

  constexpr IpAddress() = default;  // 0.0.0.0

  static constexpr IpAddress v4(std::array<std::uint8_t, 4> bytes) {
    IpAddress address;
    for (std::size_t i = 0; i < 4; ++i) address.bytes_[i] = bytes[i];
    return address;
  }

  static constexpr IpAddress v6(std::array<std::uint8_t, 16> bytes) {
    IpAddress address;
    address.family_ = Family::V6;
    address.bytes_ = bytes;
    return address;
  }

  /// Dotted quad, or RFC 4291 §2.2 text without zone; nothing for anything else.
  static std::optional<IpAddress> parse(std::string_view text);

  constexpr Family family() const { return family_; }

  constexpr bool is_v4() const { return family_ == Family::V4; }

  /// 16 bytes; of an IPv4 address the first four.
  constexpr const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }

  /// ::ffff:a.b.c.d becomes a.b.c.d; everything else stays as it is (RFC 4291 §2.5.5.2).
  IpAddress unmapped() const;

  /// Whom a limit "per address" counts: an IPv4 address itself, of IPv6 the /64, since one customer
  /// holds at least all of that (RFC 6177 §2), with the other 64 bits zero.
  IpAddress subscriber() const;

  bool is_loopback() const;    ///< 127.0.0.0/8, ::1
  bool is_private() const;     ///< RFC 1918, RFC 4193 (fc00::/7)
  bool is_link_local() const;  ///< 169.254.0.0/16, fe80::/10
  bool is_unspecified() const;

  /// RFC 5952 for IPv6, without brackets.
  std::string to_string() const;

  friend constexpr auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  Family family_ = Family::V4;
  std::array<std::uint8_t, 16> bytes_{};
};

/// A block of addresses in CIDR notation (RFC 4632 §3.1), such as 10.0.0.0/8.
class IpPrefix {
 public:
  /// A bare address is a block of one. Nothing for anything that is no CIDR block.
  static std::optional<IpPrefix> parse(std::string_view text);

  constexpr IpPrefix(IpAddress address, int length) : address_{address}, length_{length} {}

  bool contains(const IpAddress& address) const;

  const IpAddress& address() const { return address_; }

  int length() const { return length_; }

 private:
  IpAddress address_;
  int length_;  // bits, 0 to 32 or 128
};

/// An address and a port.
struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;

  /// 192.0.2.1:443, [2001:db8::1]:443
  std::string to_string() const;

  friend constexpr auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

}  // namespace duet

template <>
struct std::hash<duet::IpAddress> {
  std::size_t operator()(const duet::IpAddress& address) const noexcept {
    return std::hash<std::string_view>{}(
        {reinterpret_cast<const char*>(address.bytes().data()), address.bytes().size()});
  }
};
