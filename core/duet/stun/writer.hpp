// SPDX-License-Identifier: MIT
// Writes one STUN message into memory that the caller gives.
#pragma once

#include <duet/stun/address.hpp>
#include <duet/stun/error_code.hpp>
#include <duet/stun/message.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace duet::stun {

/// Attributes go in in the order of the calls; integrity, if any, and then the fingerprint come
/// last. What doesn't fit clears ok(), and finish() then gives nothing.
class Writer {
 public:
  /// @param buffer  where the message goes; at most 65,532 bytes of it are used
  Writer(std::span<std::byte> buffer, MessageType type, const TransactionId& id);

  void add(AttributeType type, std::span<const std::byte> value);
  void add(AttributeType type, std::string_view text);
  void add_u32(AttributeType type, std::uint32_t value);
  /// An attribute without value, such as DONT-FRAGMENT.
  void add_flag(AttributeType type);
  void add_address(AttributeType type, const Endpoint& endpoint);
  void add_xor_address(AttributeType type, const Endpoint& endpoint);
  /// ERROR-CODE (RFC 8489 §14.8).
  void add_error(ErrorCode code, std::string_view reason);

  /// The same with the registry's phrase.
  void add_error(ErrorCode code) { add_error(code, reason_phrase(code)); }

  /// MESSAGE-INTEGRITY over all that was added (RFC 8489 §14.5).
  void add_integrity_sha1(std::span<const std::byte> key);
  /// MESSAGE-INTEGRITY-SHA256 (RFC 8489 §14.6).
  /// @param size  16 to 32, a multiple of four
  void add_integrity_sha256(std::span<const std::byte> key, std::size_t size = 32);
  /// RFC 8489 §14.7.
  void add_fingerprint();

  bool ok() const { return ok_; }

  std::size_t size() const { return size_; }

  /// The message, or nothing if it did not fit.
  std::span<const std::byte> finish() const;

 private:
  /// Room for a value of this size, its header and padding written; empty if it doesn't fit.
  std::span<std::byte> append(AttributeType type, std::size_t size);
  void set_body_size(std::size_t size);

  std::span<std::byte> buffer_;
  TransactionId id_;
  std::size_t size_ = 0;
  bool ok_ = true;
};

}  // namespace duet::stun
