// SPDX-License-Identifier: MIT
// How a payload is wrapped on its way to a server, and unwrapped where it arrives.
#pragma once

#include <duet/base/address.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace duet::bench {

enum class Framing : std::uint8_t {
  Bare,        ///< as it is: to and from peers, and the forwarder
  Channel,     ///< ChannelData on kChannel
  Indication,  ///< Send there, Data back
  Binding,     ///< the payload is the transaction id: a request there, its answer back
};

inline constexpr std::uint16_t kChannel = 0x4000;  // the only one of each allocation

/// What goes before every payload of `size` bytes.
/// @param peer  whom a Send indication is for
std::vector<std::byte> prefix_of(Framing framing, std::size_t size, const Endpoint& peer);

/// The payload of what a server sent; nothing if it is anything else.
/// @param peer  whom a Data indication must be from
std::optional<std::span<const std::byte>> unwrap(Framing framing, std::span<const std::byte> bytes,
                                                 const Endpoint& peer);

}  // namespace duet::bench
