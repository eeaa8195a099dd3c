// SPDX-License-Identifier: MIT
// That pictures allocate nothing on their way, once memory has warmed up.
#include <duet/media/allocation_count_test_support.hpp>
#include <duet/media/video_buffer.hpp>
#include <duet/media/video_test_support.hpp>
#include <duet/rtp/packet_writer.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace duet::media {
namespace {

/// Frames cut into packets, some of which are late by a few, through a receiver and a buffer.
class Stream {
 public:
  explicit Stream(Codec codec)
      : codec_{codec},
        packetizer_{{.codec = codec}},
        receiver_{{.payloads = payloads(), .nack = true}} {
    for (int i = 0; i < 20; ++i) frames_.push_back(make_frame(codec, i == 0, 5000, random_));
  }

  /// @return frames that came out
  int run(int count) {
    int out = 0;
    for (int i = 0; i < count; ++i, now_ += 33ms) {
      EncodedFrame& frame = frames_[static_cast<std::size_t>(count_++ == 0 ? 0 : 1 + count_ % 19)];
      frame.timestamp = rtp::Timestamp{static_cast<std::uint32_t>(count_) * 2970};
      if (!packetizer_.set_frame(frame)) return 0;
      while (const auto payload = packetizer_.poll_payload()) {
        rtp::PacketWriter writer{held_.empty() && random_.u64() % 10 == 0 ? held_memory_ : memory_,
                                 {.marker = payload->marker,
                                  .payload_type = PayloadType{96},
                                  .sequence = sequence_,
                                  .timestamp = frame.timestamp},
                                 0};
        sequence_ = sequence_ + 1;
        writer.add_payload(payload->bytes);
        const auto bytes = writer.finish();
        if (bytes.data() == held_memory_.data()) {
          held_ = bytes;
          continue;
        }
        give(bytes);
      }
      if (!held_.empty()) give(std::exchange(held_, {}));
      while (auto playable = buffer_.poll_frame(now_ + 20ms)) {
        ++out;
        buffer_.recycle(std::move(playable->frame.bytes));
      }
      while (buffer_.poll_event()) {
      }
    }
    return out;
  }

 private:
  static rtp::PayloadMap payloads() {
    rtp::PayloadMap map;
    map.set(PayloadType{96}, {.role = rtp::Payload::Role::Media, .clock_rate = 90'000});
    return map;
  }

  void give(std::span<std::byte> bytes) {
    const auto received = receiver_.handle_packet(now_, *rtp::Packet::parse(bytes), bytes);
    if (received) buffer_.handle_packet(now_, codec_, *received);
  }

  SeededRandom random_{9};
  Codec codec_;
  VideoPacketizer packetizer_;
  rtp::RtpReceiver receiver_;
  VideoBuffer buffer_;
  std::vector<EncodedFrame> frames_;
  std::array<std::byte, 1500> memory_{};
  std::array<std::byte, 1500> held_memory_{};
  std::span<std::byte> held_;
  rtp::SequenceNumber sequence_{60'000};
  Instant now_{1s};
  int count_ = 0;
};

TEST(VideoMemory, AStreamAllocatesNothingOnceItRuns) {
  for (const Codec codec : {Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1}) {
    SCOPED_TRACE(name_of(codec));
    Stream stream{codec};
    EXPECT_GT(stream.run(1000), 990);
    const std::uint64_t before = allocation_count();
    EXPECT_EQ(stream.run(2000), 2000);
    EXPECT_EQ(allocation_count() - before, 0u);
  }
}

}  // namespace
}  // namespace duet::media
