// SPDX-License-Identifier: MIT
// The clock of sound: the sink's where there is one.
#include <duet/call/incoming_audio.hpp>
#include <duet/codec/audio_codec.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace duet::call {

IncomingAudio::IncomingAudio(net::EventLoop& loop, device::AudioSink* sink, Tap tap)
    : loop_{loop}, sink_{sink}, tap_{std::move(tap)}, timer_{loop, [this] { handle_tick(); }} {}

void IncomingAudio::handle_packet(const peer::Transceiver& transceiver,
                                  const peer::MediaReceived& media) {
  if (media.ssrc == left_) return;
  if (!stream_ || stream_->ssrc != media.ssrc) {
    if (stream_) left_ = stream_->ssrc;
    stream_.emplace(Stream{.ssrc = media.ssrc});
  }
  if (stream_->codecs != transceiver.parameters.receive) {
    set_decoders(transceiver.parameters.receive);
  }
  stream_->buffer.handle_packet(loop_.now(), media.packet);
  if (next_tick_ != Instant{}) return;
  next_tick_ = loop_.now();
  timer_.set(next_tick_);
}

void IncomingAudio::set_decoders(const std::vector<peer::Codec>& codecs) {
  stream_->codecs = codecs;
  for (const peer::Codec& each : codecs) {
    const auto codec = media::codec_named(each.name);
    if (!codec) continue;
    auto decoder = codec::make_audio_decoder(*codec, kChannels);
    if (!decoder) continue;
    stream_->buffer.set_decoder(each.payload_type, media::clock_rate(*codec), *std::move(decoder));
  }
}

void IncomingAudio::reset() {
  stream_.reset();
  left_.reset();
  timer_.cancel();
  next_tick_ = {};
}

void IncomingAudio::set_extra_delay(Duration extra) {
  if (!stream_) return;
  stream_->buffer.set_minimum_delay(extra > Duration{0} ? stream_->buffer.needed_delay() + extra
                                                        : Duration{0});
}

std::optional<IncomingAudio::Heard> IncomingAudio::heard() const {
  if (!stream_) return std::nullopt;
  const auto timestamp = stream_->buffer.playing();
  if (!timestamp) return std::nullopt;
  return Heard{stream_->ssrc, *timestamp,
               loop_.now() + (sink_ != nullptr ? sink_->queued() : Duration{0})};
}

void IncomingAudio::handle_tick() {
  if (sink_ != nullptr) {
    // The sink's own clock counts: where it runs faster than ours, it gets a block more.
    for (int i = 0; i < kMostAtOnce && sink_->queued() < kSinkFill; ++i) pull();
  } else {
    const auto due = (loop_.now() - next_tick_) / media::kBlock;
    for (std::int64_t i = 0; i <= std::min<std::int64_t>(due, kMostAtOnce - 1); ++i) pull();
  }
  while (next_tick_ <= loop_.now()) next_tick_ += media::kBlock;
  timer_.set(next_tick_);
}

void IncomingAudio::pull() {
  if (!stream_) return;
  stream_->buffer.pull(loop_.now(), block_);
  if (tap_) tap_(block_);
  if (sink_ != nullptr) sink_->play(block_);
}

}  // namespace duet::call
