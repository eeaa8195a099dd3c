// SPDX-License-Identifier: MIT
// H.264 in RTP.
#include <duet/base/bytes.hpp>
#include <duet/media/chunk.hpp>
#include <duet/media/h264.hpp>
#include <duet/rtp/byte_writer.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace duet::media {
namespace {

constexpr std::array kStartCode{std::byte{0}, std::byte{0}, std::byte{0}, std::byte{1}};
constexpr std::size_t kFragmentHead = 2;  // FU indicator, FU header (RFC 6184 §5.8)
constexpr std::size_t kLengthSize = 2;    // before each unit of a STAP-A (§5.7.1)
constexpr std::byte kForbidden{0x80};     // F
constexpr std::byte kImportance{0x60};    // NRI
constexpr std::byte kTypeMask{0x1F};
constexpr std::byte kStart{0x80};  // of the FU header
constexpr std::byte kEnd{0x40};

/// The other types are RTP's, or nobody's.
constexpr bool is_unit(NalType type) { return type > NalType{0} && type < NalType::StapA; }

void append(std::vector<std::byte>& out, std::span<const std::byte> bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

/// Tells `take` each unit of a STAP-A without its first byte. @return false if it isn't whole
template <class F>
bool for_each_unit(std::span<const std::byte> aggregate, F take) {
  ByteReader in{aggregate};
  do {
    const auto unit = in.bytes(in.u16());
    if (!in.ok() || unit.empty()) return false;
    take(unit);
  } while (!in.empty());
  return true;
}

/// Where the next start code of three bytes begins; the stream's end if there is none.
std::size_t find_start_code(std::span<const std::byte> stream, std::size_t from) {
  for (std::size_t at = from; at + 3 <= stream.size();) {
    // The third byte decides most often, and how far to go on.
    const auto third = std::to_integer<unsigned>(stream[at + 2]);
    if (third > 1) {
      at += 3;
    } else if (third == 1 && stream[at] == std::byte{0} && stream[at + 1] == std::byte{0}) {
      return at;
    } else {
      ++at;
    }
  }
  return stream.size();
}

}  // namespace

void split_annex_b(std::span<const std::byte> stream,
                   std::vector<std::span<const std::byte>>& units) {
  units.clear();
  for (std::size_t code = find_start_code(stream, 0); code < stream.size();) {
    const std::size_t begin = code + 3;
    code = find_start_code(stream, begin);
    std::size_t end = code;
    // Zeros before a start code are its own, or padding: a unit does not end with one.
    while (end > begin && stream[end - 1] == std::byte{0}) --end;
    if (end > begin) units.push_back(stream.subspan(begin, end - begin));
  }
}

Result<VideoPayload, PayloadError> parse_h264(std::span<const std::byte> payload) {
  if (payload.empty()) return fail(PayloadError::Truncated);
  VideoPayload parsed{.data = payload};
  const auto look = [&](NalType type, bool is_first) {
    if (type == NalType::Slice) parsed.is_inter = true;
    if (type == NalType::IdrSlice || type == NalType::SequenceParameters) parsed.is_key = true;
    // Browsers, and this project, begin each key frame with one of these.
    if (is_first && (type == NalType::SequenceParameters || type == NalType::Delimiter)) {
      parsed.begins_frame = true;
    }
  };
  const NalType type = nal_type(payload[0]);
  if (type == NalType::StapA) {
    bool is_first = true;
    const bool is_whole = for_each_unit(payload.subspan(1), [&](std::span<const std::byte> unit) {
      look(nal_type(unit[0]), std::exchange(is_first, false));
    });
    if (!is_whole) return fail(PayloadError::Truncated);
  } else if (type == NalType::FuA) {
    if (payload.size() <= kFragmentHead) return fail(PayloadError::Truncated);
    const bool starts = (payload[1] & kStart) != std::byte{0};
    if (starts && (payload[1] & kEnd) != std::byte{0}) return fail(PayloadError::Forbidden);
    look(nal_type(payload[1]), starts);
  } else if (!is_unit(type)) {
    return fail(PayloadError::Unsupported);
  } else {
    look(type, true);
  }
  return parsed;
}

bool H264Packetizer::begin(std::span<const std::byte> frame, bool /*is_key*/) {
  split_annex_b(frame, units_);
  std::erase_if(units_, [](const auto& unit) { return !is_unit(nal_type(unit[0])); });
  next_ = 0;
  offset_ = 0;
  const bool fits =
      mode_ == PacketizationMode::NonInterleaved ||
      std::ranges::all_of(units_, [&](const auto& unit) { return unit.size() <= max_payload_; });
  if (!fits) units_.clear();
  return !units_.empty();
}

std::size_t H264Packetizer::units_that_fit() const {
  if (mode_ == PacketizationMode::SingleNalUnit) return 1;
  std::size_t size = 1;
  std::size_t count = 0;
  for (std::size_t i = next_; i < units_.size(); ++i, ++count) {
    size += kLengthSize + units_[i].size();
    if (size > max_payload_) break;
  }
  return count;
}

std::size_t H264Packetizer::write(std::span<std::byte> out) {
  const auto unit = units_[next_];
  if (unit.size() > max_payload_) return write_fragment(out);
  rtp::ByteWriter writer{out};
  const std::size_t count = units_that_fit();
  if (count < 2) {
    ++next_;
    writer.bytes(unit);
    return writer.size();
  }
  std::byte head{0};  // RFC 6184 §5.7: F if any has it, the highest NRI of them
  for (const auto& each : std::span{units_}.subspan(next_, count)) {
    head = ((head | each[0]) & kForbidden) | std::max(head & kImportance, each[0] & kImportance);
  }
  writer.u8(std::to_integer<unsigned>(head) | static_cast<unsigned>(NalType::StapA));
  for (const auto& each : std::span{units_}.subspan(next_, count)) {
    writer.u16(each.size());
    writer.bytes(each);
  }
  next_ += count;
  return writer.size();
}

std::size_t H264Packetizer::write_fragment(std::span<std::byte> out) {
  const auto unit = units_[next_];
  if (offset_ == 0) offset_ = 1;  // the unit's first byte goes in the two of the head
  const std::size_t size = chunk_size(unit.size() - offset_, max_payload_ - kFragmentHead);
  const bool is_last = offset_ + size == unit.size();
  rtp::ByteWriter writer{out};
  writer.u8(std::to_integer<unsigned>(unit[0] & ~kTypeMask) | static_cast<unsigned>(NalType::FuA));
  writer.u8(std::to_integer<unsigned>((unit[0] & kTypeMask) |
                                      (offset_ == 1 ? kStart : std::byte{0}) |
                                      (is_last ? kEnd : std::byte{0})));
  writer.bytes(unit.subspan(offset_, size));
  offset_ += size;
  if (is_last) {
    ++next_;
    offset_ = 0;
  }
  return writer.size();
}

bool H264Builder::add(std::span<const std::byte> data, std::vector<std::byte>& out) {
  const NalType type = nal_type(data[0]);
  if (type == NalType::FuA) return add_fragment(data, out);
  if (in_fragment_) return false;
  const auto add_unit = [&](std::span<const std::byte> unit) {
    append(out, kStartCode);
    append(out, unit);
  };
  if (type == NalType::StapA) return for_each_unit(data.subspan(1), add_unit);
  add_unit(data);
  return true;
}

bool H264Builder::add_fragment(std::span<const std::byte> data, std::vector<std::byte>& out) {
  const bool starts = (data[1] & kStart) != std::byte{0};
  if (starts == in_fragment_) return false;
  if (starts) {
    append(out, kStartCode);
    out.push_back((data[0] & ~kTypeMask) | (data[1] & kTypeMask));
  }
  append(out, data.subspan(kFragmentHead));
  in_fragment_ = (data[1] & kEnd) == std::byte{0};
  return true;
}

}  // namespace duet::media
