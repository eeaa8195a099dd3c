// SPDX-License-Identifier: MIT
// Packets of sound come in: which are new, which clock they are of, and how late they are.
#include <duet/base/check.hpp>
#include <duet/media/audio_buffer.hpp>
#include <duet/media/time_stretch.hpp>
#include <duet/rtp/red.hpp>

#include <algorithm>
#include <utility>

namespace duet::media {
namespace {

constexpr std::size_t kMaxPacket = 120 * kSampleRate / 1000;  // RFC 6716 §3.2.5, R5
// Sound that comes this much before all other, or after it, is not of the same clock.
constexpr Duration kMostEarly = 1s;
constexpr Duration kMostLate = 3s;

constexpr Duration media_time(std::int64_t position) {
  return Duration{position * 1000 / (kSampleRate / 1000)};
}

}  // namespace

AudioBuffer::AudioBuffer(int channels)
    : channels_{channels}, width_{static_cast<std::size_t>(channels)}, concealment_{channels} {
  DUET_CHECK(channels >= 1 && channels <= kMaxChannels);
  // What was played and what waits, with room for a decoder that asks for the longest packet's.
  sound_.reserve(width_ * (2 * Concealment::kHistory + 3 * kMaxPacket + 2 * kLongestLag));
  tail_.reserve(width_ * kCrossfade);
  decoders_.reserve(kMaxDecoders);
}

void AudioBuffer::set_decoder(PayloadType type, std::uint32_t clock_rate,
                              std::unique_ptr<AudioDecoder> decoder) {
  DUET_CHECK(decoder && decoder->channels() == channels_);
  DUET_CHECK(clock_rate > 0 && kSampleRate % clock_rate == 0);
  const auto same = std::ranges::find(decoders_, type, &Decoder::type);
  if (same != decoders_.end()) {
    if (same->clock_rate == clock_rate_ && clock_rate != clock_rate_) restart();
    *same = {type, clock_rate, std::move(decoder)};
  } else if (decoders_.size() < kMaxDecoders) {
    decoders_.push_back({type, clock_rate, std::move(decoder)});
  }
}

void AudioBuffer::set_minimum_delay(Duration delay) {
  minimum_delay_ = std::clamp(delay, Duration{}, kMaxMinimumDelay);
}

Duration AudioBuffer::target_delay() const { return std::max(delay_.target(), minimum_delay_); }

Duration AudioBuffer::current_delay() const {
  const auto known = std::span{delays_}.first(std::min(delay_count_, delays_.size()));
  return known.empty() ? 0ms : *std::ranges::min_element(known);
}

void AudioBuffer::restart() {
  packets_.clear();
  delay_.restart();
  highest_sequence_.reset();
  last_sequence_.reset();
  seen_count_ = 0;
  delay_count_ = 0;
  is_synced_ = false;
  is_silent_ = false;
  needs_join_ = true;
}

void AudioBuffer::handle_packet(Instant now, const rtp::ReceivedPacket& received) {
  if (received.restarted) restart();
  const rtp::Packet& packet = received.packet;
  Arrival arrival{.type = packet.payload_type(),
                  .timestamp = received.timestamp,
                  .sequence = received.sequence,
                  .recovered = received.recovered};
  if (received.role == rtp::Payload::Role::Media) {
    return handle_block(now, arrival, packet.payload());
  }
  if (received.role != rtp::Payload::Role::Red || packet.payload().empty()) return;
  const auto red = rtp::Red::parse(packet.timestamp(), packet.payload());
  if (!red) {
    ++stats_.packets_discarded;
    return;
  }
  // The primary first: it says how fast the path is.
  arrival.type = red->primary().payload_type;
  handle_block(now, arrival, red->primary().data);
  arrival.sequence.reset();
  for (const rtp::RedBlock& block : red->blocks().first(red->blocks().size() - 1)) {
    arrival.type = block.payload_type;
    arrival.timestamp = received.timestamp + distance(packet.timestamp(), block.timestamp);
    handle_block(now, arrival, block.data);
  }
}

void AudioBuffer::handle_block(Instant now, const Arrival& arrival,
                               std::span<const std::byte> bytes) {
  if (bytes.empty()) return;  // padding, or a redundant block of nothing
  const auto found = std::ranges::find(decoders_, arrival.type, &Decoder::type);
  const Duration duration = found == decoders_.end() ? 0ms : found->decoder->duration(bytes);
  if (duration <= 0ms) {
    ++stats_.packets_discarded;
    return;
  }
  if (found->clock_rate != clock_rate_) {
    // Timestamps of another clock begin anew (RFC 7160 §4.1 tells how little they say).
    if (!arrival.sequence) return;
    restart();
    clock_rate_ = found->clock_rate;
  }
  const std::int64_t position = arrival.timestamp * (kSampleRate / clock_rate_);
  const std::int64_t samples = duration.count() * (kSampleRate / 1000) / 1000;
  if (arrival.sequence && arrival.sequence > highest_sequence_) {
    if (is_other_clock(now, position, arrival)) restart();
    highest_sequence_ = arrival.sequence;
    highest_position_ = position;
  }
  const bool is_direct = arrival.sequence && !arrival.recovered;
  const bool is_news =
      note_arrival(now, position, is_direct ? AudioDelay::Way::Direct : AudioDelay::Way::Repaired);
  if (found->decoder->carries_lost(bytes)) {
    note_arrival(now, position - samples, AudioDelay::Way::Repaired);
  }
  if (is_synced_ && position < end_) {
    if (arrival.sequence && is_news) ++stats_.packets_discarded;
    return;
  }
  const std::uint64_t dropped = packets_.dropped();
  packets_.insert({.position = position,
                   .samples = samples,
                   .sequence = arrival.sequence,
                   .decoder = static_cast<std::size_t>(found - decoders_.begin()),
                   .arrived = now},
                  bytes);
  stats_.packets_discarded += packets_.dropped() - dropped;
}

bool AudioBuffer::note_arrival(Instant now, std::int64_t position, AudioDelay::Way way) {
  const auto known = std::span{seen_}.first(std::min(seen_count_, seen_.size()));
  const bool is_news = std::ranges::find(known, position) == known.end();
  if (is_news) seen_[seen_count_++ % seen_.size()] = position;
  delay_.handle_arrival(now, media_time(position), way, is_news);
  return is_news;
}

bool AudioBuffer::is_other_clock(Instant now, std::int64_t position, const Arrival& arrival) const {
  if (!highest_sequence_ || arrival.recovered) return false;
  if (position < highest_position_) return true;  // a later packet of earlier sound
  const Duration late = delay_.lateness(now, media_time(position));
  return late < -kMostEarly || late > kMostLate;
}

Duration AudioBuffer::delay_of(Instant now, std::int64_t position) const {
  return delay_.lateness(now, media_time(position)) +
         media_time(static_cast<std::int64_t>(waiting()));
}

}  // namespace duet::media
