// SPDX-License-Identifier: MIT
// For tests: a camera, a path with faults, and a receiver with a VideoBuffer, in virtual time.
#pragma once

#include <duet/media/freeze_meter.hpp>
#include <duet/media/video_buffer.hpp>
#include <duet/media/video_test_support.hpp>
#include <duet/rtp/rtcp_writer.hpp>
#include <duet/rtp/sender.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace duet::media {

struct VideoLinkOptions {
  std::uint64_t seed = 1;
  Codec codec = Codec::Vp8;
  int frames_per_second = 30;
  std::size_t frame_size = 6000;  // on average; a key frame has five times as many
  std::size_t max_payload = 1200;
  Duration delay = 25ms;  // each way
  Duration jitter{0};     // 0 to so much more, in order
  double loss = 0;        // 0 to 1, there
  double back_loss = 0;   // and of requests
  double reordered = 0;   // packets that take 12 ms longer than the ones behind them
  double duplicated = 0;
  std::uint64_t rate_bps = 20'000'000;  // how fast packets leave the sender
  bool nack = true;
  Instant outage_begin{};  // nothing passes, either way
  Instant outage_end{};
};

/// What was seen at the far end.
struct VideoLinkResult {
  int delivered = 0;
  int shown = 0;
  int lost = 0;              // frames that were captured, came to nothing
  double mean_delay_ms = 0;  // from capture to showing, less the path
  double p95_delay_ms = 0;
  double cadence_error_ms =
      0;  // mean change of the time from capture to showing, picture to picture
  std::optional<Duration>
      after_outage;  // first picture after its end that was captured in it or later
  std::uint64_t resent = 0;
  std::uint64_t key_frames_asked = 0;
};

class VideoLink {
 public:
  explicit VideoLink(const VideoLinkOptions& options)
      : options_{options},
        random_{options.seed},
        packetizer_{{.codec = options.codec, .max_payload = options.max_payload}},
        sender_{{.ssrc = Ssrc{1},
                 .rtx_ssrc = Ssrc{2},
                 .first_sequence = rtp::SequenceNumber{65'000},
                 .payloads = payloads()}},
        receiver_{{.ssrc = Ssrc{1}, .payloads = payloads(), .nack = options.nack}},
        buffer_{{.nack = options.nack}} {
    sender_.set_round_trip(2 * options.delay);
    receiver_.set_round_trip(2 * options.delay);
    buffer_.set_round_trip(2 * options.delay);
  }

  /// Frames are captured for so long.
  void run(Duration span) { run_until(now_ + span, true); }

  /// What is under way still arrives.
  void finish() { run_until(now_ + 3s, false); }

  VideoLinkResult result() const {
    VideoLinkResult result;
    result.delivered = static_cast<int>(delivered_);
    result.shown = static_cast<int>(shown_.size());
    result.lost = static_cast<int>(frames_.size()) - result.delivered;
    result.resent = sender_.stats().retransmitted_packets_sent;
    result.key_frames_asked = buffer_.stats().key_frames_wanted;
    std::vector<double> delays;
    for (const Shown& each : shown_) {
      delays.push_back(millis(each.at - captured_at(each.frame) - options_.delay));
      result.mean_delay_ms += delays.back() / static_cast<double>(shown_.size());
    }
    for (std::size_t i = 1; i < delays.size(); ++i) {
      result.cadence_error_ms +=
          std::abs(delays[i] - delays[i - 1]) / static_cast<double>(delays.size() - 1);
    }
    if (!delays.empty()) {
      std::ranges::sort(delays);
      result.p95_delay_ms = delays[delays.size() * 95 / 100];
    }
    for (const Shown& each : shown_) {
      if (options_.outage_end > Instant{} && each.at >= options_.outage_end &&
          captured_at(each.frame) + 1s >= options_.outage_end) {
        result.after_outage = each.at - options_.outage_end;
        break;
      }
    }
    return result;
  }

  VideoBuffer& buffer() { return buffer_; }

  const FreezeMeter::Stats& freezes() const { return meter_.stats(); }

  Instant now() const { return now_; }

  VideoLinkOptions& options() { return options_; }

  static double millis(Duration span) {
    return std::chrono::duration<double, std::milli>(span).count();
  }

 private:
  void run_until(Instant end, bool captures) {
    while (true) {
      Instant next = std::min(end, next_event_at());
      if (captures) next = std::min(next, captured_at(frames_.size()));
      if (const auto at = receiver_.next_timeout()) next = std::min(next, *at);
      if (const auto at = buffer_.next_timeout()) next = std::min(next, *at);
      now_ = std::max(now_, next);
      if (now_ >= end) return;
      ASSERT_LT(++steps_, 10'000'000u) << "it doesn't come to rest";
      if (captures && captured_at(frames_.size()) <= now_) capture();
      while (next_event_at() <= now_) {
        Event event = std::move(events_.begin()->second);
        events_.erase(events_.begin());
        handle(event);
      }
      serve_receiver();
      if (testing::Test::HasFatalFailure()) return;
    }
  }

  enum class Kind : std::uint8_t { Packet, Nack, Pli };

  struct Event {
    Kind kind = Kind::Packet;
    std::vector<std::byte> bytes;
    std::vector<rtp::SequenceNumber> lost;
  };

  struct Shown {
    std::size_t frame = 0;
    Instant at;
  };

  static constexpr std::uint32_t kFirstTimestamp = 0xFFFF'0000;

  static rtp::PayloadMap payloads() {
    rtp::PayloadMap map;
    map.set(PayloadType{96}, {.role = rtp::Payload::Role::Media, .clock_rate = 90'000});
    map.set(PayloadType{97}, {.role = rtp::Payload::Role::Rtx, .repairs = PayloadType{96}});
    return map;
  }

  bool chance(double probability) {
    return static_cast<double>(random_.u64() % 1'000'000) < probability * 1e6;
  }

  Instant captured_at(std::size_t frame) const {
    return Instant{1s} +
           static_cast<std::int64_t>(frame) * 1'000'000us / options_.frames_per_second;
  }

  Instant next_event_at() const {
    return events_.empty() ? Instant::max() : events_.begin()->first.first;
  }

  bool is_out(Instant at) const { return at >= options_.outage_begin && at < options_.outage_end; }

  void schedule(Instant at, Event event) {
    events_.emplace(std::pair{at, next_order_++}, std::move(event));
  }

  void capture() {
    const bool is_key = frames_.empty() || std::exchange(key_asked_, false);
    const std::size_t usual = options_.frame_size / 2 + random_.u64() % options_.frame_size;
    auto frame = make_frame(options_.codec, is_key, is_key ? 5 * usual : usual, random_);
    frame.timestamp = rtp::Timestamp{kFirstTimestamp} + static_cast<std::int64_t>(frames_.size()) *
                                                            90'000 / options_.frames_per_second;
    frames_.push_back(std::move(frame));
    ASSERT_TRUE(packetizer_.set_frame(frames_.back()));
    while (const auto payload = packetizer_.poll_payload()) {
      transmit(sender_.write(now_,
                             {.payload_type = PayloadType{96},
                              .timestamp = frames_.back().timestamp,
                              .marker = payload->marker,
                              .captured_at = now_,
                              .payload = payload->bytes},
                             memory_));
    }
  }

  /// One after another at the given rate, then over the path.
  void transmit(std::span<const std::byte> bytes) {
    ASSERT_FALSE(bytes.empty());
    free_at_ = std::max(free_at_, now_) +
               Duration{static_cast<std::int64_t>(bytes.size() * 8'000'000 / options_.rate_bps)};
    const Instant leaves = free_at_;
    if (is_out(leaves) || chance(options_.loss)) return;
    Instant at = leaves + options_.delay;
    if (options_.jitter > 0us) {
      at += Duration{static_cast<std::int64_t>(random_.u64()) & 0x7FFFFFFF} % options_.jitter;
    }
    at = std::max(at, last_arrival_);  // jitter alone keeps the order
    last_arrival_ = at;
    if (chance(options_.reordered)) at += 12ms;
    if (chance(options_.duplicated)) {
      schedule(at + 3ms, {.kind = Kind::Packet, .bytes = {bytes.begin(), bytes.end()}});
    }
    schedule(at, {.kind = Kind::Packet, .bytes = {bytes.begin(), bytes.end()}});
  }

  void ask_back(Event event) {
    if (is_out(now_) || chance(options_.back_loss)) return;
    schedule(now_ + options_.delay, std::move(event));
  }

  void handle(Event& event) {
    switch (event.kind) {
      case Kind::Pli:
        key_asked_ = true;
        return;
      case Kind::Nack:
        return resend(event.lost);
      case Kind::Packet:
        break;
    }
    const auto packet = rtp::Packet::parse(event.bytes);
    ASSERT_TRUE(packet);
    const auto received = receiver_.handle_packet(now_, *packet, event.bytes);
    if (received) buffer_.handle_packet(now_, options_.codec, *received);
  }

  void resend(std::span<const rtp::SequenceNumber> lost) {
    rtp::RtcpWriter writer{memory_};
    writer.add_nack(Ssrc{3}, Ssrc{1}, lost);
    const auto compound = rtp::RtcpCompound::parse(writer.finish());
    sender_.handle_nack(now_, *rtp::Nack::parse(*rtp::Feedback::parse(*compound->begin())));
    for (auto bytes = sender_.poll_retransmission(now_, memory_); !bytes.empty();
         bytes = sender_.poll_retransmission(now_, memory_)) {
      transmit(bytes);
    }
  }

  void serve_receiver() {
    buffer_.handle_timeout(now_);
    while (auto playable = buffer_.poll_frame(now_)) take(*playable);
    while (const auto event = buffer_.poll_event()) {
      if (const auto* unwanted = std::get_if<MissingUnwanted>(&*event)) {
        receiver_.forget_before(unwanted->before);
      } else {
        ask_back({.kind = Kind::Pli});
      }
    }
    if (receiver_.poll_key_frame_wanted()) ask_back({.kind = Kind::Pli});
    std::array<rtp::SequenceNumber, 100> lost;
    for (std::size_t count = receiver_.poll_nack(now_, lost); count > 0;
         count = receiver_.poll_nack(now_, lost)) {
      ask_back({.kind = Kind::Nack,
                .lost = {lost.begin(), lost.begin() + static_cast<std::ptrdiff_t>(count)}});
    }
  }

  /// Bit for bit what was sent, in order, and nothing without what it stands on.
  void take(PlayableFrame& playable) {
    const auto ticks = distance(rtp::Timestamp{kFirstTimestamp}, playable.frame.timestamp);
    const auto index = static_cast<std::size_t>(
        std::lround(static_cast<double>(ticks) * options_.frames_per_second / 90'000.0));
    ASSERT_LT(index, frames_.size());
    const EncodedFrame& sent = frames_[index];
    ASSERT_EQ(playable.frame.timestamp, sent.timestamp);
    ASSERT_EQ(playable.frame.bytes, sent.bytes);
    ASSERT_EQ(playable.frame.is_key, sent.is_key);
    if (delivered_ > 0) {
      ASSERT_GT(index, last_delivered_);
    }
    ASSERT_TRUE(sent.is_key || (delivered_ > 0 && index == last_delivered_ + 1))
        << "frame " << index << " after " << last_delivered_;
    ++delivered_;
    last_delivered_ = index;
    if (playable.is_shown) {
      const Instant at = std::max(playable.render_at, now_);
      meter_.handle_rendered(at);
      shown_.push_back({.frame = index, .at = at});
    }
    buffer_.recycle(std::move(playable.frame.bytes));
  }

  VideoLinkOptions options_;
  SeededRandom random_;
  VideoPacketizer packetizer_;
  rtp::RtpSender sender_;
  rtp::RtpReceiver receiver_;
  VideoBuffer buffer_;
  FreezeMeter meter_;
  Instant now_{1s};
  Instant free_at_{};
  Instant last_arrival_{};
  std::map<std::pair<Instant, std::uint64_t>, Event> events_;
  std::uint64_t next_order_ = 0;
  std::uint64_t steps_ = 0;
  bool key_asked_ = false;
  std::array<std::byte, 2000> memory_{};
  std::vector<EncodedFrame> frames_;
  std::size_t delivered_ = 0;
  std::size_t last_delivered_ = 0;
  std::vector<Shown> shown_;
};

}  // namespace duet::media
