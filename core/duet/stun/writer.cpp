// SPDX-License-Identifier: MIT
// STUN messages into bytes.
#include <duet/base/check.hpp>
#include <duet/crypto/hmac.hpp>
#include <duet/stun/fingerprint.hpp>
#include <duet/stun/writer.hpp>

#include <algorithm>
#include <cstring>

namespace duet::stun {
namespace {

constexpr std::size_t kMaxSize = 65532;  // a body's size is 16 bits; with its header, a UDP payload

void put_u16(std::byte* to, std::size_t value) {
  to[0] = static_cast<std::byte>(value >> 8 & 0xFF);
  to[1] = static_cast<std::byte>(value & 0xFF);
}

void put_u32(std::byte* to, std::uint32_t value) {
  put_u16(to, value >> 16);
  put_u16(to + 2, value & 0xFFFF);
}

}  // namespace

Writer::Writer(std::span<std::byte> buffer, MessageType type, const TransactionId& id)
    : buffer_{buffer.first(std::min(buffer.size(), kMaxSize))}, id_{id} {
  if (buffer_.size() < kHeaderSize) {
    ok_ = false;
    return;
  }
  put_u16(buffer_.data(), type.to_wire());
  put_u16(buffer_.data() + 2, 0);
  put_u32(buffer_.data() + 4, kMagicCookie);
  std::memcpy(buffer_.data() + 8, id.data(), id.size());
  size_ = kHeaderSize;
}

std::span<std::byte> Writer::append(AttributeType type, std::size_t size) {
  const std::size_t padded = (size + 3) & ~std::size_t{3};
  if (!ok_ || padded + 4 > buffer_.size() - size_) {
    ok_ = false;
    return {};
  }
  std::byte* const at = buffer_.data() + size_;
  put_u16(at, static_cast<std::uint16_t>(type));
  put_u16(at + 2, size);
  std::fill(at + 4 + size, at + 4 + padded, std::byte{0});
  size_ += 4 + padded;
  set_body_size(size_ - kHeaderSize);
  return {at + 4, size};
}

void Writer::set_body_size(std::size_t size) { put_u16(buffer_.data() + 2, size); }

void Writer::add(AttributeType type, std::span<const std::byte> value) {
  const auto room = append(type, value.size());
  if (!room.empty()) std::memcpy(room.data(), value.data(), room.size());
}

void Writer::add(AttributeType type, std::string_view text) { add(type, as_bytes(text)); }

void Writer::add_u32(AttributeType type, std::uint32_t value) {
  const auto room = append(type, 4);
  if (!room.empty()) put_u32(room.data(), value);
}

void Writer::add_flag(AttributeType type) { append(type, 0); }

void Writer::add_address(AttributeType type, const Endpoint& endpoint) {
  add(type, serialize_address(endpoint).view());
}

void Writer::add_xor_address(AttributeType type, const Endpoint& endpoint) {
  add(type, serialize_xor_address(endpoint, id_).view());
}

void Writer::add_error(ErrorCode code, std::string_view reason) {
  const auto number = static_cast<unsigned>(code);
  const auto room = append(AttributeType::ErrorCode, 4 + reason.size());
  if (room.empty()) return;
  put_u32(room.data(), number / 100 << 8 | number % 100);
  std::memcpy(room.data() + 4, reason.data(), reason.size());
}

void Writer::add_integrity_sha1(std::span<const std::byte> key) {
  const std::size_t end = size_;
  const auto room = append(AttributeType::MessageIntegrity, 20);
  if (room.empty()) return;
  const crypto::Sha1 mac = crypto::hmac_sha1(key, buffer_.first(end));
  std::memcpy(room.data(), mac.data(), room.size());
}

void Writer::add_integrity_sha256(std::span<const std::byte> key, std::size_t size) {
  DUET_CHECK(size >= 16 && size <= 32 && size % 4 == 0);
  const std::size_t end = size_;
  const auto room = append(AttributeType::MessageIntegritySha256, size);
  if (room.empty()) return;
  const crypto::Sha256 mac = crypto::hmac_sha256(key, buffer_.first(end));
  std::memcpy(room.data(), mac.data(), room.size());
}

void Writer::add_fingerprint() {
  const std::size_t end = size_;
  const auto room = append(AttributeType::Fingerprint, 4);
  if (!room.empty()) put_u32(room.data(), fingerprint(buffer_.first(end)));
}

std::span<const std::byte> Writer::finish() const {
  if (!ok_) return {};
  return buffer_.first(size_);
}

}  // namespace duet::stun
