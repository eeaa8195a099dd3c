// SPDX-License-Identifier: MIT
// The packet around the packet, and back.
#include <duet/base/bytes.hpp>
#include <duet/base/check.hpp>
#include <duet/rtp/packet_writer.hpp>
#include <duet/rtp/rtx.hpp>

#include <cstring>

namespace duet::rtp {

std::span<std::byte> write_rtx(const Packet& original, const RtxHeader& header,
                               const ExtensionMap& extensions, std::span<std::byte> buffer,
                               std::size_t tail_room) {
  const Extensions elements = original.extensions();
  PacketWriter writer{buffer,
                      {.marker = original.marker(),
                       .payload_type = header.payload_type,
                       .sequence = header.sequence,
                       .timestamp = original.timestamp(),
                       .ssrc = header.ssrc},
                      tail_room,
                      elements.form()};
  for (std::size_t i = 0; i < original.csrc_count(); ++i) writer.add_csrc(original.csrc(i));
  const auto is_name = [&](std::uint8_t id) {
    return id == extensions.id(ExtensionType::Mid) ||
           id == extensions.id(ExtensionType::RtpStreamId) ||
           id == extensions.id(ExtensionType::RepairedRtpStreamId);
  };
  for (const ExtensionElement& element : elements) {
    if (!is_name(element.id)) writer.add_extension(element.id, element.value);
  }
  const auto add_name = [&](ExtensionType type, std::string_view name) {
    if (!name.empty()) writer.add_extension(extensions.id(type), as_bytes(name));
  };
  add_name(ExtensionType::Mid, header.mid);
  add_name(ExtensionType::RepairedRtpStreamId, header.repaired_rid);
  ByteWriter osn{writer.payload(kOsnSize)};
  osn.u16(original.sequence().value());
  writer.add_payload(original.payload());
  return writer.finish();
}

std::optional<std::span<std::byte>> restore_rtx(const Packet& rtx, std::span<std::byte> memory,
                                                Ssrc ssrc, PayloadType payload_type) {
  DUET_CHECK(memory.data() == rtx.bytes().data() && memory.size() == rtx.bytes().size());
  if (rtx.payload().size() < kOsnSize) return std::nullopt;
  const std::uint16_t osn = ByteReader{rtx.payload()}.u16();
  const bool marker = rtx.marker();
  std::memmove(memory.data() + kOsnSize, memory.data(), rtx.header_size());
  const auto original = memory.subspan(kOsnSize);
  original[1] = static_cast<std::byte>((marker ? 0x80u : 0u) | (payload_type.value() & 0x7Fu));
  ByteWriter{original.subspan(2, 2)}.u16(osn);
  ByteWriter{original.subspan(8, 4)}.u32(ssrc.value());
  return original;
}

}  // namespace duet::rtp
