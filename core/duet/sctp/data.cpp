// SPDX-License-Identifier: MIT
// Data, its acknowledgement and its end to values and back.
#include <duet/sctp/data.hpp>

#include <cstring>

namespace duet::sctp {

Result<DataChunk, DataError> DataChunk::parse(const Chunk& chunk) {
  const bool is_interleaved = chunk.type == ChunkType::IData;
  const std::size_t header = is_interleaved ? kIDataHeaderSize : kDataHeaderSize;
  if (chunk.value.size() < header) return fail(DataError::Truncated);
  if (chunk.value.size() == header) return fail(DataError::NoUserData);
  const std::byte* at = chunk.value.data();
  DataChunk data{.is_interleaved = is_interleaved,
                 .flags = chunk.flags,
                 .tsn = Tsn{load32(at)},
                 .stream = StreamId{load16(at + 4)},
                 .payload = chunk.value.subspan(header)};
  if (!is_interleaved) {
    data.message = load16(at + 6);
    data.ppid = Ppid{load32(at + 8)};
    return data;
  }
  data.message = load32(at + 8);
  if (data.begins()) {
    data.ppid = Ppid{load32(at + 12)};
  } else {
    data.fragment = load32(at + 12);
  }
  return data;
}

void DataChunk::serialize(PacketWriter& out) const {
  const std::size_t header = is_interleaved ? kIDataHeaderSize : kDataHeaderSize;
  std::byte* at =
      out.add(is_interleaved ? ChunkType::IData : ChunkType::Data, flags, header + payload.size())
          .data();
  store32(at, tsn.value());
  store16(at + 4, stream.value());
  if (is_interleaved) {
    store16(at + 6, 0);
    store32(at + 8, message);
    store32(at + 12, begins() ? ppid.value() : fragment);
  } else {
    store16(at + 6, static_cast<std::uint16_t>(message));
    store32(at + 8, ppid.value());
  }
  std::memcpy(at + header, payload.data(), payload.size());
}

Result<Sack, DataError> Sack::parse(std::span<const std::byte> value) {
  if (value.size() < 12) return fail(DataError::Truncated);
  const std::size_t gaps = 4 * std::size_t{load16(value.data() + 8)};
  const std::size_t duplicates = 4 * std::size_t{load16(value.data() + 10)};
  if (value.size() < 12 + gaps + duplicates) return fail(DataError::Truncated);
  return Sack{.cumulative = Tsn{load32(value.data())},
              .window = load32(value.data() + 4),
              .gaps = value.subspan(12, gaps),
              .duplicates = value.subspan(12 + gaps, duplicates)};
}

Result<ForwardTsn, DataError> ForwardTsn::parse(const Chunk& chunk) {
  if (chunk.value.size() < 4) return fail(DataError::Truncated);
  const bool is_interleaved = chunk.type == ChunkType::IForwardTsn;
  const auto streams = chunk.value.subspan(4);
  if (streams.size() % (is_interleaved ? 8 : 4) != 0) return fail(DataError::Truncated);
  return ForwardTsn{.is_interleaved = is_interleaved,
                    .cumulative = Tsn{load32(chunk.value.data())},
                    .streams = streams};
}

ForwardTsn::Skipped ForwardTsn::skipped(std::size_t i) const {
  const std::byte* at = streams.data() + i * (is_interleaved ? 8 : 4);
  if (!is_interleaved) return {.stream = StreamId{load16(at)}, .message = load16(at + 2)};
  return {.stream = StreamId{load16(at)},
          .is_unordered = (load16(at + 2) & 1) != 0,
          .message = load32(at + 4)};
}

}  // namespace duet::sctp
