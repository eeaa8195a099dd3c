// SPDX-License-Identifier: MIT
// The media of one end of a call: what it sends, and what becomes of what it receives.
#pragma once

#include <duet/call/incoming_audio.hpp>
#include <duet/call/incoming_video.hpp>
#include <duet/call/outgoing_audio.hpp>
#include <duet/call/outgoing_video.hpp>
#include <duet/call/recording.hpp>
#include <duet/call/trouble.hpp>
#include <duet/device/recorder.hpp>
#include <duet/media/lip_sync.hpp>
#include <duet/net/post_box.hpp>
#include <duet/rtc/peer_connection.hpp>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace duet::call {

/// What an end has. Each may be missing.
struct Equipment {
  std::unique_ptr<device::VideoSource> video_source;
  std::unique_ptr<device::AudioSource> audio_source;
  SoundThread::Filter sound_filter;  ///< see SoundThread
  std::unique_ptr<device::VideoSink> window;
  std::unique_ptr<device::AudioSink> speaker;
  IncomingAudio::Tap sound_tap;  ///< of what is played
  std::unique_ptr<device::Recorder> recorder;
  std::optional<std::filesystem::path> snapshot;  ///< PNG of the first picture
  /// Each decoded picture, on the decoder's thread.
  std::function<void(const codec::PicturePtr&)> picture_tap;
  VideoLimits limits;
};

struct StudioHandler {
  /// The first picture of a call was decoded. On the loop's thread, as the other.
  std::function<void(codec::Size)> first_frame = [](codec::Size) {};
  /// A device has ended, or the disk is full. The rest goes on.
  std::function<void(const Trouble&)> trouble = [](const Trouble&) {};
};

/// What was sent and came, since the beginning, by all connections.
struct StudioStats {
  struct Video {
    std::optional<media::Codec> codec;
    codec::Size size;
    std::uint64_t frames = 0;
    std::uint64_t bytes = 0;  ///< of media, without headers and what was sent again
    std::uint64_t packets = 0;
    std::int64_t packets_lost = 0;
  };

  Video sent;
  Video received;
  std::uint64_t sent_again_bytes = 0;  ///< of pictures: what was lost, and probes
  media::VideoBufferStats video_buffer;
  media::FreezeMeter::Stats freezes;
  media::AudioBufferStats audio_buffer;
  std::uint64_t audio_packets = 0;
  std::int64_t audio_packets_lost = 0;
  std::uint64_t audio_bytes = 0;
  std::uint64_t target_rate_bps = 0;  ///< that the encoder may make
};

/// Outlives connections: one after another carries what it has.
class Studio {
 public:
  /// @param loop  outlives this, as `box` does
  Studio(net::EventLoop& loop, net::PostBox& box, Equipment equipment, StudioHandler handler);
  /// Closes the recording.
  ~Studio();

  /// From now on this one carries; nullptr: none does.
  void connect(PeerConnection* connection);

  /// Makes the transceivers of an offer, or takes those of one that came.
  void prepare_offer();
  void prepare_answer();

  /// Each event of the connection: rtc::Handlers::event.
  void handle_event(const peer::Event& event);

  void set_muted(bool muted);
  void set_camera_on(bool on);

  bool is_muted() const { return !audio_ || audio_->is_muted(); }

  bool is_camera_on() const { return video_ && video_->is_on(); }

  /// Closes the recording, and waits for the snapshot to be there: at the end, when nothing more is
  /// to be stored. What has gone wrong is told, at the latest in the loop's next turn.
  void finish_files();

  /// The recording or the snapshot could not be written.
  bool has_failed_to_store() const { return recorder_failed_ || snapshot_failed_; }

  bool has_audio() const { return audio_ != nullptr; }

  bool has_video() const { return video_ != nullptr; }

  StudioStats stats() const;

  /// What PeerConnection::get_stats() doesn't know by itself, of the connection that stands.
  peer::StatsSupplement supplement() const;

 private:
  static constexpr Duration kReview = 250ms;

  StudioStats stats_of_connection() const;
  void write_snapshot(const codec::PicturePtr& picture);
  void look_at_recorder();
  bool has_source(peer::MediaKind kind) const;
  std::optional<peer::TransceiverId>& section_of(peer::MediaKind kind);
  bool is_adopted(peer::MediaKind kind);
  void add_source(peer::MediaKind kind);
  void adopt(peer::MediaKind kind, peer::TransceiverId id);
  std::vector<peer::CodecCapability> codecs_for(peer::MediaKind kind) const;
  const peer::Transceiver* find(peer::TransceiverId id) const;
  const rtp::RtpReceiver* receiver(peer::TransceiverId id, Ssrc ssrc) const;
  void handle_media(const peer::MediaReceived& media);
  void handle_frame(const media::EncodedFrame& frame, Ssrc ssrc, Instant render_at);
  void record_sound(const peer::Transceiver& transceiver, const peer::MediaReceived& media);
  std::optional<rtp::NtpTime> capture_time(std::optional<peer::TransceiverId> section, Ssrc ssrc,
                                           rtp::Timestamp timestamp) const;
  void set_shown(bool shown);
  void handle_picture(const codec::PicturePtr& picture);
  void review();
  void keep_in_step();

  net::EventLoop& loop_;
  net::PostBox& box_;
  Equipment equipment_;
  StudioHandler handler_;
  PeerConnection* connection_ = nullptr;
  std::optional<peer::TransceiverId> audio_section_;
  std::optional<peer::TransceiverId> video_section_;
  std::optional<Recording> recording_;
  bool recorder_failed_ = false;
  bool snapshot_failed_ = false;
  std::optional<media::Codec> received_codec_;  // of pictures
  std::uint64_t target_rate_bps_ = 0;
  std::uint64_t audio_reports_ = 0;      // of the sender's, that were looked at
  StudioStats gone_;                     // of connections that are
  DecoderThread::Stats decoded_before_;  // this connection, as the next
  EncoderThread::Stats encoded_before_;
  media::LipSync lip_sync_;
  std::mutex window_mutex_;
  bool is_shown_ = false;  // what comes, in the window
  std::atomic<bool> has_picture_ = false;
  // Of this connection.
  bool has_told_of_codec_ = false;
  bool has_told_of_pictures_ = false;
  bool has_told_of_encoder_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // asked on the loop's thread
  std::thread snapshot_;                                        // writes it
  net::Timer review_timer_;
  std::unique_ptr<OutgoingAudio> audio_;
  std::unique_ptr<OutgoingVideo> video_;
  IncomingAudio incoming_audio_;
  IncomingVideo incoming_video_;
};

}  // namespace duet::call
