// SPDX-License-Identifier: MIT
// The other end's pictures, from packets to a sink.
#pragma once

#include <duet/call/decoder_thread.hpp>
#include <duet/device/recorder.hpp>
#include <duet/media/video_buffer.hpp>
#include <duet/net/event_loop.hpp>
#include <duet/rtc/peer_connection.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace duet::call {

/// One stream at a time: another SSRC, as of a connection that replaced the former, begins anew.
class IncomingVideo {
 public:
  struct Handler {
    /// A picture to show now; on the decoder's thread.
    std::function<void(const codec::PicturePtr&)> picture;
    /// A whole frame, in the order of decoding; on the loop's.
    std::function<void(const media::EncodedFrame&, Ssrc, Instant render_at)> frame;
    std::function<void()> key_frame_wanted;
    /// The decoder takes none of these pictures; with each that could have begun a stream.
    std::function<void(const PicturesRefused&)> refused;
    /// rtp::RtpReceiver::forget_before().
    std::function<void(Ssrc, std::int64_t before)> missing_unwanted;
  };

  IncomingVideo(net::EventLoop& loop, net::PostBox& box, Handler handler);

  /// @param codec  that the packet's payload type stands for
  void handle_packet(media::Codec codec, const peer::MediaReceived& media);
  /// Forgets the stream; a next one may have any SSRC.
  void reset();
  void set_round_trip(Duration round_trip);

  void set_minimum_delay(Duration delay) {
    if (stream_) stream_->buffer.set_minimum_delay(delay);
  }

  /// The moment that is shown, and when: for lip-sync. Nothing before the first frame.
  struct Shown {
    Ssrc ssrc;
    rtp::Timestamp timestamp;
    Instant at;
  };

  const std::optional<Shown>& shown() const { return shown_; }

  DecoderThread::Stats decoder_stats() const { return decoder_.stats(); }

  /// nullptr before the first packet.
  const media::VideoBuffer* buffer() const { return stream_ ? &stream_->buffer : nullptr; }

 private:
  struct Stream {
    Ssrc ssrc;
    media::VideoBuffer buffer;
  };

  void run();
  void want_key_frame();

  net::EventLoop& loop_;
  Handler handler_;
  std::optional<Stream> stream_;
  std::optional<Ssrc> left_;  // the stream before: what comes late of it is not gone back to
  std::optional<Shown> shown_;
  std::optional<Duration> round_trip_;
  net::Timer timer_;
  DecoderThread decoder_;  // last: it ends first
};

}  // namespace duet::call
