// SPDX-License-Identifier: MIT
// Where one packet ends and the next begins in the streams of an agent.
#pragma once

#include <duet/base/bytes.hpp>
#include <duet/stun/stream.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace duet::ice {

/// How a stream is cut. What goes out comes framed from the agent; what comes in is cut by who
/// reads the socket, with next_frame(), where the bytes are.
enum class Framing : std::uint8_t {
  Rfc4571,  ///< between peers (RFC 6544 §3): two bytes of length, then the packet
  Stun,     ///< to a TURN server: STUN and ChannelData (RFC 8656 §12.5)
};

/// The frame at the front of what was received.
struct Frame {
  enum class Kind : std::uint8_t {
    NeedMore,  ///< read until there are `size` bytes
    Whole,     ///< `packet` is for Agent::handle_frame(); the stream goes on after `size` bytes
    Bad,       ///< the stream can't be followed any further, close it
  };
  Kind kind = Kind::NeedMore;
  std::size_t size = 0;
  std::span<const std::byte> packet;
};

inline constexpr std::size_t kLengthSize = 2;      // RFC 4571 §2
inline constexpr std::size_t kMaxPacket = 0xFFFF;  // RFC 4571 §2

inline Frame next_frame(Framing framing, std::span<const std::byte> received) {
  if (framing == Framing::Stun) {
    const stun::Frame frame = stun::next_frame(received);
    switch (frame.kind) {
      case stun::Frame::Kind::NeedMore:
        return {Frame::Kind::NeedMore, frame.size, {}};
      case stun::Frame::Kind::Bad:
        return {Frame::Kind::Bad, 0, {}};
      case stun::Frame::Kind::Stun:
      case stun::Frame::Kind::ChannelData:
        return {Frame::Kind::Whole, frame.size, received.first(frame.size)};
    }
  }
  if (received.size() < kLengthSize) return {Frame::Kind::NeedMore, kLengthSize, {}};
  const std::size_t size = kLengthSize + ByteReader{received}.u16();
  if (received.size() < size) return {Frame::Kind::NeedMore, size, {}};
  return {Frame::Kind::Whole, size, received.subspan(kLengthSize, size - kLengthSize)};
}

/// What stands before a packet of `size` bytes, at most kMaxPacket.
constexpr std::array<std::byte, kLengthSize> length_header(std::size_t size) {
  return {static_cast<std::byte>(size >> 8 & 0xFF), static_cast<std::byte>(size & 0xFF)};
}

}  // namespace duet::ice
