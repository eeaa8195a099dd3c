// SPDX-License-Identifier: MIT
// Which messages of a handshake can be right at all. No public header includes it.
#pragma once

#include <duet/dtls/role.hpp>

#include <cstddef>
#include <span>

namespace duet::dtls {

/// Bytes of one message of the handshake, a certificate with those above it among them. OpenSSL
/// would set aside 100 KB.
inline constexpr std::size_t kMaxHandshakeMessage = 16384;

/// Whether an end in the role `receiver` may be sent what is in this handshake record in the clear
/// (RFC 6347 §4.2.2, RFC 5246 §7.4). OpenSSL ends a handshake for a message of the wrong end, for a
/// fragment that reaches beyond its message, and for one that is too long; anybody can have sent
/// such a record, and the peer never does.
bool may_be_sent(std::span<const std::byte> fragment, Role receiver);

}  // namespace duet::dtls
