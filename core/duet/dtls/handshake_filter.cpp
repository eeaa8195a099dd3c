// SPDX-License-Identifier: MIT
// Which messages of a handshake can be right at all.
#include <duet/base/bytes.hpp>
#include <duet/dtls/handshake_filter.hpp>

#include <cstdint>
#include <optional>

namespace duet::dtls {
namespace {

/// RFC 5246 §7.4, RFC 6347 §4.3.2, RFC 5077 §3.3, RFC 6066 §8. HelloRequest is none: nothing is
/// renegotiated. Finished is protected.
enum class MessageType : std::uint8_t {
  ClientHello = 1,
  ServerHello = 2,
  HelloVerifyRequest = 3,
  NewSessionTicket = 4,
  Certificate = 11,
  ServerKeyExchange = 12,
  CertificateRequest = 13,
  ServerHelloDone = 14,
  CertificateVerify = 15,
  ClientKeyExchange = 16,
  CertificateStatus = 22,
};

/// Bytes that such a message for `receiver` has at most; nothing if there is none.
std::optional<std::size_t> longest(MessageType type, Role receiver) {
  const bool is_client = receiver == Role::Client;
  const auto only_if = [](bool is_right, std::size_t most) {
    return is_right ? std::optional{most} : std::nullopt;
  };
  switch (type) {
    case MessageType::Certificate:
      return kMaxHandshakeMessage;
    case MessageType::ServerHello:
    case MessageType::NewSessionTicket:
    case MessageType::ServerKeyExchange:
    case MessageType::CertificateRequest:
    case MessageType::CertificateStatus:
      return only_if(is_client, kMaxHandshakeMessage);
    case MessageType::HelloVerifyRequest:  // a version, and a cookie of 255 bytes
      return only_if(is_client, 2 + 1 + 255);
    case MessageType::ServerHelloDone:
      return only_if(is_client, 0);
    case MessageType::ClientHello:
    case MessageType::CertificateVerify:
      return only_if(!is_client, kMaxHandshakeMessage);
    case MessageType::ClientKeyExchange:  // OpenSSL's bound
      return only_if(!is_client, 2048);
  }
  return std::nullopt;
}

}  // namespace

// RFC 6347 §4.2.2:
//
//     type (1) | length (3) | message_seq (2) | fragment_offset (3) | fragment_length (3) |
//     fragment
bool may_be_sent(std::span<const std::byte> fragment, Role receiver) {
  ByteReader in{fragment};
  const auto u24 = [&in] {
    const std::size_t high = in.u8();
    return high << 16 | in.u16();
  };
  do {  // one record may have several messages, and has one
    const auto type = static_cast<MessageType>(in.u8());
    const std::size_t length = u24();
    in.u16();
    const std::size_t offset = u24();
    const std::size_t size = u24();
    in.bytes(size);
    const auto most = longest(type, receiver);
    if (!in.ok() || !most || length > *most || offset + size > length) return false;
  } while (!in.empty());
  return true;
}

}  // namespace duet::dtls
