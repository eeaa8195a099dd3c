// SPDX-License-Identifier: MIT
// RTP packets into bytes.
#include <duet/rtp/packet.hpp>
#include <duet/rtp/packet_writer.hpp>

#include <algorithm>
#include <cstring>

namespace duet::rtp {
namespace {

constexpr std::size_t kMaxCsrcs = 15;  // RFC 3550 §5.1: four bits count them

}  // namespace

PacketWriter::PacketWriter(std::span<std::byte> buffer, const PacketHeader& header,
                           std::size_t tail_room, ExtensionForm form)
    : out_{buffer.first(buffer.size() - std::min(tail_room, buffer.size()))}, form_{form} {
  out_.u8(0x80);
  out_.u8((header.marker ? 0x80u : 0u) | (header.payload_type.value() & 0x7Fu));
  out_.u16(header.sequence.value());
  out_.u32(header.timestamp.value());
  out_.u32(header.ssrc.value());
}

void PacketWriter::set_flag(unsigned bits) {
  if (out_.ok()) out_.written()[0] |= static_cast<std::byte>(bits);
}

void PacketWriter::add_csrc(Ssrc ssrc) {
  if (!out_.ok()) return;
  const auto count = std::to_integer<std::size_t>(out_.written()[0]) & 0xF;
  if (stage_ != Stage::Csrcs || count == kMaxCsrcs) {
    ok_ = false;
    return;
  }
  out_.u32(ssrc.value());
  if (out_.ok()) out_.written()[0] = static_cast<std::byte>(0x80 | (count + 1));
}

void PacketWriter::add_extension(std::uint8_t id, std::span<const std::byte> value) {
  if (id == 0) return;
  const bool one_byte = form_ == ExtensionForm::OneByte;
  const bool fits =
      one_byte ? id <= 14 && !value.empty() && value.size() <= 16 : value.size() <= 255;
  if (!fits || stage_ > Stage::Extensions) {
    ok_ = false;
    return;
  }
  if (stage_ == Stage::Csrcs) {
    stage_ = Stage::Extensions;
    extension_at_ = out_.size();
    out_.u16(one_byte ? kOneByteProfile : kTwoByteProfile);
    out_.u16(0);
    set_flag(0x10);
  }
  if (one_byte) {
    out_.u8(std::size_t{id} << 4 | (value.size() - 1));
  } else {
    out_.u8(id);
    out_.u8(value.size());
  }
  out_.bytes(value);
}

void PacketWriter::end_extensions() {
  if (stage_ == Stage::Extensions) {
    out_.zeros((4 - out_.size() % 4) % 4);
    out_.set_u16(extension_at_ + 2, (out_.size() - extension_at_ - 4) / 4);
  }
  stage_ = std::max(stage_, Stage::Payload);
}

std::span<std::byte> PacketWriter::payload(std::size_t size) {
  end_extensions();
  if (stage_ != Stage::Payload) {
    ok_ = false;
    return {};
  }
  return out_.room(size);
}

void PacketWriter::add_payload(std::span<const std::byte> bytes) {
  const auto room = payload(bytes.size());
  if (!room.empty()) std::memcpy(room.data(), bytes.data(), room.size());
}

void PacketWriter::add_padding(std::size_t size) {
  end_extensions();
  if (stage_ == Stage::Padding || size == 0 || size > 255) {
    ok_ = false;
    return;
  }
  stage_ = Stage::Padding;
  set_flag(0x20);
  out_.zeros(size - 1);
  out_.u8(size);
}

std::span<std::byte> PacketWriter::finish() {
  end_extensions();
  if (!ok()) return {};
  return out_.written();
}

}  // namespace duet::rtp
