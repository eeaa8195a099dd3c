// SPDX-License-Identifier: MIT
// Packets to views and back.
#include <duet/base/check.hpp>
#include <duet/sctp/crc32c.hpp>
#include <duet/sctp/packet.hpp>
#include <duet/sctp/wire.hpp>

#include <algorithm>
#include <array>
#include <cstring>

namespace duet::sctp {
namespace {

constexpr std::size_t kChecksumAt = 8;

/// As it stands in the packet: least significant byte first (RFC 9260 Appendix A).
std::uint32_t checksum_of(std::span<const std::byte> packet) {
  constexpr std::array<std::byte, 4> kZero{};
  std::uint32_t sum = crc32c(packet.first(kChecksumAt));
  sum = crc32c(kZero, sum);
  sum = crc32c(packet.subspan(kPacketHeaderSize), sum);
  return sum >> 24 | (sum >> 8 & 0xFF00) | (sum << 8 & 0xFF0000) | sum << 24;
}

}  // namespace

std::optional<Chunk> ChunkReader::next() {
  if (rest_.empty()) return std::nullopt;
  const std::size_t length = rest_.size() < kChunkHeaderSize ? 0 : load16(rest_.data() + 2);
  if (length < kChunkHeaderSize || length > rest_.size()) {
    ok_ = false;
    rest_ = {};
    return std::nullopt;
  }
  const Chunk chunk{.type = static_cast<ChunkType>(rest_[0]),
                    .flags = std::to_integer<std::uint8_t>(rest_[1]),
                    .value = rest_.subspan(kChunkHeaderSize, length - kChunkHeaderSize)};
  // The last chunk's padding may be missing: nobody needs it.
  rest_ = rest_.subspan(std::min(padded(length), rest_.size()));
  return chunk;
}

Result<Packet, PacketError> Packet::parse(std::span<const std::byte> bytes, ChecksumRule rule) {
  if (bytes.size() < kPacketHeaderSize + kChunkHeaderSize) return fail(PacketError::Truncated);
  const std::uint32_t checksum = load32(bytes.data() + kChecksumAt);
  const bool is_unchecked = checksum == 0 && rule == ChecksumRule::Crc32cOrZero;
  if (!is_unchecked && checksum != checksum_of(bytes)) return fail(PacketError::BadChecksum);
  return Packet{.source_port = load16(bytes.data()),
                .destination_port = load16(bytes.data() + 2),
                .tag = VerificationTag{load32(bytes.data() + 4)},
                .chunks = bytes.subspan(kPacketHeaderSize)};
}

PacketWriter::PacketWriter(std::span<std::byte> buffer, std::uint16_t source_port,
                           std::uint16_t destination_port, VerificationTag tag)
    : buffer_{buffer.first(buffer.size() & ~std::size_t{3})} {
  DUET_CHECK(buffer_.size() >= kPacketHeaderSize + kChunkHeaderSize);
  store16(buffer_.data(), source_port);
  store16(buffer_.data() + 2, destination_port);
  store32(buffer_.data() + 4, tag.value());
  store32(buffer_.data() + kChecksumAt, 0);
}

std::size_t PacketWriter::room() const {
  const std::size_t left = buffer_.size() - size_;
  return left <= kChunkHeaderSize ? 0 : left - kChunkHeaderSize;
}

std::span<std::byte> PacketWriter::add(ChunkType type, std::uint8_t flags, std::size_t value_size) {
  DUET_CHECK(fits(value_size));
  const std::size_t length = kChunkHeaderSize + value_size;
  std::byte* at = buffer_.data() + size_;
  at[0] = static_cast<std::byte>(type);
  at[1] = static_cast<std::byte>(flags);
  store16(at + 2, static_cast<std::uint16_t>(length));
  for (std::size_t i = length; i < padded(length); ++i) at[i] = std::byte{0};
  size_ += padded(length);
  return {at + kChunkHeaderSize, value_size};
}

void PacketWriter::add(ChunkType type, std::uint8_t flags, std::span<const std::byte> value) {
  const auto place = add(type, flags, value.size());
  if (!value.empty()) std::memcpy(place.data(), value.data(), value.size());
}

std::span<const std::byte> PacketWriter::finish(ChecksumRule rule) {
  const auto packet = buffer_.first(size_);
  if (rule == ChecksumRule::Crc32c) store32(packet.data() + kChecksumAt, checksum_of(packet));
  return packet;
}

}  // namespace duet::sctp
