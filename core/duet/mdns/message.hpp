// SPDX-License-Identifier: MIT
// DNS messages, as far as multicast DNS tells addresses.
#pragma once

#include <duet/base/address.hpp>
#include <duet/base/result.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duet::mdns {

/// RFC 6762 §3, and §17 for the size.
inline constexpr std::uint16_t kPort = 5353;
inline constexpr IpAddress kGroupV4 = IpAddress::v4({224, 0, 0, 251});
inline constexpr IpAddress kGroupV6 =
    IpAddress::v6({0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfb});
inline constexpr std::size_t kMaxMessage = 9000;

/// RFC 1035 §3.2.2, RFC 3596 §2.1. `Any` is for questions only.
enum class RecordType : std::uint16_t { A = 1, Aaaa = 28, Any = 255 };

constexpr RecordType type_of(const IpAddress& address) {
  return address.is_v4() ? RecordType::A : RecordType::Aaaa;
}

struct Question {
  std::string name;  // "f3a1.local"
  RecordType type = RecordType::Any;
  bool wants_unicast = false;  // RFC 6762 §5.4

  friend bool operator==(const Question&, const Question&) = default;
};

struct AddressRecord {
  std::string name;
  IpAddress address;
  std::uint32_t ttl_s = 0;  // 0: it is gone (RFC 6762 §10.1)
  bool is_unique = false;   // nobody else has the name: the cache-flush bit (RFC 6762 §10.2)

  friend bool operator==(const AddressRecord&, const AddressRecord&) = default;
};

/// A name has records of one type only (NSEC, RFC 6762 §6.1).
struct OnlyType {
  std::string name;
  RecordType type{};
};

/// Why bytes were not a message (RFC 1035 §4.1).
enum class ParseError : std::uint8_t {
  TooLong,  ///< over kMaxMessage
  Truncated,
  OtherOpcode,  ///< no query, or an error (RFC 6762 §18.3, §18.11: to be ignored)
  BadName,      ///< over 255 bytes, an unknown kind of label, or a pointer that leads not backwards
  BadRecord,    ///< an address that has not the size of one
};

/// What a message says about addresses. Questions and records of other types, classes and names
/// are left out, and so are those beyond kMaxEntries.
struct Message {
  /// Of each list. A question of ours has 24 names at most, and its answers come one by one.
  static constexpr std::size_t kMaxEntries = 64;

  std::uint16_t id = 0;  // 0 in multicast (RFC 6762 §18.1)
  bool is_response = false;
  std::vector<Question> questions;
  std::vector<AddressRecord> records;  // of answers, in a response of additional ones as well
  std::vector<OnlyType> only;          // for writing; not read

  static Result<Message, ParseError> parse(std::span<const std::byte> bytes);

  /// Names must be is_name(). Without compression.
  std::vector<std::byte> serialize() const;
};

/// One to 253 bytes of letters, digits, `-` and `_` in labels of 63 at most.
bool is_name(std::string_view text);

}  // namespace duet::mdns
