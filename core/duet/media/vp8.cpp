// SPDX-License-Identifier: MIT
// VP8 in RTP.
#include <duet/base/bytes.hpp>
#include <duet/media/vp8.hpp>

namespace duet::media {

Result<Vp8Descriptor, PayloadError> Vp8Descriptor::parse(ByteReader& in) {
  const unsigned first = in.u8();
  Vp8Descriptor descriptor{.is_discardable = (first & 0x20) != 0,
                           .begins_partition = (first & 0x10) != 0,
                           .partition = static_cast<std::uint8_t>(first & 7)};
  const unsigned extensions = (first & 0x80) != 0 ? in.u8() : 0;
  if ((extensions & 0x80) != 0) {
    const unsigned id = in.u8();
    descriptor.has_long_picture_id = (id & 0x80) != 0;
    descriptor.picture_id = static_cast<std::uint16_t>(
        descriptor.has_long_picture_id ? (id & 0x7F) << 8 | in.u8() : id);
  }
  if ((extensions & 0x40) != 0) descriptor.base_index = in.u8();
  if ((extensions & 0x30) != 0) {
    const unsigned both = in.u8();
    if ((extensions & 0x20) != 0) {
      descriptor.temporal = {.id = static_cast<std::uint8_t>(both >> 6),
                             .is_synced = (both & 0x20) != 0};
    }
    if ((extensions & 0x10) != 0) descriptor.key_index = static_cast<std::uint8_t>(both & 0x1F);
  }
  if (!in.ok()) return fail(PayloadError::Truncated);
  return descriptor;
}

void Vp8Descriptor::write(rtp::ByteWriter& out) const {
  const bool is_extended = picture_id || base_index || temporal || key_index;
  out.u8((is_extended ? 0x80u : 0) | (is_discardable ? 0x20u : 0) | (begins_partition ? 0x10u : 0) |
         partition);
  if (!is_extended) return;
  out.u8((picture_id ? 0x80u : 0) | (base_index ? 0x40u : 0) | (temporal ? 0x20u : 0) |
         (key_index ? 0x10u : 0));
  if (picture_id && has_long_picture_id) out.u16(0x8000u | *picture_id);
  if (picture_id && !has_long_picture_id) out.u8(*picture_id & 0x7Fu);
  if (base_index) out.u8(*base_index);
  if (temporal || key_index) {
    out.u8((temporal ? static_cast<unsigned>(temporal->id) << 6 | (temporal->is_synced ? 0x20u : 0)
                     : 0) |
           key_index.value_or(0));
  }
}

Result<VideoPayload, PayloadError> parse_vp8(std::span<const std::byte> payload) {
  ByteReader in{payload};
  const auto descriptor = Vp8Descriptor::parse(in);
  if (!descriptor) return fail(descriptor.error());
  if (in.empty()) return fail(PayloadError::Truncated);
  VideoPayload parsed{.data = in.rest(),
                      .begins_frame = descriptor->begins_partition && descriptor->partition == 0,
                      .picture_id = descriptor->picture_id};
  if (descriptor->temporal && descriptor->base_index) {
    parsed.temporal = {.id = descriptor->temporal->id,
                       .is_synced = descriptor->temporal->is_synced,
                       .base_index = *descriptor->base_index};
  }
  // RFC 7741 §4.3: the frame's own header begins with the inverse key frame flag.
  parsed.is_key = parsed.begins_frame && (parsed.data[0] & std::byte{1}) == std::byte{0};
  return parsed;
}

bool Vp8Packetizer::begin(std::span<const std::byte> frame, bool /*is_key*/) {
  picture_id_ = (picture_id_ + 1) & 0x7FFF;
  return frame_.begin(frame);
}

std::size_t Vp8Packetizer::write(std::span<std::byte> out) {
  // Partitions are not told apart: a receiver that waits for all of a frame has no use for that.
  const Vp8Descriptor descriptor{.begins_partition = frame_.at_begin(),
                                 .picture_id = picture_id_,
                                 .has_long_picture_id = true};
  rtp::ByteWriter writer{out};
  descriptor.write(writer);
  writer.bytes(frame_.take(chunk_size(frame_.left(), writer.left())));
  return writer.size();
}

}  // namespace duet::media
