// SPDX-License-Identifier: MIT
// The jitter buffer of pictures.
#include <duet/media/video_buffer.hpp>
#include <duet/rtp/red.hpp>

#include <algorithm>
#include <utility>

namespace duet::media {
namespace {

constexpr std::size_t kMaxSpareFrames = 4;
constexpr std::int64_t kTicksPerMillisecond = 90;

}  // namespace

std::span<const std::byte> VideoBuffer::media_of(const rtp::ReceivedPacket& received,
                                                 const VideoBufferOptions& options) {
  const auto payload = received.packet.payload();
  if (received.role == rtp::Payload::Role::Ulpfec) return {};
  if (received.role != rtp::Payload::Role::Red || payload.empty()) return payload;
  const auto red = rtp::Red::parse(received.packet.timestamp(), payload);
  if (!red || red->primary().payload_type == options.ulpfec) return {};
  return red->primary().data;
}

void VideoBuffer::handle_packet(Instant now, Codec codec, const rtp::ReceivedPacket& received) {
  now_ = now;
  if (received.restarted) {
    assembler_.restart();
    clock_.restart();
    requests_ = {};
    set_round_trip(round_trip_);
    key_frame_ = std::nullopt;
  }
  const auto before = assembler_.newest();
  if (!before) grace_until_ = now + kStartGrace;
  look_for_long_gap(now, before, received);
  const auto verdict = assembler_.handle_packet(now, {.sequence = received.sequence,
                                                      .timestamp = received.timestamp,
                                                      .codec = codec,
                                                      .marker = received.packet.marker(),
                                                      .payload = media_of(received, options_)});
  if (verdict == FrameAssembler::Verdict::Malformed) ++stats_.packets_malformed;
  if (!before) ready_ = assembler_.begin();
  if (const auto key = assembler_.key_frame(); key && key->timestamp != key_frame_) {
    key_frame_ = key->timestamp;
    requests_.handle_key_frame();
  }
  // Nothing before it can be decoded: there is nothing to wait for.
  if (assembler_.broken_since() && assembler_.next_after_gap()) go_on_after_gap();
  follow_ready(now);
  review_requests(now);
}

void VideoBuffer::look_for_long_gap(Instant now,
                                    const std::optional<FrameAssembler::Newest>& before,
                                    const rtp::ReceivedPacket& packet) {
  if (!before) return;
  const std::int64_t missing = packet.sequence - before->sequence - 1;
  const std::int64_t span = packet.timestamp - before->timestamp;
  if (missing < kLongGapPackets || span < kLongGap / 1ms * kTicksPerMillisecond) return;
  assembler_.abandon(now, packet.sequence);
  unwanted_before_ = packet.sequence;
}

void VideoBuffer::go_on_after_gap() { go_on(assembler_.skip_gap()); }

void VideoBuffer::go_on(std::size_t lost) {
  stats_.frames_dropped += lost;
  ready_ = assembler_.begin();
  unwanted_before_ = assembler_.begin();
}

void VideoBuffer::follow_ready(Instant now) {
  if (assembler_.broken_since()) return;
  ready_ = std::max(ready_, assembler_.begin());
  while (const auto frame = assembler_.whole_at(ready_)) {
    clock_.handle_frame(now, frame->timestamp, frame->is_key);
    ready_ = frame->last + 1;
  }
}

Duration VideoBuffer::patience() const {
  if (!options_.nack) return kReorderGrace;
  return std::clamp<Duration>(8 * round_trip_, kLeastPatience, kMostPatience);
}

std::optional<Instant> VideoBuffer::key_frame_needed_at() const {
  std::optional<Instant> needed;
  if (const auto since = assembler_.broken_since()) {
    needed = std::max(*since, grace_until_.value_or(*since));
  } else if (const auto missing = assembler_.missing_since()) {
    needed = *missing + patience();
  }
  // One that is on its way is waited for while it gets on.
  const auto key = assembler_.key_frame();
  if (needed && key) needed = std::max(*needed, key->last_arrival + patience());
  return needed;
}

void VideoBuffer::review_requests(Instant now) {
  const auto needed = key_frame_needed_at();
  if (!needed || now < *needed || !requests_.ask(now)) return;
  if (!std::exchange(key_frame_wanted_, true)) ++stats_.key_frames_wanted;
}

void VideoBuffer::handle_timeout(Instant now) {
  now_ = now;
  review_requests(now);
}

void VideoBuffer::handle_decode_error(Instant now) {
  now_ = now;
  if (!assembler_.newest() || assembler_.broken_since()) return;
  assembler_.abandon(now, assembler_.begin());
  if (assembler_.next_after_gap()) go_on_after_gap();
  review_requests(now);
}

std::optional<FrameInfo> VideoBuffer::next_due() {
  while (assembler_.drop_broken_layer()) go_on(1);
  if (const auto next = assembler_.next()) {
    return now_ < due(*next) ? std::nullopt : next;
  }
  if (const auto after = assembler_.next_after_layers(); after && now_ >= due_without(*after)) {
    go_on(assembler_.skip_layers());
    follow_ready(now_);
    return assembler_.next();
  }
  const auto after_gap = assembler_.next_after_gap();
  if (!after_gap || (!assembler_.broken_since() && now_ < due(*after_gap))) return std::nullopt;
  go_on_after_gap();
  follow_ready(now_);
  const auto next = assembler_.next();
  return next && now_ < due(*next) ? std::nullopt : next;
}

std::optional<PlayableFrame> VideoBuffer::poll_frame(Instant now) {
  now_ = now;
  auto playable = take_due();
  review_requests(now);
  return playable;
}

std::optional<PlayableFrame> VideoBuffer::take_due() {
  PlayableFrame out;
  if (!spare_.empty()) {
    out.frame.bytes = std::move(spare_.back());
    spare_.pop_back();
  }
  while (const auto next = next_due()) {
    const auto behind = assembler_.whole_at(next->last + 1);
    if (!assembler_.take(now_, out.frame)) {
      ++stats_.frames_dropped;
      continue;
    }
    out.render_at = clock_.render_time(now_, next->timestamp);
    out.is_shown = !behind || clock_.render_time(now_, behind->timestamp) > now_;
    if (!out.is_shown) ++stats_.frames_dropped;
    ++stats_.frames_emitted;
    stats_.jitter_buffer_delay += now_ - next->first_arrival;
    stats_.jitter_buffer_target_delay += clock_.target_delay();
    stats_.jitter_buffer_minimum_delay += clock_.jitter_delay();
    return out;
  }
  recycle(std::move(out.frame.bytes));
  return std::nullopt;
}

std::optional<VideoBufferEvent> VideoBuffer::poll_event() {
  if (unwanted_before_) {
    return MissingUnwanted{.before = *std::exchange(unwanted_before_, std::nullopt)};
  }
  if (std::exchange(key_frame_wanted_, false)) return KeyFrameWanted{};
  return std::nullopt;
}

std::optional<Instant> VideoBuffer::next_timeout() const {
  std::optional<Instant> at;
  if (const auto needed = key_frame_needed_at()) at = std::max(*needed, requests_.earliest());
  const auto frame = assembler_.next();
  const auto after = frame ? std::nullopt : assembler_.next_after_layers();
  const auto after_gap = frame || after ? std::nullopt : assembler_.next_after_gap();
  std::optional<Instant> shown_at;
  if (frame) shown_at = due(*frame);
  if (after) shown_at = due_without(*after);
  if (after_gap) shown_at = due(*after_gap);
  if (shown_at) at = at ? std::min(*at, *shown_at) : *shown_at;
  return at;
}

void VideoBuffer::set_round_trip(Duration round_trip) {
  round_trip_ = round_trip;
  requests_.set_round_trip(round_trip);
}

void VideoBuffer::set_decode_time(Duration time) {
  clock_.set_decode_time(std::clamp<Duration>(time, 0ms, PlayoutClock::kMaxDecodeTime));
}

void VideoBuffer::recycle(std::vector<std::byte>&& bytes) {
  if (bytes.capacity() > 0 && spare_.size() < kMaxSpareFrames) spare_.push_back(std::move(bytes));
}

VideoBufferStats VideoBuffer::stats() const {
  VideoBufferStats stats = stats_;
  stats.frames_received = assembler_.frames_completed();
  stats.key_frames_received = assembler_.key_frames_completed();
  return stats;
}

}  // namespace duet::media
