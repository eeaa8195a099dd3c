// SPDX-License-Identifier: MIT
// STUN messages out of bytes.
#include <duet/crypto/hmac.hpp>
#include <duet/stun/fingerprint.hpp>
#include <duet/stun/message.hpp>

#include <algorithm>
#include <cstring>
#include <vector>

namespace duet::stun {
namespace {

constexpr std::size_t kAttributeHeaderSize = 4;  // RFC 8489 §14
constexpr std::size_t kIntegritySize = 20;       // RFC 8489 §14.5
constexpr std::size_t kFingerprintSize = 4;      // RFC 8489 §14.7
// A message whose integrity is checked is copied once, since its length field is changed for the
// computation (RFC 8489 §14.5). Longer ones than a UDP datagram over Ethernet are rare: such as one
// that asks for a hundred permissions.
constexpr std::size_t kUsualSize = 2048;

std::size_t padded(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

std::uint16_t u16_at(std::span<const std::byte> bytes, std::size_t at) {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[at]) << 8 |
                                    std::to_integer<unsigned>(bytes[at + 1]));
}

/// The message up to `end`, with a length field that counts up to `counted_end`.
class Shortened {
 public:
  Shortened(std::span<const std::byte> bytes, std::size_t end, std::size_t counted_end) {
    if (end > kUsualSize) long_.resize(end);
    const std::span<std::byte> copy = long_.empty() ? std::span{usual_}.first(end) : long_;
    std::memcpy(copy.data(), bytes.data(), end);
    const std::size_t length = counted_end - kHeaderSize;
    copy[2] = static_cast<std::byte>(length >> 8);
    copy[3] = static_cast<std::byte>(length & 0xFF);
    view_ = copy;
  }

  Shortened(const Shortened&) = delete;
  Shortened& operator=(const Shortened&) = delete;

  std::span<const std::byte> view() const { return view_; }

 private:
  std::array<std::byte, kUsualSize> usual_;  // only as much is written as is there
  std::vector<std::byte> long_;
  std::span<const std::byte> view_;
};

}  // namespace

bool looks_like_stun(std::span<const std::byte> bytes) {
  if (bytes.size() < kHeaderSize || (bytes[0] & std::byte{0xC0}) != std::byte{0}) return false;
  ByteReader in{bytes.subspan(4, 4)};
  return in.u32() == kMagicCookie;
}

Result<Header, ParseError> Header::parse(ByteReader& in) {
  const std::uint16_t type = in.u16();
  const std::uint16_t body_size = in.u16();
  const std::uint32_t cookie = in.u32();
  const TransactionId id = in.array<12>();
  if (!in.ok()) return fail(ParseError::Truncated);
  if ((type & 0xC000) != 0) return fail(ParseError::NotStun);
  if (cookie != kMagicCookie) return fail(ParseError::BadMagicCookie);
  if (body_size % 4 != 0) return fail(ParseError::UnalignedLength);
  return Header{.type = MessageType::from_wire(type), .body_size = body_size, .id = id};
}

Attribute Message::Iterator::operator*() const {
  const std::size_t size = u16_at(rest_, 2);
  return {static_cast<AttributeType>(u16_at(rest_, 0)), rest_.subspan(kAttributeHeaderSize, size)};
}

Message::Iterator& Message::Iterator::operator++() {
  rest_ = rest_.subspan(kAttributeHeaderSize + padded(u16_at(rest_, 2)));
  return *this;
}

Result<Message, ParseError> Message::parse(std::span<const std::byte> bytes) {
  ByteReader in{bytes};
  const auto header = Header::parse(in);
  if (!header) return fail(header.error());
  if (in.size() < header->body_size) return fail(ParseError::Truncated);
  if (in.size() > header->body_size) return fail(ParseError::TrailingBytes);
  Message message;
  message.bytes_ = bytes;
  message.header_ = *header;
  ParseError error{};
  if (!message.walk_attributes(error)) return fail(error);
  return message;
}

bool Message::walk_attributes(ParseError& error) {
  std::size_t end = bytes_.size();  // of the attributes that count
  for (std::size_t at = kHeaderSize; at < bytes_.size();) {
    // The header is always whole: everything is a multiple of four.
    const auto type = static_cast<AttributeType>(u16_at(bytes_, at));
    const std::size_t size = u16_at(bytes_, at + 2);
    if (padded(size) > bytes_.size() - at - kAttributeHeaderSize) {
      error = ParseError::BadAttribute;
      return false;
    }
    const bool closed = integrity_at_ != 0 || integrity256_at_ != 0;
    if (type == AttributeType::Fingerprint) {
      // RFC 8489 §14.7: "must be the last attribute".
      const std::size_t rest = bytes_.size() - at - kAttributeHeaderSize;
      if (size != kFingerprintSize || rest != kFingerprintSize) {
        error = ParseError::WrongFingerprint;
        return false;
      }
      ByteReader value{bytes_.subspan(at + kAttributeHeaderSize)};
      if (value.u32() != fingerprint(bytes_.first(at))) {
        error = ParseError::WrongFingerprint;
        return false;
      }
      fingerprint_at_ = at;
      end = std::min(end, at);
    } else if (type == AttributeType::MessageIntegrity && !closed) {
      if (size != kIntegritySize) {
        error = ParseError::BadAttribute;
        return false;
      }
      integrity_at_ = at;
      end = std::min(end, at);
    } else if (type == AttributeType::MessageIntegritySha256 && integrity256_at_ == 0) {
      // RFC 8489 §14.6: 16 to 32 bytes, a multiple of four.
      if (size < 16 || size > 32 || size % 4 != 0) {
        error = ParseError::BadAttribute;
        return false;
      }
      integrity256_at_ = at;
      end = std::min(end, at);
    }
    at += kAttributeHeaderSize + padded(size);
  }
  attributes_ = bytes_.subspan(kHeaderSize, end - kHeaderSize);
  return true;
}

std::optional<std::span<const std::byte>> Message::find(AttributeType type) const {
  for (const Attribute attribute : *this) {
    if (attribute.type == type) return attribute.value;
  }
  return std::nullopt;
}

std::string_view Message::text(AttributeType type) const {
  const auto value = find(type);
  return value ? as_text(*value) : std::string_view{};
}

std::optional<std::uint32_t> Message::u32(AttributeType type) const {
  const auto value = find(type);
  if (!value || value->size() != 4) return std::nullopt;
  return ByteReader{*value}.u32();
}

bool Message::check_integrity_sha1(std::span<const std::byte> key) const {
  if (integrity_at_ == 0) return false;
  const std::size_t end = integrity_at_ + kAttributeHeaderSize + kIntegritySize;
  const Shortened covered{bytes_, integrity_at_, end};
  return crypto::equal_in_constant_time(
      crypto::hmac_sha1(key, covered.view()),
      bytes_.subspan(integrity_at_ + kAttributeHeaderSize, kIntegritySize));
}

bool Message::check_integrity_sha256(std::span<const std::byte> key, std::size_t min_size) const {
  if (integrity256_at_ == 0) return false;
  const std::size_t size = u16_at(bytes_, integrity256_at_ + 2);
  const std::size_t end = integrity256_at_ + kAttributeHeaderSize + size;
  if (size < min_size) return false;
  const Shortened covered{bytes_, integrity256_at_, end};
  const crypto::Sha256 mac = crypto::hmac_sha256(key, covered.view());
  return crypto::equal_in_constant_time(
      std::span{mac}.first(size), bytes_.subspan(integrity256_at_ + kAttributeHeaderSize, size));
}

}  // namespace duet::stun
