// SPDX-License-Identifier: MIT
// Key frames of four codecs, as far as the picture's size.
#include <duet/device/stream_head.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace duet::device {
namespace {

using Bytes = std::span<const std::byte>;

/// Bits, the highest of a byte first. Past the end all are 0 and ok() is false.
class BitReader {
 public:
  explicit BitReader(Bytes bytes) : bytes_{bytes} {}

  bool ok() const { return ok_; }

  std::uint32_t bits(int count) {
    std::uint32_t value = 0;
    for (int i = 0; i < count; ++i) value = value << 1 | bit();
    return value;
  }

  bool flag() { return bit() != 0; }

  void skip(int count) { bits(count); }

  /// ue(v) of H.264 §9.1 and uvlc() of AV1 §4.10.3: they are the same.
  std::uint32_t exp_golomb() {
    int zeros = 0;
    while (ok_ && zeros < 32 && !flag()) ++zeros;
    if (zeros >= 32) {
      ok_ = false;
      return 0;
    }
    return (std::uint32_t{1} << zeros) - 1 + bits(zeros);
  }

 private:
  std::uint32_t bit() {
    if (next_ >= bytes_.size() * 8) {
      ok_ = false;
      return 0;
    }
    const auto byte = std::to_integer<std::uint32_t>(bytes_[next_ / 8]);
    return byte >> (7 - next_++ % 8) & 1;
  }

  Bytes bytes_;
  std::size_t next_ = 0;
  bool ok_ = true;
};

std::uint8_t at(Bytes bytes, std::size_t index) {
  return index < bytes.size() ? std::to_integer<std::uint8_t>(bytes[index]) : std::uint8_t{0};
}

std::optional<StreamHead> head_with(std::uint64_t width, std::uint64_t height,
                                    std::vector<std::byte> parameters = {}) {
  constexpr std::uint64_t kMost = codec::kMaxSide;
  if (width == 0 || height == 0 || width > kMost || height > kMost) return std::nullopt;
  return StreamHead{{static_cast<int>(width), static_cast<int>(height)}, std::move(parameters)};
}

// RFC 6386 §9.1: three bytes of frame tag, a start code, 14 bits a side.
std::optional<StreamHead> vp8_head(Bytes frame) {
  if (frame.size() < 10 || (at(frame, 0) & 1) != 0) return std::nullopt;
  if (at(frame, 3) != 0x9D || at(frame, 4) != 0x01 || at(frame, 5) != 0x2A) return std::nullopt;
  const auto side = [&](std::size_t index) {
    return (at(frame, index) | std::uint32_t{at(frame, index + 1)} << 8) & 0x3FFFU;
  };
  return head_with(side(6), side(8));
}

// VP9 bitstream specification §6.2, uncompressed_header() of a key frame.
std::optional<StreamHead> vp9_head(Bytes frame) {
  constexpr std::uint32_t kSyncCode = 0x498342;
  constexpr std::uint32_t kRgb = 7;
  BitReader in{frame};
  if (in.bits(2) != 2) return std::nullopt;
  const std::uint32_t low = in.bits(1);
  const std::uint32_t profile = low | in.bits(1) << 1;
  if (profile == 3) in.skip(1);
  const bool shows_existing = in.flag();
  const bool is_not_key = in.flag();
  if (shows_existing || is_not_key) return std::nullopt;
  in.skip(2);  // show_frame, error_resilient_mode
  if (in.bits(24) != kSyncCode) return std::nullopt;
  if (profile >= 2) in.skip(1);  // ten_or_twelve_bit
  if (in.bits(3) != kRgb) {
    in.skip(1);  // color_range
    if (profile == 1 || profile == 3) in.skip(3);
  } else if (profile == 1 || profile == 3) {
    in.skip(1);
  }
  const std::uint32_t width = in.bits(16) + 1;
  const std::uint32_t height = in.bits(16) + 1;
  if (!in.ok()) return std::nullopt;
  return head_with(width, height);
}

/// A NAL unit without the bytes that keep start codes out of it (H.264 §7.4.1).
std::vector<std::byte> unescaped(Bytes nal) {
  std::vector<std::byte> out;
  out.reserve(nal.size());
  int zeros = 0;
  for (const std::byte byte : nal) {
    if (zeros >= 2 && byte == std::byte{3}) {
      zeros = 0;
      continue;
    }
    zeros = byte == std::byte{0} ? zeros + 1 : 0;
    out.push_back(byte);
  }
  return out;
}

void skip_scaling_lists(BitReader& in, int count) {
  for (int i = 0; i < count && in.ok(); ++i) {
    if (!in.flag()) continue;
    std::int64_t next = 8;
    for (int left = i < 6 ? 16 : 64; left > 0 && next != 0 && in.ok(); --left) {
      const std::int64_t code = in.exp_golomb();
      const std::int64_t delta = code % 2 == 0 ? -code / 2 : (code + 1) / 2;
      next = (next + delta) & 0xFF;
    }
  }
}

// H.264 §7.3.2.1.1
std::optional<codec::Size> sps_size(Bytes nal) {
  constexpr std::array<std::uint32_t, 10> kWithChroma = {100, 110, 122, 244, 44,
                                                         83,  86,  118, 128, 138};
  const auto plain = unescaped(nal.subspan(1));
  BitReader in{plain};
  const std::uint32_t profile = in.bits(8);
  in.skip(16);  // constraint flags, level
  in.exp_golomb();
  std::uint32_t chroma = 1;
  if (std::find(kWithChroma.begin(), kWithChroma.end(), profile) != kWithChroma.end()) {
    chroma = in.exp_golomb();
    if (chroma == 3) in.skip(1);
    in.exp_golomb();
    in.exp_golomb();
    in.skip(1);
    if (in.flag()) skip_scaling_lists(in, chroma == 3 ? 12 : 8);
  }
  in.exp_golomb();  // log2_max_frame_num_minus4
  const std::uint32_t order = in.exp_golomb();
  if (order == 0) in.exp_golomb();
  if (order == 1) {
    in.skip(1);
    in.exp_golomb();
    in.exp_golomb();
    const std::uint32_t cycle = std::min(in.exp_golomb(), 255U);
    for (std::uint32_t i = 0; i < cycle && in.ok(); ++i) in.exp_golomb();
  }
  in.exp_golomb();  // max_num_ref_frames
  in.skip(1);
  const std::uint64_t width = (std::uint64_t{in.exp_golomb()} + 1) * 16;
  const std::uint64_t map_height = (std::uint64_t{in.exp_golomb()} + 1) * 16;
  const bool frames_only = in.flag();
  if (!frames_only) in.skip(1);
  in.skip(1);  // direct_8x8_inference_flag
  const std::uint64_t fields = frames_only ? 1 : 2;
  const std::uint64_t height = map_height * fields;
  std::uint64_t cut_width = 0;
  std::uint64_t cut_height = 0;
  if (in.flag()) {
    const std::uint64_t unit_x = chroma == 1 || chroma == 2 ? 2 : 1;
    const std::uint64_t unit_y = (chroma == 1 ? 2 : 1) * fields;
    cut_width = in.exp_golomb() * unit_x;
    cut_width += in.exp_golomb() * unit_x;
    cut_height = in.exp_golomb() * unit_y;
    cut_height += in.exp_golomb() * unit_y;
  }
  if (!in.ok() || cut_width >= width || cut_height >= height) return std::nullopt;
  const auto head = head_with(width - cut_width, height - cut_height);
  if (!head) return std::nullopt;
  return head->size;
}

// H.264 annex B: NAL units between start codes.
std::optional<StreamHead> h264_head(Bytes frame) {
  constexpr std::uint8_t kSps = 7;
  constexpr std::uint8_t kPps = 8;
  constexpr std::array<std::byte, 3> kStart{std::byte{0}, std::byte{0}, std::byte{1}};
  std::optional<codec::Size> size;
  bool has_pps = false;
  std::vector<std::byte> parameters;
  auto from = std::search(frame.begin(), frame.end(), kStart.begin(), kStart.end());
  while (from != frame.end()) {
    from += kStart.size();
    const auto next = std::search(from, frame.end(), kStart.begin(), kStart.end());
    auto end = next;
    while (end != from && *(end - 1) == std::byte{0}) --end;  // of a start code of four bytes
    const Bytes nal{from, end};
    from = next;
    const int type = at(nal, 0) & 0x1F;
    if (nal.empty() || (type != kSps && type != kPps)) continue;
    if (type == kSps && !size) size = sps_size(nal);
    has_pps |= type == kPps;
    parameters.push_back(std::byte{0});
    parameters.insert(parameters.end(), kStart.begin(), kStart.end());
    parameters.insert(parameters.end(), nal.begin(), nal.end());
  }
  if (!size || !has_pps) return std::nullopt;
  return StreamHead{*size, std::move(parameters)};
}

// AV1 bitstream specification §5.5
std::optional<StreamHead> av1_sequence(Bytes obu, Bytes body) {
  BitReader in{body};
  in.skip(4);  // seq_profile, still_picture
  if (in.flag()) {
    in.skip(5);  // reduced_still_picture_header
  } else {
    int delay_bits = 0;
    if (in.flag()) {  // timing_info_present_flag
      in.skip(64);
      if (in.flag()) in.exp_golomb();
      if (in.flag()) {  // decoder_model_info_present_flag
        delay_bits = static_cast<int>(in.bits(5)) + 1;
        in.skip(42);
      }
    }
    const bool has_display_delay = in.flag();
    const std::uint32_t points = in.bits(5) + 1;
    for (std::uint32_t i = 0; i < points && in.ok(); ++i) {
      in.skip(12);
      if (in.bits(5) > 7) in.skip(1);
      if (delay_bits > 0 && in.flag()) in.skip(2 * delay_bits + 1);
      if (has_display_delay && in.flag()) in.skip(4);
    }
  }
  const int width_bits = static_cast<int>(in.bits(4)) + 1;
  const int height_bits = static_cast<int>(in.bits(4)) + 1;
  const std::uint64_t width = std::uint64_t{in.bits(width_bits)} + 1;
  const std::uint64_t height = std::uint64_t{in.bits(height_bits)} + 1;
  if (!in.ok()) return std::nullopt;
  return head_with(width, height, {obu.begin(), obu.end()});
}

// AV1 bitstream specification §5.3, each OBU with its size.
std::optional<StreamHead> av1_head(Bytes unit) {
  constexpr int kSequenceHeader = 1;
  while (!unit.empty()) {
    const std::uint8_t first = at(unit, 0);
    if ((first & 0x82) != 0x02) return std::nullopt;  // the forbidden bit, obu_has_size_field
    std::size_t head = (first & 4) != 0 ? 2 : 1;
    std::uint64_t size = 0;
    for (int i = 0;; ++i) {  // leb128()
      if (i == 8 || head >= unit.size()) return std::nullopt;
      const std::uint8_t byte = at(unit, head++);
      size |= std::uint64_t{byte & 0x7FU} << (7 * i);
      if ((byte & 0x80) == 0) break;
    }
    if (size > unit.size() - head) return std::nullopt;
    const std::size_t whole = head + static_cast<std::size_t>(size);
    if ((first >> 3 & 15) == kSequenceHeader)
      return av1_sequence(unit.first(whole), unit.subspan(head, whole - head));
    unit = unit.subspan(whole);
  }
  return std::nullopt;
}

template <std::size_t N>
std::vector<std::byte> bytes_of(const std::array<std::uint8_t, N>& values) {
  const auto bytes = std::as_bytes(std::span{values});
  return {bytes.begin(), bytes.end()};
}

// Constrained baseline, level 3.1, 1280x720: a sequence and a picture parameter set.
constexpr std::array<std::uint8_t, 36> kUsualH264 = {
    0x00, 0x00, 0x00, 0x01, 0x67, 0x42, 0xC0, 0x1F, 0xDA, 0x01, 0x40, 0x16,
    0xEC, 0x04, 0x40, 0x00, 0x00, 0x03, 0x00, 0x40, 0x00, 0x00, 0x0F, 0x03,
    0xC6, 0x0C, 0xA8, 0x00, 0x00, 0x00, 0x01, 0x68, 0xCE, 0x0F, 0x2C, 0x80};

// Main profile, level 3.1, 1280x720, 8 bits, 4:2:0.
constexpr std::array<std::uint8_t, 13> kUsualAv1 = {0x0A, 0x0B, 0x00, 0x00, 0x00, 0x2D, 0x4C,
                                                    0xFF, 0xB3, 0xCC, 0xAF, 0x90, 0x04};

// RFC 7845 §5.1: version 1, two channels, 312 samples that a decoder needs to begin, 48 kHz.
constexpr std::array<std::uint8_t, 19> kOpusHead = {
    'O', 'p', 'u', 's', 'H', 'e', 'a', 'd', 1, 2, 0x38, 1, 0x80, 0xBB, 0x00, 0x00, 0, 0, 0};

}  // namespace

std::optional<StreamHead> head_of(const media::EncodedFrame& key_frame) {
  switch (key_frame.codec) {
    case media::Codec::Vp8:
      return vp8_head(key_frame.bytes);
    case media::Codec::Vp9:
      return vp9_head(key_frame.bytes);
    case media::Codec::H264:
      return h264_head(key_frame.bytes);
    case media::Codec::Av1:
      return av1_head(key_frame.bytes);
    case media::Codec::Opus:
    case media::Codec::Pcmu:
    case media::Codec::Pcma:
      return usual_head(key_frame.codec);
  }
  return std::nullopt;
}

StreamHead usual_head(media::Codec codec) {
  constexpr codec::Size kUsual{1280, 720};
  switch (codec) {
    case media::Codec::H264:
      return {kUsual, bytes_of(kUsualH264)};
    case media::Codec::Av1:
      return {kUsual, bytes_of(kUsualAv1)};
    case media::Codec::Opus:
      return {{}, bytes_of(kOpusHead)};
    case media::Codec::Pcmu:
    case media::Codec::Pcma:
      return {};
    case media::Codec::Vp8:
    case media::Codec::Vp9:
      return {kUsual, {}};
  }
  return {};
}

}  // namespace duet::device
