// SPDX-License-Identifier: MIT
// Packets of pictures made into frames.
#include <duet/media/frame_assembler.hpp>

#include <algorithm>
#include <utility>

namespace duet::media {
namespace {

/// A spare buffer takes what a usual packet has, whatever its first one had.
constexpr std::size_t kUsualPayload = 1216;
/// One that had an unusual one is given back to the system.
constexpr std::size_t kMaxSparePayload = 2 * kUsualPayload;

}  // namespace

FrameAssembler::FrameAssembler() : slots_(kWindow) {
  spare_.reserve(kWindow);
  frames_.reserve(kMaxFrames);
}

const FrameAssembler::Slot* FrameAssembler::find(std::int64_t sequence) const {
  if (sequence < begin_ || sequence >= begin_ + std::int64_t{kWindow}) return nullptr;
  const Slot& at = slot(sequence);
  return at.kind == Slot::Kind::Empty ? nullptr : &at;
}

FrameAssembler::Verdict FrameAssembler::handle_packet(Instant now, const FramePacket& packet) {
  if (!newest_) {
    begin_ = packet.sequence - std::int64_t{kWindow} / 2;  // older ones may come later
    oldest_ = packet.sequence;
    broken_since_ = now;
  }
  if (packet.sequence < begin_ || find(packet.sequence) != nullptr) return Verdict::Useless;
  VideoPayload payload;
  if (!packet.payload.empty()) {
    const auto parsed = parse_video_payload(packet.codec, packet.payload);
    const Frame* frame = frame_with(packet.timestamp);
    if (!parsed || (frame != nullptr && frame->codec != packet.codec)) return Verdict::Malformed;
    payload = *parsed;
    if (packet.codec == Codec::Vp9) complete_layers(payload);
  }
  oldest_ = std::min(oldest_, packet.sequence);
  make_room(now, packet);
  if (packet.sequence < begin_) return Verdict::Useless;
  if (!newest_ || packet.sequence > newest_->sequence) {
    newest_ = {.sequence = packet.sequence, .timestamp = packet.timestamp};
  }
  if (packet.payload.empty()) {
    store(now, packet, Slot::Kind::Padding, 0);
    review_around(now, packet.sequence);
    if (!broken_since_) pass_padding();
  } else {
    store(now, packet, Slot::Kind::Media, packet.payload.size() - payload.data.size());
    add_to_frame(now, packet, payload);
  }
  while (find(contiguous_) != nullptr) ++contiguous_;
  return Verdict::Taken;
}

void FrameAssembler::make_room(Instant now, const FramePacket& packet) {
  if (packet.sequence >= begin_ + std::int64_t{kWindow}) {
    break_off(now);
    advance_to(packet.sequence - std::int64_t{kWindow} + 1);
  }
  const bool is_new = !packet.payload.empty() && frame_with(packet.timestamp) == nullptr;
  while (bytes_ + packet.payload.size() > kMaxBytes || (is_new && frames_.size() == kMaxFrames)) {
    break_off(now);
    if (frames_.empty()) return drop_all(begin_);
    advance_to(std::ranges::min(frames_, {}, first_of).info.first + 1);
  }
}

void FrameAssembler::store(Instant now, const FramePacket& packet, Slot::Kind kind,
                           std::size_t data_offset) {
  Slot& at = slot(packet.sequence);
  at.kind = kind;
  at.timestamp = packet.timestamp;
  at.arrival = now;
  at.data_offset = data_offset;
  if (kind == Slot::Kind::Padding) return;
  if (!spare_.empty()) {
    at.payload = std::move(spare_.back());
    spare_.pop_back();
  } else {
    at.payload.reserve(std::max(kUsualPayload, packet.payload.size()));
  }
  at.payload.assign(packet.payload.begin(), packet.payload.end());
  bytes_ += packet.payload.size();
}

void FrameAssembler::free_slot(std::int64_t sequence) {
  Slot& at = slot(sequence);
  if (at.kind == Slot::Kind::Media) {
    bytes_ -= at.payload.size();
    if (at.payload.capacity() <= kMaxSparePayload) spare_.push_back(std::move(at.payload));
    at.payload = {};
  }
  at.kind = Slot::Kind::Empty;
}

void FrameAssembler::advance_to(std::int64_t sequence) {
  const std::int64_t end = std::min(sequence, begin_ + std::int64_t{kWindow});
  for (std::int64_t at = begin_; at < end; ++at) free_slot(at);
  begin_ = std::max(begin_, sequence);
  contiguous_ = std::max(contiguous_, begin_);
  std::erase_if(frames_, [&](const Frame& frame) { return frame.info.first < begin_; });
}

void FrameAssembler::pass_padding() {
  for (const Slot* at = find(begin_); at != nullptr && at->kind == Slot::Kind::Padding;
       at = find(begin_)) {
    free_slot(begin_++);
  }
  contiguous_ = std::max(contiguous_, begin_);
}

void FrameAssembler::drop_all(std::int64_t from) {
  for (std::int64_t at = begin_; at < begin_ + std::int64_t{kWindow}; ++at) free_slot(at);
  frames_.clear();
  begin_ = from;
  contiguous_ = from;
}

FrameAssembler::Frame* FrameAssembler::frame_with(std::int64_t timestamp) {
  const auto at = std::find_if(frames_.rbegin(), frames_.rend(), [&](const Frame& frame) {
    return frame.info.timestamp == timestamp;
  });
  return at == frames_.rend() ? nullptr : &*at;
}

FrameAssembler::Frame& FrameAssembler::add_frame(Instant now, const FramePacket& packet) {
  const auto at = std::find_if(frames_.rbegin(), frames_.rend(), [&](const Frame& frame) {
    return frame.info.first < packet.sequence;
  });
  Frame frame{.info = {.timestamp = packet.timestamp,
                       .first = packet.sequence,
                       .last = packet.sequence,
                       .first_arrival = now},
              .codec = packet.codec};
  return *frames_.insert(at.base(), frame);
}

void FrameAssembler::add_to_frame(Instant now, const FramePacket& packet,
                                  const VideoPayload& payload) {
  Frame* frame = frame_with(packet.timestamp);
  if (frame == nullptr) frame = &add_frame(now, packet);
  ++frame->packets;
  frame->info.last_arrival = now;
  frame->info.first = std::min(frame->info.first, packet.sequence);
  frame->info.last = std::max(frame->info.last, packet.sequence);
  frame->is_inter = frame->is_inter || payload.is_inter;
  frame->info.is_key = (frame->info.is_key || payload.is_key) && !frame->is_inter;
  if (payload.begins_frame) frame->begin = packet.sequence;
  if (payload.temporal) frame->temporal = payload.temporal;
  if (packet.marker) frame->end = packet.sequence;
  review(now, *frame);
  review_around(now, packet.sequence);
}

void FrameAssembler::review_around(Instant now, std::int64_t sequence) {
  for (Frame& frame : frames_) {
    if (frame.is_whole || frame.info.first > sequence || frame.info.last + 1 < sequence) continue;
    review(now, frame);
  }
}

void FrameAssembler::review(Instant now, Frame& frame) {
  FrameInfo& info = frame.info;
  // Not every sender sets the marker: then the next frame's first packet ends it. What is left of a
  // frame whose beginning has gone, while more of it comes late, is no other frame.
  const Slot* behind = find(info.last + 1);
  if (frame.end.value_or(info.first) < info.last) frame.end = std::nullopt;
  const bool is_followed =
      behind != nullptr && behind->kind == Slot::Kind::Media && behind->timestamp != info.timestamp;
  if (!frame.end && is_followed) frame.end = info.last;
  frame.is_whole = false;
  if (!frame.end) return;
  if (frame.packets != info.last - info.first + 1) {
    for (std::int64_t at = info.first; at < info.last; ++at) {
      const Slot* each = find(at);
      const bool is_ours = each != nullptr &&
                           (each->kind == Slot::Kind::Padding || each->timestamp == info.timestamp);
      if (!is_ours) return;
    }
  }
  frame.is_whole = true;
  info.complete_at = now;
  if (std::exchange(frame.is_counted, true)) return;
  ++completed_;
  if (info.is_key) ++key_completed_;
}

bool FrameAssembler::begins_for_sure(const Frame& frame) const {
  if (frame.begin == frame.info.first) return true;
  if (!broken_since_ && frame.info.first == begin_) return true;
  std::int64_t before = frame.info.first - 1;
  const Slot* at = find(before);
  while (at != nullptr && at->kind == Slot::Kind::Padding) at = find(--before);
  return at != nullptr && at->timestamp != frame.info.timestamp;
}

std::optional<FrameInfo> FrameAssembler::next() const {
  if (broken_since_) return std::nullopt;
  return whole_at(begin_);
}

std::optional<FrameInfo> FrameAssembler::whole_at(std::int64_t sequence) const {
  const Slot* begin = find(sequence);
  while (begin != nullptr && begin->kind == Slot::Kind::Padding) begin = find(++sequence);
  const auto at = std::ranges::find(frames_, sequence, first_of);
  if (at == frames_.end() || !at->is_whole) return std::nullopt;
  return at->info;
}

const FrameAssembler::Frame* FrameAssembler::frame_after_gap() const {
  const auto at = std::find_if(frames_.rbegin(), frames_.rend(), [&](const Frame& frame) {
    return frame.is_whole && frame.info.is_key && begins_for_sure(frame);
  });
  return at == frames_.rend() ? nullptr : &*at;
}

std::optional<FrameInfo> FrameAssembler::next_after_gap() const {
  const Frame* frame = frame_after_gap();
  return frame == nullptr ? std::nullopt : std::optional{frame->info};
}

std::size_t FrameAssembler::skip_gap() {
  const Frame* frame = frame_after_gap();
  if (frame == nullptr) return 0;
  const std::size_t lost = go_on_with(*frame);
  broken_since_ = std::nullopt;
  return lost;
}

std::size_t FrameAssembler::go_on_with(const Frame& frame) {
  const std::size_t before = frames_.size();
  advance_to(frame.info.first);
  contiguous_ = begin_;
  while (find(contiguous_) != nullptr) ++contiguous_;
  return before - frames_.size();
}

const FrameAssembler::Frame* FrameAssembler::frame_after_layers() const {
  if (broken_since_ || !base_index_ || whole_at(begin_)) return nullptr;
  const auto at = std::ranges::find_if(frames_, [&](const Frame& frame) {
    if (!frame.is_whole || !frame.temporal || !begins_for_sure(frame)) return false;
    const auto& temporal = *frame.temporal;
    const auto next_base = static_cast<std::uint8_t>(*base_index_ + 1);
    return temporal.id == 0 ? temporal.base_index == next_base
                            : temporal.is_synced && temporal.base_index == *base_index_;
  });
  return at == frames_.end() ? nullptr : &*at;
}

std::optional<FrameInfo> FrameAssembler::next_after_layers() const {
  const Frame* frame = frame_after_layers();
  return frame == nullptr ? std::nullopt : std::optional{frame->info};
}

std::size_t FrameAssembler::skip_layers() {
  const Frame* frame = frame_after_layers();
  if (frame == nullptr) return 0;
  is_layer_broken_ = true;
  return go_on_with(*frame);
}

bool FrameAssembler::drop_broken_layer() {
  const auto info = next();
  if (!is_layer_broken_ || !info) return false;
  const auto frame = std::ranges::find(frames_, info->first, first_of);
  if (info->is_key || !frame->temporal || frame->temporal->id == 0 || frame->temporal->is_synced) {
    return false;
  }
  advance_to(info->last + 1);
  pass_padding();
  return true;
}

/// VP9 says what a picture needs in the group that its key picture told. Where that is unknown,
/// nothing is passed over.
void FrameAssembler::complete_layers(VideoPayload& payload) {
  if (!payload.picture_id) {
    payload.temporal = std::nullopt;
    return;
  }
  if (payload.is_key && !payload.group.empty()) group_.learn(*payload.picture_id, payload.group);
  if (!payload.temporal) return;
  const auto is_synced = group_.needs_base_only(*payload.picture_id, payload.temporal->id);
  if (is_synced) {
    payload.temporal->is_synced = *is_synced && payload.temporal->id > 0;
  } else {
    payload.temporal = std::nullopt;
  }
}

void FrameAssembler::follow_layers(const Frame& frame) {
  const auto& temporal = frame.temporal;
  if (frame.info.is_key || !temporal || temporal->is_synced) is_layer_broken_ = false;
  if (!temporal) {
    base_index_ = std::nullopt;
  } else if (temporal->id == 0) {
    base_index_ = temporal->base_index;
  }
}

bool FrameAssembler::take(Instant now, EncodedFrame& out) {
  const auto info = next();
  if (!info) return false;
  pass_padding();
  const auto frame = std::ranges::find(frames_, info->first, first_of);
  out.codec = frame->codec;
  out.timestamp = rtp::Timestamp{static_cast<std::uint32_t>(info->timestamp)};
  out.is_key = info->is_key;
  follow_layers(*frame);
  builder_.begin(out.codec, out.bytes);
  bool is_whole = true;
  for (std::int64_t at = info->first; at <= info->last; ++at) {
    const Slot& part = slot(at);
    if (part.kind == Slot::Kind::Padding) continue;
    is_whole = is_whole && builder_.add(std::span{part.payload}.subspan(part.data_offset));
  }
  is_whole = builder_.finish() && is_whole;
  advance_to(info->last + 1);
  pass_padding();
  if (!is_whole) break_off(now);
  return is_whole;
}

void FrameAssembler::break_off(Instant now) {
  if (!broken_since_) broken_since_ = now;
}

void FrameAssembler::abandon(Instant now, std::int64_t from) {
  break_off(now);
  advance_to(from);
}

void FrameAssembler::restart() {
  drop_all(0);
  newest_ = std::nullopt;
  broken_since_ = std::nullopt;
  base_index_ = std::nullopt;
  is_layer_broken_ = false;
  group_.forget();
}

std::optional<Instant> FrameAssembler::missing_since() const {
  if (broken_since_ || !newest_) return std::nullopt;
  for (std::int64_t at = contiguous_ + 1; at <= newest_->sequence; ++at) {
    if (const Slot* behind = find(at)) return behind->arrival;
  }
  // Nothing is missing, yet frames follow on one that doesn't end: it never will.
  if (frames_.size() > 1 && !frames_[0].is_whole) return frames_[1].info.first_arrival;
  return std::nullopt;
}

std::optional<FrameInfo> FrameAssembler::key_frame() const {
  const auto at = std::find_if(frames_.rbegin(), frames_.rend(), [&](const Frame& frame) {
    return frame.info.is_key && (frame.begin == frame.info.first || frame.info.first > oldest_);
  });
  return at == frames_.rend() ? std::nullopt : std::optional{at->info};
}

}  // namespace duet::media
