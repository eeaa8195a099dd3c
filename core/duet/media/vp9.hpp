// SPDX-License-Identifier: MIT
// VP9 in RTP (RFC 9628).
#pragma once

#include <duet/media/chunk.hpp>
#include <duet/media/video_payload.hpp>
#include <duet/rtp/byte_writer.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace duet::media {

struct PictureSize {
  std::uint16_t width = 0;
  std::uint16_t height = 0;
  friend bool operator==(PictureSize, PictureSize) = default;
};

/// What stands before the codec's bytes (RFC 9628 §4.2, §4.2.1).
///
///              0 1 2 3 4 5 6 7                       0 1 2 3 4 5 6 7
///             +-+-+-+-+-+-+-+-+                     +-+-+-+-+-+-+-+-+
///             |I|P|L|F|B|E|V|Z|                  V: | N_S |Y|G|-|-|-|
///             +-+-+-+-+-+-+-+-+                     +-+-+-+-+-+-+-+-+
///     I:      |M| PICTURE ID  |                  Y: |     WIDTH     |  of 2 bytes
///             +-+-+-+-+-+-+-+-+                     |    HEIGHT     |  N_S + 1 times
///     M:      | EXTENDED PID  |                     +-+-+-+-+-+-+-+-+
///             +-+-+-+-+-+-+-+-+                  G: |      N_G      |
///     L:      | TID |U| SID |D|                     +-+-+-+-+-+-+-+-+
///             +-+-+-+-+-+-+-+-+                     | TID |U| R |-|-|  N_G times, each followed
///     L, !F:  |   TL0PICIDX   |                     +-+-+-+-+-+-+-+-+  by R times P_DIFF
///             +-+-+-+-+-+-+-+-+
///     P, F:   | P_DIFF      |N|  up to 3 times
///             +-+-+-+-+-+-+-+-+
struct Vp9Descriptor {
  struct Layer {
    std::uint8_t temporal_id = 0;   // 3 bits
    bool is_switching_up = false;   // U
    std::uint8_t spatial_id = 0;    // 3 bits
    bool uses_lower_layer = false;  // D
    std::uint8_t base_index = 0;    // TL0PICIDX; 0 in flexible mode
    friend bool operator==(const Layer&, const Layer&) = default;
  };

  struct Structure {
    std::uint8_t spatial_layers = 1;        // N_S + 1
    bool has_sizes = false;                 // Y
    std::array<PictureSize, 8> sizes{};     // of each spatial layer
    std::span<const std::byte> group = {};  // N_G and what follows, known to be whole; or nothing
  };

  std::optional<std::uint16_t> picture_id = {};
  bool has_long_picture_id = false;  // M
  bool is_predicted = false;         // P
  std::optional<Layer> layer = {};
  bool is_flexible = false;                   // F
  bool begins_layer = false;                  // B
  bool ends_layer = false;                    // E
  bool is_unused_above = false;               // Z
  std::array<std::uint8_t, 3> differences{};  // P_DIFF
  std::uint8_t difference_count = 0;
  std::optional<Structure> structure = {};

  /// The structure's group views what was parsed.
  static Result<Vp9Descriptor, PayloadError> parse(ByteReader& in);
  void write(rtp::ByteWriter& out) const;
};

Result<VideoPayload, PayloadError> parse_vp9(std::span<const std::byte> payload);

/// The size that a key frame says of itself (VP9 bitstream §6.2); nothing for other frames.
std::optional<PictureSize> vp9_key_frame_size(std::span<const std::byte> frame);

/// Cuts frames into payloads in non-flexible mode, one layer; see VideoPacketizer.
class Vp9Packetizer {
 public:
  explicit Vp9Packetizer(std::uint16_t first_picture_id) : picture_id_{first_picture_id} {}

  bool begin(std::span<const std::byte> frame, bool is_key);

  std::size_t write(std::span<std::byte> out);

  bool done() const { return frame_.done(); }

 private:
  CutFrame frame_;
  bool is_key_ = false;
  std::optional<PictureSize> size_;
  std::uint16_t picture_id_ = 0;
};

}  // namespace duet::media
