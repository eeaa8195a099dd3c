// SPDX-License-Identifier: MIT
// Between whom a TURN server carries: handles and the five-tuple.
#pragma once

#include <duet/base/address.hpp>
#include <duet/base/hash.hpp>
#include <duet/base/strong.hpp>

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>

namespace duet::turn {

/// A stream between a client and us; the shell gives it out and never uses one twice.
using ConnectionId = Strong<struct ConnectionIdTag, std::uint64_t>;
using AllocationId = Strong<struct AllocationIdTag, std::uint64_t>;
/// One relayed address, with or without a socket of the operating system's.
using RelayId = Strong<struct RelayIdTag, std::uint64_t>;

enum class Transport : std::uint8_t { Udp, Tcp, Tls };

/// The five-tuple between a client and us (RFC 8656 §2): what names an allocation.
struct Path {
  Transport transport = Transport::Udp;
  Endpoint client;
  Endpoint local;           // the address the client's packet arrived at, never a wildcard
  ConnectionId connection;  // of streams; zero over UDP

  bool is_stream() const { return transport != Transport::Udp; }

  friend constexpr auto operator<=>(const Path&, const Path&) = default;
};

/// Hashes for tables whose keys strangers choose.
class AddressHash {
 public:
  AddressHash(std::uint64_t k0, std::uint64_t k1) : hash_{k0, k1} {}

  std::size_t operator()(const IpAddress& address) const noexcept {
    return hash_({reinterpret_cast<const char*>(address.bytes().data()), 16});
  }

  std::size_t operator()(const Endpoint& endpoint) const noexcept {
    std::array<char, 18> key{};
    put(key.data(), endpoint);
    return hash_({key.data(), key.size()});
  }

  std::size_t operator()(const Path& path) const noexcept {
    std::array<char, 44> key{};
    put(key.data(), path.client);
    put(key.data() + 18, path.local);
    const std::uint64_t rest =
        path.connection.value() << 2 | static_cast<std::uint64_t>(path.transport);
    std::memcpy(key.data() + 36, &rest, sizeof(rest));
    return hash_({key.data(), key.size()});
  }

 private:
  static void put(char* to, const Endpoint& endpoint) {
    std::memcpy(to, endpoint.address.bytes().data(), 16);
    std::memcpy(to + 16, &endpoint.port, 2);
  }

  KeyedHash hash_;
};

}  // namespace duet::turn
