// SPDX-License-Identifier: MIT
// Records, by which a datagram of DTLS is taken apart before OpenSSL sees it. No public header
// includes it.
#pragma once

#include <duet/base/bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace duet::dtls {

/// RFC 5246 §6.2.1.
enum class ContentType : std::uint8_t {
  ChangeCipherSpec = 20,
  Alert = 21,
  Handshake = 22,
  ApplicationData = 23,
};

/// One record (RFC 6347 §4.1):
///
///     type (1) | version (2) | epoch (2) | sequence number (6) | length (2) | fragment
///
/// Epoch 0 is in the clear, and anybody can have written it; epoch 1 is what the handshake
/// protects.
struct Record {
  static constexpr std::size_t kHeaderSize = 13;
  /// Nonce and tag of AES-GCM (RFC 5288 §3). A protected record with less makes OpenSSL 3.0 give up
  /// the association instead of the record, and anybody can send one.
  static constexpr std::size_t kMinProtected = 8 + 16;
  /// RFC 6347 §4.1: 2^14, and what the cipher adds.
  static constexpr std::size_t kMaxFragment = (1 << 14) + kMinProtected;

  ContentType type{};
  std::uint16_t epoch = 0;
  std::span<const std::byte> fragment;
  std::span<const std::byte> bytes;  ///< the record as a whole

  /// The next one in `rest`, which is moved on. Nothing at the end and at what is no record of
  /// DTLS 1.0 or 1.2: what follows that can't be found.
  static std::optional<Record> parse(std::span<const std::byte>& rest) {
    ByteReader in{rest};
    Record record;
    record.type = static_cast<ContentType>(in.u8());
    const std::uint16_t version = in.u16();
    record.epoch = in.u16();
    in.bytes(6);
    const std::uint16_t length = in.u16();
    record.fragment = in.bytes(length);
    if (!in.ok() || (version != 0xFEFF && version != 0xFEFD) || length > kMaxFragment) {
      return std::nullopt;
    }
    if (record.type < ContentType::ChangeCipherSpec || record.type > ContentType::ApplicationData) {
      return std::nullopt;
    }
    if (record.epoch > 0 && length < kMinProtected) return std::nullopt;
    record.bytes = rest.first(kHeaderSize + length);
    rest = rest.subspan(record.bytes.size());
    return record;
  }
};

}  // namespace duet::dtls
