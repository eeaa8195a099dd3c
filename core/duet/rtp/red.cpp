// SPDX-License-Identifier: MIT
// Redundant blocks out of bytes and back; parity headers out of bytes.
#include <duet/base/bytes.hpp>
#include <duet/rtp/byte_writer.hpp>
#include <duet/rtp/red.hpp>

namespace duet::rtp {
namespace {

constexpr int kMaxOffset = 0x3FFF;        // RFC 2198 §3: 14 bits
constexpr std::size_t kMaxBlock = 0x3FF;  // RFC 2198 §3: 10 bits

bool fits(const RedBlock& block, Timestamp primary) {
  const std::int32_t offset = distance(block.timestamp, primary);
  return offset >= 0 && offset <= kMaxOffset && block.data.size() <= kMaxBlock;
}

}  // namespace

Result<Red, RedundancyError> Red::parse(Timestamp timestamp, std::span<const std::byte> payload) {
  ByteReader in{payload};
  Red red;
  std::array<std::size_t, kMaxRedBlocks> sizes{};
  for (bool more = true; more;) {
    if (red.count_ == kMaxRedBlocks) return fail(RedundancyError::TooMany);
    const std::uint8_t first = in.u8();
    more = (first & 0x80) != 0;
    RedBlock& block = red.blocks_[red.count_];
    block.payload_type = PayloadType{static_cast<std::uint8_t>(first & 0x7F)};
    block.timestamp = timestamp;
    if (more) {
      const std::uint32_t high = in.u8();
      const std::uint32_t rest = high << 16 | in.u16();
      block.timestamp = timestamp + -static_cast<std::int64_t>(rest >> 10);
      sizes[red.count_] = rest & 0x3FF;
    }
    ++red.count_;
  }
  for (std::size_t i = 0; i + 1 < red.count_; ++i) red.blocks_[i].data = in.bytes(sizes[i]);
  if (!in.ok()) return fail(RedundancyError::Truncated);
  red.blocks_[red.count_ - 1].data = in.rest();
  return red;
}

std::span<std::byte> write_red(std::span<const RedBlock> blocks, std::span<std::byte> out) {
  if (blocks.empty()) return {};
  const RedBlock& primary = blocks.back();
  const auto redundant = blocks.first(blocks.size() - 1);
  ByteWriter writer{out};
  for (const RedBlock& block : redundant) {
    if (!fits(block, primary.timestamp)) continue;
    const auto offset = static_cast<std::uint32_t>(distance(block.timestamp, primary.timestamp));
    writer.u8(0x80u | (block.payload_type.value() & 0x7Fu));
    writer.u24(offset << 10 | static_cast<std::uint32_t>(block.data.size()));
  }
  writer.u8(primary.payload_type.value() & 0x7Fu);
  for (const RedBlock& block : redundant) {
    if (fits(block, primary.timestamp)) writer.bytes(block.data);
  }
  writer.bytes(primary.data);
  if (!writer.ok()) return {};
  return writer.written();
}

Result<UlpfecHeader, RedundancyError> UlpfecHeader::parse(std::span<const std::byte> payload) {
  ByteReader in{payload};
  UlpfecHeader header;
  const bool long_mask = (in.u8() & 0x40) != 0;  // L
  in.u8();
  header.base = SequenceNumber{in.u16()};
  in.u32();  // timestamp recovery
  in.u16();  // length recovery
  header.protected_size = in.u16();
  header.mask = std::uint64_t{in.u16()} << 32;
  if (long_mask) header.mask |= in.u32();
  header.parity = in.bytes(header.protected_size);
  if (!in.ok()) return fail(RedundancyError::Truncated);
  return header;
}

}  // namespace duet::rtp
