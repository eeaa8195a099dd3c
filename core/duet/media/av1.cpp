// SPDX-License-Identifier: MIT
// AV1 in RTP.
#include <duet/media/av1.hpp>
#include <duet/media/chunk.hpp>
#include <duet/rtp/byte_writer.hpp>

#include <algorithm>
#include <utility>

namespace duet::media {
namespace {

// The OBU header (AV1 bitstream §5.3.2) and the aggregation header (AV1 RTP §4.4):
//
//      0 1 2 3 4 5 6 7            0 1 2 3 4 5 6 7
//     +-+-+-+-+-+-+-+-+          +-+-+-+-+-+-+-+-+
//     |F| type  |X|S|-|          |Z|Y| W |N|-|-|-|
//     +-+-+-+-+-+-+-+-+          +-+-+-+-+-+-+-+-+
constexpr std::byte kForbiddenInObu{0x80};  // F
constexpr std::byte kHasExtension{0x04};
constexpr std::byte kHasSize{0x02};
constexpr std::byte kContinues{0x80};       // Z
constexpr std::byte kIsContinued{0x40};     // Y
constexpr std::byte kBeginsSequence{0x08};  // N
constexpr std::size_t kAggregationSize = 1;
constexpr std::size_t kMaxCounted = 3;  // that W can say

constexpr bool has(std::byte flags, std::byte flag) { return (flags & flag) != std::byte{0}; }

constexpr std::size_t leb128_size(std::size_t value) {
  std::size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}

template <class F>
void write_leb128(std::size_t value, F put) {
  for (; value >= 0x80; value >>= 7) put(static_cast<std::byte>((value & 0x7F) | 0x80));
  put(static_cast<std::byte>(value));
}

bool is_sent(ObuType type) {
  return type != ObuType::TemporalDelimiter && type != ObuType::TileList;
}

/// Bytes of an OBU as it is sent: without its size.
void write_part(const Obu& obu, std::size_t offset, std::size_t size, rtp::ByteWriter& out) {
  for (; size > 0 && offset < obu.header.size(); ++offset, --size) {
    const std::byte kept = offset == 0 ? obu.header[0] & ~kHasSize : obu.header[offset];
    out.u8(std::to_integer<unsigned>(kept));
  }
  if (size > 0) out.bytes(obu.payload.subspan(offset - obu.header.size(), size));
}

/// Tells `take` each element, and whether it is the last one.
/// @return false if the payload isn't whole, or `take` said no
template <class F>
bool for_each_element(std::span<const std::byte> payload, F take) {
  ByteReader in{payload};
  const unsigned count = in.u8() >> 4 & 3;
  if (in.empty()) return false;
  for (unsigned i = 0; !in.empty(); ++i) {
    std::size_t size = in.size();
    if (count == 0 || i + 1 < count) {
      const auto told = read_leb128(in);
      if (!told) return false;
      size = *told;
    }
    const auto element = in.bytes(size);
    if (!in.ok() || element.empty()) return false;
    if (count != 0 && i + 1 == count && !in.empty()) return false;
    if (count != 0 && i + 1 < count && in.empty()) return false;
    if (!take(element, in.empty())) return false;
  }
  return true;
}

}  // namespace

std::optional<std::uint32_t> read_leb128(ByteReader& in) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < 8; ++i) {
    const std::uint64_t byte = in.u8();
    value |= (byte & 0x7F) << (7 * i);
    if ((byte & 0x80) != 0) continue;
    if (!in.ok() || value > UINT32_MAX) return std::nullopt;
    return static_cast<std::uint32_t>(value);
  }
  return std::nullopt;
}

Result<Obu, PayloadError> Obu::parse(ByteReader& in) {
  const auto from = in.rest();
  const std::byte first{in.u8()};
  if (has(first, kForbiddenInObu)) return fail(PayloadError::Forbidden);
  const std::size_t header_size = has(first, kHasExtension) ? 2 : 1;
  in.bytes(header_size - 1);
  std::size_t size = in.size();
  if (has(first, kHasSize)) {
    const auto told = read_leb128(in);
    if (!told) return fail(PayloadError::Truncated);
    size = *told;
  }
  const auto payload = in.bytes(size);
  if (!in.ok()) return fail(PayloadError::Truncated);
  return Obu{.header = from.first(header_size), .payload = payload};
}

Result<VideoPayload, PayloadError> parse_av1(std::span<const std::byte> payload) {
  if (payload.empty()) return fail(PayloadError::Truncated);
  const bool begins_sequence = has(payload[0], kBeginsSequence);
  if (begins_sequence && has(payload[0], kContinues)) return fail(PayloadError::Forbidden);
  const bool is_whole =
      for_each_element(payload, [](std::span<const std::byte>, bool) { return true; });
  if (!is_whole) return fail(PayloadError::Truncated);
  return VideoPayload{.data = payload, .begins_frame = begins_sequence, .is_key = begins_sequence};
}

bool Av1Packetizer::begin(std::span<const std::byte> frame, bool is_key) {
  obus_.clear();
  next_ = 0;
  offset_ = 0;
  begins_sequence_ = is_key;
  for (ByteReader in{frame}; !in.empty();) {
    const auto obu = Obu::parse(in);
    if (!obu) {
      obus_.clear();
      return false;
    }
    if (is_sent(obu->type())) obus_.push_back(*obu);
  }
  return !obus_.empty();
}

std::size_t Av1Packetizer::left() const {
  std::size_t sum = 0;
  for (std::size_t i = next_; i < obus_.size(); ++i) {
    const std::size_t size =
        obus_[i].header.size() + obus_[i].payload.size() - (i == next_ ? offset_ : 0);
    sum += size + (i + 1 < obus_.size() ? leb128_size(size) : 0);
  }
  return sum;
}

std::size_t Av1Packetizer::write(std::span<std::byte> out) {
  const std::size_t limit = kAggregationSize + chunk_size(left(), out.size() - kAggregationSize);
  rtp::ByteWriter writer{out.first(limit)};
  writer.u8(0);
  std::byte head{0};
  if (offset_ > 0) head |= kContinues;
  if (std::exchange(begins_sequence_, false)) head |= kBeginsSequence;
  unsigned count = 0;
  for (bool is_last = false; !is_last; ++count) {
    const Obu& obu = obus_[next_];
    const std::size_t rest = obu.header.size() + obu.payload.size() - offset_;
    // The last one's size is left out. None follows where it would have no room.
    is_last = next_ + 1 == obus_.size() || count + 1 == kMaxCounted ||
              leb128_size(rest) + rest + 2 > writer.left();
    const std::size_t size = is_last ? std::min(rest, writer.left()) : rest;
    if (!is_last) write_leb128(size, [&](std::byte b) { writer.u8(std::to_integer<unsigned>(b)); });
    write_part(obu, offset_, size, writer);
    offset_ += size;
    if (size == rest) {
      ++next_;
      offset_ = 0;
    }
  }
  if (offset_ > 0) head |= kIsContinued;
  out[0] = head | static_cast<std::byte>(count << 4);
  return writer.size();
}

void Av1Builder::begin() {
  obu_.clear();
  is_open_ = false;
}

bool Av1Builder::add(std::span<const std::byte> data, std::vector<std::byte>& out) {
  const bool continues = has(data[0], kContinues);
  const bool is_continued = has(data[0], kIsContinued);
  if (continues != is_open_) return false;
  return for_each_element(data, [&](std::span<const std::byte> element, bool is_last) {
    obu_.insert(obu_.end(), element.begin(), element.end());
    is_open_ = is_last && is_continued;
    return is_open_ || flush(out);
  });
}

bool Av1Builder::flush(std::vector<std::byte>& out) {
  ByteReader in{obu_};
  const auto obu = Obu::parse(in);
  if (!obu || !in.empty()) return false;
  if (is_sent(obu->type())) {
    out.push_back(obu->header[0] | kHasSize);
    if (obu->header.size() > 1) out.push_back(obu->header[1]);
    write_leb128(obu->payload.size(), [&](std::byte b) { out.push_back(b); });
    out.insert(out.end(), obu->payload.begin(), obu->payload.end());
  }
  obu_.clear();
  return true;
}

}  // namespace duet::media
