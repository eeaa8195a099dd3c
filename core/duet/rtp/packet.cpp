// SPDX-License-Identifier: MIT
// RTP packets out of bytes.
#include <duet/base/bytes.hpp>
#include <duet/rtp/packet.hpp>

namespace duet::rtp {

Result<Packet, PacketError> Packet::parse(std::span<const std::byte> bytes) {
  ByteReader in{bytes};
  const std::uint8_t first = in.u8();
  in.bytes(kHeaderSize - 1);
  if (!in.ok()) return fail(PacketError::Truncated);
  if (first >> 6 != 2) return fail(PacketError::BadVersion);
  in.bytes(std::size_t{4} * (first & 0xFu));
  if (!in.ok()) return fail(PacketError::Truncated);

  Packet packet;
  packet.bytes_ = bytes;
  if ((first & 0x10) != 0) {  // RFC 3550 §5.3.1
    packet.profile_ = in.u16();
    packet.extension_size_ = std::size_t{4} * in.u16();
    in.bytes(packet.extension_size_);
    if (!in.ok()) return fail(PacketError::BadExtension);
  }
  packet.header_size_ = bytes.size() - in.size();
  if ((first & 0x20) != 0) {  // "the last octet of the padding contains a count"
    if (in.empty()) return fail(PacketError::BadPadding);
    packet.padding_size_ = std::to_integer<std::size_t>(bytes.back());
    if (packet.padding_size_ == 0 || packet.padding_size_ > in.size()) {
      return fail(PacketError::BadPadding);
    }
  }
  return packet;
}

Extensions Packet::extensions() const {
  if (profile_ == kOneByteProfile) return {ExtensionForm::OneByte, extension_data()};
  if ((profile_ & 0xFFF0) == kTwoByteProfile) return {ExtensionForm::TwoByte, extension_data()};
  return {};
}

std::span<std::byte> mutable_extension(std::span<std::byte> packet, std::uint8_t id) {
  const auto parsed = Packet::parse(packet);
  if (!parsed) return {};
  const auto value = parsed->extension(id);
  if (!value || value->empty()) return {};
  return packet.subspan(static_cast<std::size_t>(value->data() - packet.data()), value->size());
}

}  // namespace duet::rtp
