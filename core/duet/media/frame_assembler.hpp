// SPDX-License-Identifier: MIT
// Packets of pictures, in whatever order they come, made into frames in the order of decoding.
#pragma once

#include <duet/base/time.hpp>
#include <duet/media/encoded_frame.hpp>
#include <duet/media/frame_builder.hpp>
#include <duet/media/video_payload.hpp>
#include <duet/media/vp9_group.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace duet::media {

/// One packet as the assembler takes it.
struct FramePacket {
  std::int64_t sequence = 0;   ///< unwrapped
  std::int64_t timestamp = 0;  ///< unwrapped
  Codec codec = Codec::Vp8;
  bool marker = false;
  std::span<const std::byte> payload;  ///< nothing for padding and parity
};

/// What is known of a frame before it is taken.
struct FrameInfo {
  std::int64_t timestamp = 0;
  std::int64_t first = 0;  ///< sequence numbers
  std::int64_t last = 0;
  Instant first_arrival;  ///< of any packet of it
  Instant last_arrival;
  Instant complete_at;
  bool is_key = false;
};

/// Holds packets until a frame is whole and can be decoded: a key frame, or the one that follows
/// the last one that was taken, since each may need the one before it. Spatial layers of one
/// picture are one frame.
///
/// What comes before the next frame is done with; a frame behind a gap waits until the gap is
/// filled or its owner has skipped it. Where too much comes, everything goes, and only a key frame
/// helps.
class FrameAssembler {
 public:
  /// Sequence numbers from the oldest one that is still of use: 16 s of 1.5 Mbit/s.
  static constexpr std::size_t kWindow = 2048;
  static constexpr std::size_t kMaxBytes = 4 * 1024 * 1024;
  static constexpr std::size_t kMaxFrames = 256;

  enum class Verdict : std::uint8_t {
    Taken,
    Useless,    ///< twice, or of what was done with
    Malformed,  ///< not of its codec
  };

  FrameAssembler();

  Verdict handle_packet(Instant now, const FramePacket& packet);

  /// Nothing that has come or is missing is of use any more: of frames to come, a key frame is
  /// next.
  /// @param from  the first sequence number that may still be of use
  void abandon(Instant now, std::int64_t from);

  /// The same, of a stream that begins anew.
  void restart();

  /// The frame to take next. Nothing while something before it is missing.
  std::optional<FrameInfo> next() const;

  /// The latest whole key frame behind what is missing: decoding can go on there.
  std::optional<FrameInfo> next_after_gap() const;

  /// The whole frame that begins at this number, or behind the padding there.
  std::optional<FrameInfo> whole_at(std::int64_t sequence) const;

  /// The first whole frame that needs nothing of what is missing before it: only frames of higher
  /// temporal layers are. Nothing while next() is, or where that isn't known.
  std::optional<FrameInfo> next_after_layers() const;

  /// Goes on with what next_after_layers() told. @return as skip_gap()
  std::size_t skip_layers();

  /// Leaves out next() if it needs a frame of its layer that was skipped.
  bool drop_broken_layer();

  /// Goes on with what next_after_gap() told. @return frames that are lost by that, as far as any
  /// packet of them came
  std::size_t skip_gap();

  /// Takes next(). @return false if its packets don't fit together: then a key frame is next
  bool take(Instant now, EncodedFrame& out);

  /// Since when only a key frame helps; nothing while the stream can be decoded.
  std::optional<Instant> broken_since() const { return broken_since_; }

  /// Since when a packet is missing that the next frame needs; nothing if none is.
  std::optional<Instant> missing_since() const;

  /// The newest key frame of which a packet came, whole or not. Not one that began before anything
  /// else came: nobody knows what is missing of it.
  std::optional<FrameInfo> key_frame() const;

  /// The highest sequence number so far, and its frame's timestamp.
  struct Newest {
    std::int64_t sequence = 0;
    std::int64_t timestamp = 0;
  };

  std::optional<Newest> newest() const { return newest_; }

  /// The first sequence number that is still of use.
  std::int64_t begin() const { return begin_; }

  std::size_t frames() const { return frames_.size(); }

  /// Frames of which all packets have come, and key frames among them.
  std::uint64_t frames_completed() const { return completed_; }

  std::uint64_t key_frames_completed() const { return key_completed_; }

  std::size_t bytes() const { return bytes_; }

 private:
  struct Slot {
    enum class Kind : std::uint8_t { Empty, Media, Padding };
    Kind kind = Kind::Empty;
    std::int64_t timestamp = 0;
    Instant arrival;
    std::size_t data_offset = 0;
    std::vector<std::byte> payload;
  };

  struct Frame {
    FrameInfo info;
    Codec codec = Codec::Vp8;
    std::int64_t packets = 0;
    std::optional<std::int64_t> begin;  // the packet that says it is the first one
    std::optional<std::int64_t> end;    // or the last one
    bool is_inter = false;              // whatever packets say of a key frame
    bool is_counted = false;            // among those that were whole
    bool is_whole = false;              // from the first packet that came to the known last one
    std::optional<VideoPayload::Temporal> temporal;
  };

  Slot& slot(std::int64_t sequence) { return slots_[static_cast<std::size_t>(sequence) % kWindow]; }

  const Slot& slot(std::int64_t sequence) const {
    return slots_[static_cast<std::size_t>(sequence) % kWindow];
  }

  /// The slot of a number, or nullptr where it is empty or out of the window.
  const Slot* find(std::int64_t sequence) const;
  void make_room(Instant now, const FramePacket& packet);
  void store(Instant now, const FramePacket& packet, Slot::Kind kind, std::size_t data_offset);
  void free_slot(std::int64_t sequence);
  void advance_to(std::int64_t sequence);
  void pass_padding();
  void drop_all(std::int64_t from);

  static std::int64_t first_of(const Frame& frame) { return frame.info.first; }

  void add_to_frame(Instant now, const FramePacket& packet, const VideoPayload& payload);
  Frame* frame_with(std::int64_t timestamp);
  Frame& add_frame(Instant now, const FramePacket& packet);
  void review_around(Instant now, std::int64_t sequence);
  void review(Instant now, Frame& frame);
  bool begins_for_sure(const Frame& frame) const;
  const Frame* frame_after_gap() const;
  const Frame* frame_after_layers() const;
  void follow_layers(const Frame& frame);
  void complete_layers(VideoPayload& payload);
  std::size_t go_on_with(const Frame& frame);
  void break_off(Instant now);

  std::vector<Slot> slots_;                    // by sequence number modulo kWindow
  std::vector<std::vector<std::byte>> spare_;  // memory of packets that are done with
  std::vector<Frame> frames_;                  // by their first sequence number
  std::int64_t begin_ = 0;                     // first of the window
  std::int64_t contiguous_ = 0;                // the first number from begin_ on that has not come
  std::optional<Newest> newest_;
  std::int64_t oldest_ = 0;  // that ever came
  std::size_t bytes_ = 0;
  std::optional<Instant> broken_since_;
  std::optional<std::uint8_t> base_index_;  // of the last base frame that was taken
  bool is_layer_broken_ = false;            // of the higher ones, until a frame is synced
  Vp9Group group_;
  std::uint64_t completed_ = 0;
  std::uint64_t key_completed_ = 0;
  FrameBuilder builder_;
};

}  // namespace duet::media
