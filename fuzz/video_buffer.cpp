// SPDX-License-Identifier: MIT
// The jitter buffer of pictures under a peer that sends what it likes, whenever: any codec,
// numbers, timestamps and payloads. Bounds hold, what comes out is in order and begins with a key
// frame, and every timeout comes to an end.
#include "input.hpp"
#include <duet/base/check.hpp>
#include <duet/media/video_buffer.hpp>
#include <duet/rtp/packet_writer.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace duet::media {
namespace {

class World {
 public:
  void run(fuzz::Input& in) {
    for (int i = 0; !in.empty() && i < 600; ++i) {
      step(in);
      check();
    }
    settle(20s);
    const auto stats = buffer_.stats();
    DUET_CHECK(stats.frames_emitted == emitted_ && stats.key_frames_wanted == wanted_);
    DUET_CHECK(stats.key_frames_received <= stats.frames_received);
    DUET_CHECK(emitted_ <= stats.frames_received);
  }

 private:
  void step(fuzz::Input& in) {
    const std::uint8_t operation = in.next();
    const std::uint8_t a = in.next();
    switch (operation % 12) {
      case 0:
        return settle(std::chrono::milliseconds{a});
      case 1:
        return settle(std::chrono::milliseconds{a * 16});
      case 2:  // anywhere
        sequence_ += (a - 100) * 37;
        timestamp_ += (a - 100) * 90'000;
        return;
      case 3:
        buffer_.set_round_trip(std::chrono::milliseconds{a * 4});
        buffer_.set_minimum_delay(std::chrono::milliseconds{a * 8});
        buffer_.set_decode_time(std::chrono::milliseconds{a});
        return;
      case 4:
        buffer_.handle_decode_error(now_);
        needs_key_ = true;
        return;
      case 5:  // again, or one that was left out
        return give(in, sequence_ - a, timestamp_ - (a & 3) * 3000, a);
      case 6:
        sequence_ += a & 7;  // a loss
        timestamp_ += (a >> 3) * 300;
        return;
      case 7:
        restarted_ = a < 64;
        codec_ = static_cast<Codec>(a & 3);
        return;
      default:
        if ((a & 1) != 0) timestamp_ += 3000;
        return give(in, sequence_++, timestamp_, a);
    }
  }

  void give(fuzz::Input& in, std::int64_t sequence, std::int64_t timestamp, std::uint8_t flags) {
    using Role = rtp::Payload::Role;
    constexpr std::array kRoles{Role::Media, Role::Media, Role::Media, Role::Red, Role::Ulpfec};
    rtp::PacketWriter writer{memory_,
                             {.marker = (flags & 2) != 0,
                              .payload_type = PayloadType{96},
                              .sequence = rtp::SequenceNumber{static_cast<std::uint16_t>(sequence)},
                              .timestamp = rtp::Timestamp{static_cast<std::uint32_t>(timestamp)}},
                             0};
    writer.add_payload(in.take(in.next() % 40));
    if (restarted_) {
      needs_key_ = true;
      last_ = std::nullopt;
    }
    buffer_.handle_packet(now_, codec_,
                          {.packet = *rtp::Packet::parse(writer.finish()),
                           .role = kRoles[(flags >> 2) % kRoles.size()],
                           .sequence = sequence,
                           .timestamp = timestamp,
                           .restarted = std::exchange(restarted_, false)});
    take();
  }

  void take() {
    for (int i = 0; auto playable = buffer_.poll_frame(now_); ++i) {
      DUET_CHECK(i < 600);
      ++emitted_;
      DUET_CHECK(!playable->frame.bytes.empty());
      DUET_CHECK(!needs_key_ || playable->frame.is_key);
      needs_key_ = false;
      DUET_CHECK(playable->render_at <= now_ + PlayoutClock::kMaxDecodeTime);
      const std::int64_t begin = buffer_.assembler().begin();
      DUET_CHECK(!last_ || begin > *last_);
      last_ = begin;
      buffer_.recycle(std::move(playable->frame.bytes));
    }
    while (const auto event = buffer_.poll_event()) {
      if (std::holds_alternative<KeyFrameWanted>(*event)) ++wanted_;
    }
  }

  void settle(Duration span) {
    const Instant end = now_ + span;
    for (int i = 0; i < 2000; ++i) {
      take();
      const auto next = buffer_.next_timeout();
      if (!next || *next > end) {
        now_ = end;
        buffer_.handle_timeout(now_);
        return take();
      }
      now_ = std::max(now_, *next);
      buffer_.handle_timeout(now_);
      take();
      const auto after = buffer_.next_timeout();
      DUET_CHECK(!after || *after > now_);  // what was due is done
    }
    DUET_CHECK(false);
  }

  void check() {
    const FrameAssembler& assembler = buffer_.assembler();
    DUET_CHECK(assembler.frames() <= FrameAssembler::kMaxFrames);
    DUET_CHECK(assembler.bytes() <= FrameAssembler::kMaxBytes);
    DUET_CHECK(buffer_.current_delay() <=
               PlayoutClock::kMaxDelay + 2 * PlayoutClock::kOutlier + PlayoutClock::kMaxDecodeTime);
  }

  VideoBuffer buffer_{{.ulpfec = PayloadType{98}}};
  Instant now_{1s};
  std::array<std::byte, 100> memory_{};
  Codec codec_ = Codec::Vp8;
  std::int64_t sequence_ = 65'500;
  std::int64_t timestamp_ = 0;
  bool restarted_ = false;
  bool needs_key_ = true;
  std::optional<std::int64_t> last_;
  std::uint64_t emitted_ = 0;
  std::uint64_t wanted_ = 0;
};

}  // namespace
}  // namespace duet::media

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  duet::fuzz::Input in{data, size};
  duet::media::World world;
  world.run(in);
  return 0;
}
