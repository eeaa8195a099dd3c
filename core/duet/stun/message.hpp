// SPDX-License-Identifier: MIT
// A STUN message as a view into the bytes it came in.
#pragma once

#include <duet/base/bytes.hpp>
#include <duet/base/result.hpp>
#include <duet/stun/attribute.hpp>

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace duet::stun {

inline constexpr std::uint32_t kMagicCookie = 0x2112A442;  // RFC 8489 §5
inline constexpr std::size_t kHeaderSize = 20;             // RFC 8489 §5

using TransactionId = std::array<std::byte, 12>;

/// RFC 8489 §5, the bits C1 and C0.
enum class Class : std::uint8_t { Request = 0, Indication = 1, Success = 2, Error = 3 };

/// RFC 8489 §18.2 and RFC 8656 §17. A value from the wire may be none of these.
enum class Method : std::uint16_t {
  Binding = 0x001,
  Allocate = 0x003,
  Refresh = 0x004,
  Send = 0x006,
  Data = 0x007,
  CreatePermission = 0x008,
  ChannelBind = 0x009,
};

/// Class and method, as one 14-bit number on the wire (RFC 8489 §5, figure 3).
struct MessageType {
  Class klass = Class::Request;
  Method method = Method::Binding;

  static constexpr MessageType from_wire(std::uint16_t value) {
    const auto method = (value & 0xFu) | (value >> 1 & 0x70u) | (value >> 2 & 0xF80u);
    return {static_cast<Class>((value >> 4 & 1u) | (value >> 7 & 2u)), static_cast<Method>(method)};
  }

  constexpr std::uint16_t to_wire() const {
    const auto m = static_cast<std::uint16_t>(method);
    const auto c = static_cast<unsigned>(klass);
    return static_cast<std::uint16_t>((m & 0xFu) | (m & 0x70u) << 1 | (m & 0xF80u) << 2 |
                                      (c & 1u) << 4 | (c & 2u) << 7);
  }

  friend constexpr bool operator==(const MessageType&, const MessageType&) = default;
};

/// Why bytes were not a STUN message. Each value is one rule of RFC 8489 §5 or §14.
enum class ParseError : std::uint8_t {
  Truncated,         ///< fewer than 20 bytes, or fewer than the length says
  NotStun,           ///< the first two bits are not zero
  BadMagicCookie,    ///< an RFC 3489 client, or not STUN at all
  UnalignedLength,   ///< no multiple of four
  TrailingBytes,     ///< more bytes than the length says
  BadAttribute,      ///< an attribute that does not end within the message
  WrongFingerprint,  ///< a FINGERPRINT that is not the message's CRC, or not its last attribute
};

/// The first twenty bytes.
struct Header {
  MessageType type;
  std::uint16_t body_size = 0;  // bytes after the header, a multiple of four
  TransactionId id{};

  /// Reads 20 bytes from `in`.
  static Result<Header, ParseError> parse(ByteReader& in);

  friend bool operator==(const Header&, const Header&) = default;
};

/// Whether a datagram looks like STUN rather than anything else that shares its port: the first two
/// bits and the cookie (RFC 7983 §7).
bool looks_like_stun(std::span<const std::byte> bytes);

/// One whole message. It views the bytes it was parsed from, which must outlive it; every attribute
/// is known to lie within them, and a FINGERPRINT, if there is one, is right.
class Message {
 public:
  /// Walks the attributes up to where integrity ends them: what follows MESSAGE-INTEGRITY, except
  /// MESSAGE-INTEGRITY-SHA256 and FINGERPRINT, is ignored, and so is what follows
  /// MESSAGE-INTEGRITY-SHA256, except FINGERPRINT (RFC 8489 §14.5, §14.6).
  class Iterator {
   public:
    using value_type = Attribute;
    using difference_type = std::ptrdiff_t;

    explicit Iterator(std::span<const std::byte> rest) : rest_{rest} {}

    Attribute operator*() const;
    Iterator& operator++();

    friend bool operator==(const Iterator& a, const Iterator& b) {
      return a.rest_.size() == b.rest_.size();
    }

   private:
    std::span<const std::byte> rest_;
  };

  /// @param bytes  exactly one message
  static Result<Message, ParseError> parse(std::span<const std::byte> bytes);

  const Header& header() const { return header_; }

  MessageType type() const { return header_.type; }

  Class klass() const { return header_.type.klass; }

  Method method() const { return header_.type.method; }

  const TransactionId& id() const { return header_.id; }

  std::span<const std::byte> bytes() const { return bytes_; }

  /// The attributes that count, without those of integrity and the fingerprint.
  Iterator begin() const { return Iterator{attributes_}; }

  Iterator end() const { return Iterator{attributes_.last(0)}; }

  /// The value of the first attribute of this type that counts (RFC 8489 §14: later ones may be
  /// ignored). Not for integrity and fingerprint.
  std::optional<std::span<const std::byte>> find(AttributeType type) const;

  bool has(AttributeType type) const { return find(type).has_value(); }

  /// A value as text; empty if there is none.
  std::string_view text(AttributeType type) const;

  /// The number of an attribute whose value has exactly four bytes.
  std::optional<std::uint32_t> u32(AttributeType type) const;

  bool has_fingerprint() const { return fingerprint_at_ != 0; }

  bool has_integrity_sha1() const { return integrity_at_ != 0; }

  bool has_integrity_sha256() const { return integrity256_at_ != 0; }

  /// Whether MESSAGE-INTEGRITY is there and was made with `key` (RFC 8489 §14.5). Constant time.
  bool check_integrity_sha1(std::span<const std::byte> key) const;

  /// The same for MESSAGE-INTEGRITY-SHA256 (RFC 8489 §14.6), which may be cut to 16 bytes or more
  /// in steps of four.
  /// @param min_size  shorter ones are refused; a client that never cuts should not accept cuts
  bool check_integrity_sha256(std::span<const std::byte> key, std::size_t min_size = 16) const;

 private:
  bool walk_attributes(ParseError& error);

  std::span<const std::byte> bytes_;
  std::span<const std::byte> attributes_;
  Header header_;
  // Offsets in bytes_, 0 for none.
  std::size_t integrity_at_ = 0;
  std::size_t integrity256_at_ = 0;
  std::size_t fingerprint_at_ = 0;
};

}  // namespace duet::stun
