// SPDX-License-Identifier: MIT
// Pictures of ours on their way to the other end.
#pragma once

#include <duet/call/encoder_thread.hpp>
#include <duet/congestion/video_plan.hpp>
#include <duet/media/video_packetizer.hpp>
#include <duet/rtc/peer_connection.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace duet::call {

struct VideoLimits {
  codec::Size size{1280, 720};
  double fps = 30;
  std::uint64_t rate_bps = 2'500'000;
  bool is_screen = false;
  /// The codec to send if the other end knows it; nothing for the one that it put first.
  std::optional<media::Codec> preferred = {};
};

/// Encodes what the source gives as the path can take it, and sends it in the transceiver of
/// whichever connection there is.
class OutgoingVideo {
 public:
  using Refused = std::function<void(const codec::EncoderError&)>;

  /// @param ended, refused  see EncoderThread::Handler
  OutgoingVideo(net::PostBox& box, std::unique_ptr<device::VideoSource> source, VideoLimits limits,
                Ended ended, Refused refused);

  /// Where frames go from now on; nullptr: nowhere. They begin with a key frame.
  void connect(PeerConnection* connection, peer::TransceiverId transceiver);

  /// The transceiver was negotiated.
  void handle_negotiated(const peer::Transceiver& transceiver);
  /// The source encodes, and the other end takes pictures, but not of that codec.
  bool is_at_a_loss(const peer::Transceiver& transceiver) const;
  /// What the path takes of pictures.
  void handle_rate(std::uint64_t rate_bps);

  /// What an application asks of the stream (W3C webrtc #dom-rtcrtpencodingparameters): nothing
  /// is sent while it isn't active; rate, frame rate and size are capped. What a camera has
  /// encoded by itself is only switched on and off.
  void set_encoding(const peer::EncodingParameters& encoding);

  void handle_key_frame_wanted() { thread_.request_key_frame(); }

  /// Camera on or off.
  void set_on(bool on);

  bool is_on() const { return is_on_; }

  /// Bits a second that the encoder may make at the moment.
  std::uint64_t rate_bps() const { return rate_bps_; }

  codec::Size source_size() const { return thread_.source_size(); }

  /// The codec that is sent at the moment.
  std::optional<media::Codec> codec() const;

  /// The codec of a source that encodes by itself.
  std::optional<media::Codec> encoded_as() const { return thread_.encoded_as(); }

  EncoderThread::Stats stats() const { return thread_.stats(); }

 private:
  /// Before anything is known of the path.
  static constexpr std::uint64_t kFirstRate = 300'000;

  /// nullptr if there is none that we can encode.
  const peer::Codec* choose(const std::vector<peer::Codec>& codecs) const;
  VideoLimits limits() const;
  void update();
  void send(const media::EncodedFrame& frame, Instant captured);

  VideoLimits limits_;
  PeerConnection* connection_ = nullptr;
  peer::TransceiverId transceiver_{};
  std::optional<media::VideoPacketizer> packetizer_;
  PayloadType payload_type_{};
  std::uint64_t rate_bps_ = kFirstRate;
  std::optional<congestion::VideoPlan> plan_;
  bool takes_fragments_ = false;  // of H.264, in packetization mode 1
  bool is_on_ = true;
  bool may_send_ = false;
  bool is_sending_ = false;
  peer::EncodingParameters encoding_;
  EncoderThread thread_;  // last: it ends first
};

}  // namespace duet::call
