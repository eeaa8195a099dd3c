// SPDX-License-Identifier: MIT
// SCTP packets: views stay inside of what came, and what was understood is the same again after it
// was written.
#include <duet/base/check.hpp>
#include <duet/sctp/data.hpp>
#include <duet/sctp/init.hpp>
#include <duet/sctp/packet.hpp>
#include <duet/sctp/parameter.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace duet::sctp {
namespace {

void check_inside(std::span<const std::byte> part, std::span<const std::byte> whole) {
  if (part.empty()) return;
  DUET_CHECK(part.data() >= whole.data());
  DUET_CHECK(part.data() + part.size() <= whole.data() + whole.size());
}

void check_data(const Chunk& chunk) {
  const auto data = DataChunk::parse(chunk);
  if (!data) return;
  check_inside(data->payload, chunk.value);
  std::array<std::byte, 70000> buffer{};
  PacketWriter out{buffer, 1, 2, VerificationTag{3}};
  data->serialize(out);
  const auto packet = Packet::parse(out.finish(ChecksumRule::Crc32c), ChecksumRule::Crc32c);
  DUET_CHECK(packet.has_value());
  const auto again = DataChunk::parse(*ChunkReader{packet->chunks}.next());
  DUET_CHECK(again && again->tsn == data->tsn && again->stream == data->stream);
  DUET_CHECK(again->message == data->message && again->fragment == data->fragment);
  DUET_CHECK(again->ppid == data->ppid && again->flags == data->flags);
  DUET_CHECK(std::equal(again->payload.begin(), again->payload.end(), data->payload.begin(),
                        data->payload.end()));
}

void check_init(const Chunk& chunk, Init::Kind kind) {
  auto init = Init::parse(chunk.value, kind);
  if (!init) return;
  DUET_CHECK(init->tag != VerificationTag{} && init->window >= 1500);
  DUET_CHECK(init->unrecognized.size() <= Init::kMaxUnrecognized);
  init->unrecognized.clear();  // written as reports, which are not read again
  DUET_CHECK(Init::parse(init->serialize(), kind) == init);
}

void check_chunk(const Chunk& chunk) {
  switch (chunk.type) {
    case ChunkType::Data:
    case ChunkType::IData:
      return check_data(chunk);
    case ChunkType::Init:
      return check_init(chunk, Init::Kind::Init);
    case ChunkType::InitAck:
      return check_init(chunk, Init::Kind::InitAck);
    case ChunkType::Sack:
      if (const auto sack = Sack::parse(chunk.value)) {
        check_inside(sack->gaps, chunk.value);
        check_inside(sack->duplicates, chunk.value);
        for (std::size_t i = 0; i < sack->gap_count(); ++i) (void)sack->gap(i);
      }
      return;
    case ChunkType::ForwardTsn:
    case ChunkType::IForwardTsn:
      if (const auto forward = ForwardTsn::parse(chunk)) {
        for (std::size_t i = 0; i < forward->skipped_count(); ++i) (void)forward->skipped(i);
      }
      return;
    default: {
      ParameterReader parameters{chunk.value};
      while (const auto parameter = parameters.next()) check_inside(parameter->whole, chunk.value);
    }
  }
}

}  // namespace
}  // namespace duet::sctp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace duet::sctp;
  const auto bytes = std::as_bytes(std::span{data, size});
  const auto packet = Packet::parse(bytes, ChecksumRule::Crc32cOrZero);
  if (!packet) return 0;
  ChunkReader chunks{packet->chunks};
  std::size_t count = 0;
  while (const auto chunk = chunks.next()) {
    DUET_CHECK(++count <= size / kChunkHeaderSize);
    check_inside(chunk->value, bytes);
    check_chunk(*chunk);
  }
  return 0;
}
