// SPDX-License-Identifier: MIT
// The jitter buffer's owner: packets, time, the decoder.
#include <duet/call/incoming_video.hpp>

#include <utility>

namespace duet::call {

IncomingVideo::IncomingVideo(net::EventLoop& loop, net::PostBox& box, Handler handler)
    : loop_{loop},
      handler_{std::move(handler)},
      timer_{loop,
             [this] {
               if (!stream_) return;
               stream_->buffer.handle_timeout(loop_.now());
               run();
             }},
      decoder_{box,
               {.decoded = [this](const codec::PicturePtr& picture,
                                  rtp::Timestamp) { handler_.picture(picture); },
                .key_frame_wanted = [this] { want_key_frame(); },
                .refused =
                    [this](const PicturesRefused& refused) {
                      if (stream_) handler_.refused(refused);
                    }}} {}

void IncomingVideo::handle_packet(media::Codec codec, const peer::MediaReceived& media) {
  if (media.ssrc == left_) return;
  if (!stream_ || stream_->ssrc != media.ssrc) {
    if (stream_) left_ = stream_->ssrc;
    stream_.emplace(Stream{media.ssrc, media::VideoBuffer{}});
    if (round_trip_) stream_->buffer.set_round_trip(*round_trip_);
  }
  stream_->buffer.handle_packet(loop_.now(), codec, media.packet);
  run();
}

void IncomingVideo::reset() {
  stream_.reset();
  left_.reset();
  shown_.reset();
  decoder_.forget_shown();
  timer_.cancel();
}

void IncomingVideo::set_round_trip(Duration round_trip) {
  round_trip_ = round_trip;
  if (stream_) stream_->buffer.set_round_trip(round_trip);
}

void IncomingVideo::run() {
  media::VideoBuffer& buffer = stream_->buffer;
  const auto decoded = decoder_.stats();
  if (decoded.decoded > 0) {
    buffer.set_decode_time(decoded.decode_time / static_cast<std::int64_t>(decoded.decoded));
  }
  while (auto spare = decoder_.poll_spare()) buffer.recycle(*std::move(spare));
  while (auto playable = buffer.poll_frame(loop_.now())) {
    const auto timestamp = playable->frame.timestamp;
    shown_ = Shown{stream_->ssrc, timestamp, playable->render_at};
    handler_.frame(playable->frame, stream_->ssrc, playable->render_at);
    decoder_.decode(std::move(playable->frame), playable->is_shown);
  }
  while (const auto event = buffer.poll_event()) {
    if (const auto* unwanted = std::get_if<media::MissingUnwanted>(&*event)) {
      handler_.missing_unwanted(stream_->ssrc, unwanted->before);
    } else {
      handler_.key_frame_wanted();
    }
  }
  if (const auto next = buffer.next_timeout()) {
    timer_.set(*next);
  } else {
    timer_.cancel();
  }
}

void IncomingVideo::want_key_frame() {
  if (!stream_) return;
  stream_->buffer.handle_decode_error(loop_.now());
  run();
}

}  // namespace duet::call
