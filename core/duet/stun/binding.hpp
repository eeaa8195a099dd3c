// SPDX-License-Identifier: MIT
// Answers Binding requests: "you look like this from here".
#pragma once

#include <duet/base/address.hpp>
#include <duet/stun/message.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace duet::stun {

/// Attributes of a request that the receiver must know and doesn't (RFC 8489 §6.3.1). More than
/// eight are not listed: the answer must stay smaller than what it could be abused for.
class UnknownAttributes {
 public:
  void add(AttributeType type);

  bool empty() const { return size_ == 0; }

  /// The value of UNKNOWN-ATTRIBUTES (RFC 8489 §14.13).
  std::span<const std::byte> value() const { return std::span{bytes_}.first(size_ * 2); }

 private:
  std::array<std::byte, 16> bytes_{};
  std::size_t size_ = 0;
};

/// Two addresses and two ports, which let a client find out how its NAT behaves (RFC 5780 §6). The
/// server listens on all four combinations.
struct AlternatePair {
  Endpoint primary;
  Endpoint alternate;  // other address and other port, same family

  /// Whether `local` is one of the four.
  bool has(const Endpoint& local) const {
    return (local.address == primary.address || local.address == alternate.address) &&
           (local.port == primary.port || local.port == alternate.port);
  }
};

/// The stateless server of RFC 8489 §12, with RFC 5780 where there are two addresses: what comes to
/// any other of its addresses is answered as if there were none.
class BindingServer {
 public:
  struct Answer {
    std::span<const std::byte> message;  // in the buffer given
    Endpoint from;                       // our address to send it from
    Endpoint to;
  };

  BindingServer() = default;

  explicit BindingServer(const AlternatePair& pair) { add(pair); }

  /// One for each family is enough.
  void add(const AlternatePair& pair) { pairs_.push_back(pair); }

  /// Answers a Binding request; nothing for anything else, or if the buffer is too small.
  /// Credentials are not looked at (RFC 8489 §12). FINGERPRINT is answered with FINGERPRINT.
  ///
  /// @param source  whom the request came from
  /// @param local   our address that it came to
  /// @param buffer  136 bytes are enough, and as many as the request's PADDING more
  std::optional<Answer> answer(const Message& request, const Endpoint& source,
                               const Endpoint& local, std::span<std::byte> buffer) const;

 private:
  const AlternatePair* pair_of(const Endpoint& local) const;

  std::vector<AlternatePair> pairs_;
};

}  // namespace duet::stun
