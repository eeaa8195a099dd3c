// SPDX-License-Identifier: MIT
// Framing of STUN and ChannelData in streams.
#include <duet/base/bytes.hpp>
#include <duet/stun/message.hpp>
#include <duet/stun/stream.hpp>

namespace duet::stun {

Frame next_frame(std::span<const std::byte> received) {
  constexpr std::size_t kFirstLook = 4;  // type or channel, and length
  if (received.empty()) return {Frame::Kind::NeedMore, kFirstLook};
  const unsigned first = std::to_integer<unsigned>(received[0]);
  if (first >= 0x80) return {Frame::Kind::Bad, 0};
  if (received.size() < kFirstLook) return {Frame::Kind::NeedMore, kFirstLook};
  ByteReader in{received};
  in.u16();
  const std::size_t length = in.u16();
  if (first >= 0x40) {
    const std::size_t size = kFirstLook + ((length + 3) & ~std::size_t{3});
    return {received.size() < size ? Frame::Kind::NeedMore : Frame::Kind::ChannelData, size};
  }
  const std::size_t size = kHeaderSize + length;
  if (length % 4 != 0 || size > kMaxFrameSize) return {Frame::Kind::Bad, 0};
  // The cookie is looked at as soon as it is there: what isn't STUN must not make us wait for it.
  if (received.size() < 8) return {Frame::Kind::NeedMore, 8};
  if (in.u32() != kMagicCookie) return {Frame::Kind::Bad, 0};
  return {received.size() < size ? Frame::Kind::NeedMore : Frame::Kind::Stun, size};
}

}  // namespace duet::stun
