// SPDX-License-Identifier: MIT
// The jitter buffer of pictures: packets in, frames out when it is time to decode them.
#pragma once

#include <duet/media/frame_assembler.hpp>
#include <duet/media/key_frame_requests.hpp>
#include <duet/media/playout_clock.hpp>
#include <duet/rtp/receiver.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

namespace duet::media {

struct VideoBufferOptions {
  bool nack = true;                        ///< whether lost packets are sent again
  std::optional<PayloadType> ulpfec = {};  ///< what parity has within RED
};

/// A frame to decode now.
struct PlayableFrame {
  EncodedFrame frame;
  Instant render_at;     ///< when to show the picture; in the past if it is late
  bool is_shown = true;  ///< false: only decode it, the next one is due already
};

/// Ask the sender for a key frame.
struct KeyFrameWanted {};

/// What is missing before this number is of no use any more: RtpReceiver::forget_before().
struct MissingUnwanted {
  std::int64_t before = 0;
};

using VideoBufferEvent = std::variant<MissingUnwanted, KeyFrameWanted>;

/// What W3C calls inbound-rtp, as far as the buffer knows it; all since the beginning.
struct VideoBufferStats {
  std::uint64_t frames_received = 0;  ///< whole ones
  std::uint64_t key_frames_received = 0;
  std::uint64_t frames_emitted = 0;  ///< jitterBufferEmittedCount
  std::uint64_t frames_dropped = 0;  ///< not decoded, or not shown since the next was due
  std::uint64_t packets_malformed = 0;
  std::uint64_t key_frames_wanted = 0;
  Duration jitter_buffer_delay{0};  ///< from a frame's first packet to its decoder; the sum
  Duration jitter_buffer_target_delay{0};
  Duration jitter_buffer_minimum_delay{0};
};

/// Holds one stream's packets until a frame is whole, can be decoded, and is due.
///
/// What is missing is waited for as long as its retransmission can come (rtp::NackList asks for
/// it); the wait shows in the frames' lateness, so that on a path with losses the delay grows to
/// cover it. After a long gap a key frame is the shorter way, and is asked for at once. Where a
/// whole key frame is due and something before it still missing, the buffer goes on with the key
/// frame; and where only frames of higher temporal layers are missing, with the next one that needs
/// none of them.
class VideoBuffer {
 public:
  /// Packets that changed places come within this: a stream's first ones, or those of frames that
  /// the next one does not need.
  static constexpr Duration kStartGrace = 20ms;
  /// How long one waits for packets that only come late, where none is sent again.
  static constexpr Duration kReorderGrace = 40ms;
  /// How long retransmissions are waited for before a key frame is asked for as well: eight round
  /// trips, within these. Each try takes little more than one, and a key frame needs some itself.
  static constexpr Duration kLeastPatience = 500ms;
  static constexpr Duration kMostPatience = 1500ms;
  /// A gap over which sending all again takes longer than a key frame: in the sender's time, and in
  /// packets, since a few of them are quickly there.
  static constexpr Duration kLongGap = 300ms;
  static constexpr std::int64_t kLongGapPackets = 20;

  explicit VideoBuffer(const VideoBufferOptions& options = {}) : options_{options} {}

  /// @param codec   that the packet's payload type stands for
  /// @param packet  as RtpReceiver gave it
  void handle_packet(Instant now, Codec codec, const rtp::ReceivedPacket& packet);
  void handle_timeout(Instant now);

  /// The decoder could not make a picture of what it got: only a key frame helps.
  void handle_decode_error(Instant now);

  /// The next frame, when it is due. Ask until there is none.
  std::optional<PlayableFrame> poll_frame(Instant now);
  std::optional<VideoBufferEvent> poll_event();

  /// When a frame or a request is due.
  std::optional<Instant> next_timeout() const;

  void set_round_trip(Duration round_trip);

  /// Holds pictures for at least so long, for sound that comes later; at most
  /// PlayoutClock::kMaxDelay.
  void set_minimum_delay(Duration delay) { clock_.set_minimum_delay(delay); }

  /// How long the decoder usually takes: frames come out so much before they are to be shown.
  void set_decode_time(Duration time);

  /// How long frames are held beyond the path, decoding included.
  Duration current_delay() const { return clock_.current_delay(); }

  /// Memory of a decoded frame, to be used again.
  void recycle(std::vector<std::byte>&& bytes);

  VideoBufferStats stats() const;

  /// What waits, for tests and limits.
  const FrameAssembler& assembler() const { return assembler_; }

 private:
  static std::span<const std::byte> media_of(const rtp::ReceivedPacket& packet,
                                             const VideoBufferOptions& options);
  void look_for_long_gap(Instant now, const std::optional<FrameAssembler::Newest>& before,
                         const rtp::ReceivedPacket& packet);
  void go_on_after_gap();
  void go_on(std::size_t lost);
  std::optional<FrameInfo> next_due();
  std::optional<PlayableFrame> take_due();
  void follow_ready(Instant now);
  void review_requests(Instant now);
  std::optional<Instant> key_frame_needed_at() const;
  Duration patience() const;

  Instant due(const FrameInfo& frame) const {
    return clock_.render_time(now_, frame.timestamp) - clock_.decode_time();
  }

  /// Of a frame before which others are missing that it does not need: they may still come.
  Instant due_without(const FrameInfo& frame) const {
    return std::max(due(frame), frame.complete_at + kStartGrace);
  }

  VideoBufferOptions options_;
  FrameAssembler assembler_;
  PlayoutClock clock_;
  KeyFrameRequests requests_;
  Duration round_trip_ = rtp::NackList::kDefaultRoundTrip;
  Instant now_;                            // of the last call
  std::int64_t ready_ = 0;                 // the frames before are known to the clock
  std::optional<Instant> grace_until_;     // before which a stream's beginning may still come
  std::optional<std::int64_t> key_frame_;  // the last one that began to come
  bool key_frame_wanted_ = false;
  std::optional<std::int64_t> unwanted_before_;
  std::vector<std::vector<std::byte>> spare_;
  VideoBufferStats stats_;
};

}  // namespace duet::media
