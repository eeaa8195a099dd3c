// SPDX-License-Identifier: MIT
// VP9 in RTP.
#include <duet/base/bytes.hpp>
#include <duet/media/vp9.hpp>

#include <algorithm>

namespace duet::media {
namespace {

/// The group of pictures that we send: one layer, each picture of which uses the one before it.
constexpr std::array kGroup{std::byte{1}, std::byte{1 << 2}, std::byte{1}};

/// The frame header's fields are bits, highest first. Past the end come zeros.
class BitReader {
 public:
  explicit BitReader(std::span<const std::byte> bytes) : bytes_{bytes} {}

  unsigned bits(int count) {
    unsigned value = 0;
    for (; count > 0; --count, ++at_) {
      const unsigned byte =
          at_ / 8 < bytes_.size() ? std::to_integer<unsigned>(bytes_[at_ / 8]) : 0;
      value = value << 1 | (byte >> (7 - at_ % 8) & 1);
    }
    return value;
  }

  bool ok() const { return at_ <= bytes_.size() * 8; }

 private:
  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
};

Vp9Descriptor::Structure parse_structure(ByteReader& in) {
  const unsigned first = in.u8();
  Vp9Descriptor::Structure structure{.spatial_layers = static_cast<std::uint8_t>((first >> 5) + 1),
                                     .has_sizes = (first & 0x10) != 0};
  for (unsigned i = 0; structure.has_sizes && i < structure.spatial_layers; ++i) {
    structure.sizes[i].width = in.u16();
    structure.sizes[i].height = in.u16();
  }
  if ((first & 0x08) == 0) return structure;
  const auto from = in.rest();
  for (unsigned left = in.u8(); left > 0 && in.ok(); --left) in.bytes(in.u8() >> 2 & 3);
  if (in.ok()) structure.group = from.first(from.size() - in.size());
  return structure;
}

void write_structure(const Vp9Descriptor::Structure& structure, rtp::ByteWriter& out) {
  out.u8((structure.spatial_layers - 1u) << 5 | (structure.has_sizes ? 0x10u : 0) |
         (structure.group.empty() ? 0 : 0x08u));
  for (unsigned i = 0; structure.has_sizes && i < structure.spatial_layers; ++i) {
    out.u16(structure.sizes[i].width);
    out.u16(structure.sizes[i].height);
  }
  out.bytes(structure.group);
}

}  // namespace

Result<Vp9Descriptor, PayloadError> Vp9Descriptor::parse(ByteReader& in) {
  const unsigned first = in.u8();
  Vp9Descriptor descriptor{.is_predicted = (first & 0x40) != 0,
                           .is_flexible = (first & 0x10) != 0,
                           .begins_layer = (first & 0x08) != 0,
                           .ends_layer = (first & 0x04) != 0,
                           .is_unused_above = (first & 0x01) != 0};
  if ((first & 0x80) != 0) {
    const unsigned id = in.u8();
    descriptor.has_long_picture_id = (id & 0x80) != 0;
    descriptor.picture_id = static_cast<std::uint16_t>(
        descriptor.has_long_picture_id ? (id & 0x7F) << 8 | in.u8() : id);
  }
  if ((first & 0x20) != 0) {
    const unsigned layer = in.u8();
    descriptor.layer = Layer{.temporal_id = static_cast<std::uint8_t>(layer >> 5),
                             .is_switching_up = (layer & 0x10) != 0,
                             .spatial_id = static_cast<std::uint8_t>(layer >> 1 & 7),
                             .uses_lower_layer = (layer & 1) != 0};
    if (!descriptor.is_flexible) descriptor.layer->base_index = in.u8();
  }
  if (descriptor.is_flexible && descriptor.is_predicted) {
    unsigned difference = 1;
    while ((difference & 1) != 0) {
      if (descriptor.difference_count == descriptor.differences.size()) {
        return fail(PayloadError::Forbidden);
      }
      difference = in.u8();
      descriptor.differences[descriptor.difference_count++] =
          static_cast<std::uint8_t>(difference >> 1);
    }
  }
  if ((first & 0x02) != 0) descriptor.structure = parse_structure(in);
  if (!in.ok()) return fail(PayloadError::Truncated);
  return descriptor;
}

void Vp9Descriptor::write(rtp::ByteWriter& out) const {
  out.u8((picture_id ? 0x80u : 0) | (is_predicted ? 0x40u : 0) | (layer ? 0x20u : 0) |
         (is_flexible ? 0x10u : 0) | (begins_layer ? 0x08u : 0) | (ends_layer ? 0x04u : 0) |
         (structure ? 0x02u : 0) | (is_unused_above ? 0x01u : 0));
  if (picture_id && has_long_picture_id) out.u16(0x8000u | *picture_id);
  if (picture_id && !has_long_picture_id) out.u8(*picture_id & 0x7Fu);
  if (layer) {
    out.u8(static_cast<unsigned>(layer->temporal_id) << 5 | (layer->is_switching_up ? 0x10u : 0) |
           static_cast<unsigned>(layer->spatial_id) << 1 | (layer->uses_lower_layer ? 1u : 0));
    if (!is_flexible) out.u8(layer->base_index);
  }
  for (unsigned i = 0; i < difference_count; ++i) {
    out.u8(static_cast<unsigned>(differences[i]) << 1 | (i + 1u < difference_count ? 1u : 0));
  }
  if (structure) write_structure(*structure, out);
}

Result<VideoPayload, PayloadError> parse_vp9(std::span<const std::byte> payload) {
  ByteReader in{payload};
  const auto descriptor = Vp9Descriptor::parse(in);
  if (!descriptor) return fail(descriptor.error());
  if (in.empty()) return fail(PayloadError::Truncated);
  const bool is_base = !descriptor->layer || descriptor->layer->spatial_id == 0;
  VideoPayload parsed{.data = in.rest(),
                      .begins_frame = descriptor->begins_layer && is_base,
                      .is_key = !descriptor->is_predicted && is_base,
                      .picture_id = descriptor->picture_id};
  if (descriptor->layer && !descriptor->is_flexible) {
    parsed.temporal = {.id = descriptor->layer->temporal_id,
                       .base_index = descriptor->layer->base_index};
  }
  if (descriptor->structure) parsed.group = descriptor->structure->group;
  return parsed;
}

std::optional<PictureSize> vp9_key_frame_size(std::span<const std::byte> frame) {
  BitReader in{frame};
  if (in.bits(2) != 2) return std::nullopt;  // frame_marker
  const unsigned low = in.bits(1);
  const unsigned profile = in.bits(1) << 1 | low;
  if (profile == 3 && in.bits(1) != 0) return std::nullopt;
  if (in.bits(1) != 0) return std::nullopt;  // show_existing_frame
  if (in.bits(1) != 0) return std::nullopt;  // frame_type: NON_KEY_FRAME
  in.bits(2);                                // show_frame, error_resilient_mode
  if (in.bits(24) != 0x498342) return std::nullopt;
  if (profile >= 2) in.bits(1);  // ten_or_twelve_bit
  constexpr unsigned kRgb = 7;
  const bool is_rgb = in.bits(3) == kRgb;
  if (!is_rgb) in.bits(1);  // color_range
  if (profile == 1 || profile == 3) in.bits(is_rgb ? 1 : 3);
  const unsigned width = in.bits(16) + 1;
  const unsigned height = in.bits(16) + 1;
  if (!in.ok() || width > UINT16_MAX || height > UINT16_MAX) return std::nullopt;
  return PictureSize{.width = static_cast<std::uint16_t>(width),
                     .height = static_cast<std::uint16_t>(height)};
}

bool Vp9Packetizer::begin(std::span<const std::byte> frame, bool is_key) {
  is_key_ = is_key;
  size_ = is_key ? vp9_key_frame_size(frame) : std::nullopt;
  picture_id_ = (picture_id_ + 1) & 0x7FFF;
  return frame_.begin(frame);
}

std::size_t Vp9Packetizer::write(std::span<std::byte> out) {
  Vp9Descriptor descriptor{.picture_id = picture_id_,
                           .has_long_picture_id = true,
                           .is_predicted = !is_key_,
                           .begins_layer = frame_.at_begin()};
  if (is_key_ && frame_.at_begin()) {
    descriptor.structure = {.has_sizes = size_.has_value(), .group = kGroup};
    descriptor.structure->sizes[0] = size_.value_or(PictureSize{});
  }
  rtp::ByteWriter writer{out};
  descriptor.write(writer);
  constexpr std::size_t kPlainSize = 3;  // of the descriptors that follow
  const std::size_t extra = writer.size() - kPlainSize;
  const std::size_t wanted = chunk_size(frame_.left() + extra, out.size() - kPlainSize);
  const auto piece = frame_.take(wanted > extra ? wanted - extra : 1);
  descriptor.ends_layer = done();
  writer.rewind(0);
  descriptor.write(writer);
  writer.bytes(piece);
  return writer.size();
}

}  // namespace duet::media
