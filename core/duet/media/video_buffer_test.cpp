// SPDX-License-Identifier: MIT
// Tests of the jitter buffer of pictures, rule by rule.
#include <duet/media/video_buffer.hpp>
#include <duet/rtp/packet_writer.hpp>

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace duet::media {
namespace {

/// Frames of one packet of VP8, 30 a second.
class VideoBufferTest : public testing::Test {
 protected:
  using Role = rtp::Payload::Role;

  void give(std::int64_t sequence, std::int64_t timestamp, std::string_view payload,
            Role role = Role::Media, bool restarted = false) {
    rtp::PacketWriter writer{memory_,
                             {.marker = true,
                              .payload_type = PayloadType{96},
                              .sequence = rtp::SequenceNumber{static_cast<std::uint16_t>(sequence)},
                              .timestamp = rtp::Timestamp{static_cast<std::uint32_t>(timestamp)}},
                             0};
    writer.add_payload(as_bytes(payload));
    buffer_.handle_packet(now_, codec_,
                          {.packet = *rtp::Packet::parse(writer.finish()),
                           .role = role,
                           .sequence = sequence,
                           .timestamp = timestamp,
                           .restarted = restarted});
  }

  void key(std::int64_t frame) { give(frame, frame * 3000, {"\x10\x00", 2}); }

  void delta(std::int64_t frame) { give(frame, frame * 3000, "\x10\x01"); }

  /// Of a stream with temporal layers: its layer, the count of base frames, and whether it needs
  /// the last of those only.
  void layered(std::int64_t frame, unsigned layer, unsigned base, bool is_synced = false,
               bool is_key = false) {
    // X and S; L and T; TL0PICIDX; TID and Y; the frame's own first byte (RFC 7741 §4.2).
    const std::array<char, 5> bytes{'\x90', '\x60', static_cast<char>(base),
                                    static_cast<char>(layer << 6 | (is_synced ? 0x20u : 0)),
                                    is_key ? '\0' : '\1'};
    give(frame, frame * 3000, {bytes.data(), bytes.size()});
  }

  /// The same of VP9, whose key picture tells the group (RFC 9628 §4.2): a base picture needs the
  /// base picture before it, and so does what is between them; or that needs the one of its own
  /// layer.
  void layered_vp9(std::int64_t frame, unsigned layer, unsigned base, bool is_key = false,
                   bool is_apart = false) {
    codec_ = Codec::Vp9;
    const auto byte = [](std::int64_t value) { return static_cast<char>(value); };
    std::string bytes{byte(is_key ? 0xAE : 0xEC), byte(frame & 0x7F), byte(layer << 5), byte(base)};
    if (is_key) bytes += std::string{"\x08\x02\x04\x02\x24"} + byte(is_apart ? 2 : 1);
    give(frame, frame * 3000, bytes + "\x86");
  }

  /// Time passes; what came out, "+" where it is shown.
  std::string wait(Duration span) {
    std::string out;
    const Instant end = now_ + span;
    while (true) {
      while (const auto playable = buffer_.poll_frame(now_)) {
        out += std::to_string(playable->frame.timestamp.value() / 3000) +
               (playable->is_shown ? "+ " : " ");
        render_at_ = playable->render_at;
      }
      note_events();
      const auto next = buffer_.next_timeout();
      if (!next || *next > end) break;
      now_ = std::max(now_ + 1us, *next);
      buffer_.handle_timeout(now_);
      note_events();
    }
    now_ = end;
    return out;
  }

  void note_events() {
    while (const auto event = buffer_.poll_event()) {
      if (const auto* unwanted = std::get_if<MissingUnwanted>(&*event)) {
        unwanted_before_ = unwanted->before;
      } else {
        asked_.push_back(now_);
      }
    }
  }

  /// Frames from `first` on, each in its time.
  std::string play(int first, int count) {
    std::string out;
    for (int i = 0; i < count; ++i) {
      delta(first + i);
      out += wait(kFrame);
    }
    return out;
  }

  static constexpr Duration kFrame = 33'333us;
  Instant now_{1s};
  std::array<std::byte, 200> memory_{};
  Instant render_at_;
  std::vector<Instant> asked_;
  std::optional<std::int64_t> unwanted_before_;
  Codec codec_ = Codec::Vp8;
  VideoBuffer buffer_;
};

TEST_F(VideoBufferTest, TheFirstFrameIsDecodedAtOnce) {
  key(1);
  const auto playable = buffer_.poll_frame(now_);
  ASSERT_TRUE(playable);
  EXPECT_TRUE(playable->is_shown);
  EXPECT_TRUE(playable->frame.is_key);
  EXPECT_EQ(playable->render_at, now_ + 10ms);
  EXPECT_FALSE(buffer_.next_timeout());
}

TEST_F(VideoBufferTest, GoesOnWithoutALostFrameThatTheNextOneDoesNotNeed) {
  layered(1, 0, 255, false, true);
  EXPECT_EQ(wait(kFrame), "1+ ");
  layered(2, 1, 255, true);
  EXPECT_EQ(wait(kFrame), "2+ ");
  layered(3, 0, 0);
  EXPECT_EQ(wait(kFrame), "3+ ");
  EXPECT_EQ(wait(kFrame), "") << "4, of the higher layer, is lost";
  layered(5, 0, 1);
  EXPECT_EQ(wait(kFrame), "5+ ");
  EXPECT_EQ(unwanted_before_, 5) << "it need not be sent again";
  layered(6, 1, 1);  // may need 4
  EXPECT_EQ(wait(kFrame), "");
  layered(7, 0, 2);
  EXPECT_EQ(wait(kFrame), "7+ ");
  layered(8, 1, 2, true);
  EXPECT_EQ(wait(kFrame), "8+ ");
  layered(9, 0, 3);
  EXPECT_EQ(wait(kFrame), "9+ ");
  layered(10, 1, 3);
  EXPECT_EQ(wait(kFrame), "10+ ");
  EXPECT_TRUE(asked_.empty());
}

TEST_F(VideoBufferTest, DoesSoWithVp9WhereItsGroupSaysWhatIsNeeded) {
  layered_vp9(127, 0, 255, true);
  EXPECT_EQ(wait(kFrame), "127+ ");
  layered_vp9(128, 1, 255);
  EXPECT_EQ(wait(kFrame), "128+ ");
  layered_vp9(129, 0, 0);
  EXPECT_EQ(wait(kFrame), "129+ ");
  EXPECT_EQ(wait(kFrame), "") << "130, of the higher layer, is lost";
  layered_vp9(131, 0, 1);
  EXPECT_EQ(wait(kFrame), "131+ ");
  layered_vp9(132, 1, 1);  // needs 131 alone
  EXPECT_EQ(wait(kFrame), "132+ ");
  EXPECT_TRUE(asked_.empty());
}

TEST_F(VideoBufferTest, LeavesOutVp9PicturesThatNeedALostOneOfTheirLayer) {
  layered_vp9(1, 0, 7, true, true);
  EXPECT_EQ(wait(kFrame), "1+ ");
  layered_vp9(2, 1, 7);
  EXPECT_EQ(wait(kFrame), "2+ ");
  layered_vp9(3, 0, 8);
  EXPECT_EQ(wait(kFrame), "3+ ");
  EXPECT_EQ(wait(kFrame), "") << "4 is lost";
  layered_vp9(5, 0, 9);
  EXPECT_EQ(wait(kFrame), "5+ ");
  layered_vp9(6, 1, 9);  // needs 4
  EXPECT_EQ(wait(kFrame), "");
  layered_vp9(7, 0, 10);
  EXPECT_EQ(wait(kFrame), "7+ ");
}

TEST_F(VideoBufferTest, WaitsForABaseFrameThatIsLost) {
  layered(1, 0, 7, false, true);
  EXPECT_EQ(wait(kFrame), "1+ ");
  EXPECT_EQ(wait(kFrame), "") << "2 is lost, a base frame: what follows needs it";
  layered(3, 1, 8, true);
  EXPECT_EQ(wait(kFrame), "");
  layered(4, 0, 9);
  EXPECT_EQ(wait(kFrame), "");
  layered(2, 0, 8);
  EXPECT_EQ(wait(kFrame), "2 3+ 4+ ");
}

TEST_F(VideoBufferTest, DecodesAsLongBeforeShowingAsTheDecoderTakes) {
  buffer_.set_decode_time(25ms);
  key(1);
  wait(kFrame);
  buffer_.set_minimum_delay(30ms);
  play(2, 20);
  delta(22);
  const Instant came = now_;
  EXPECT_FALSE(buffer_.poll_frame(now_));
  const auto due = buffer_.next_timeout();
  ASSERT_TRUE(due);
  EXPECT_NEAR(static_cast<double>((*due - came) / 1us), 30'000, 50);
  EXPECT_FALSE(buffer_.poll_frame(*due - 1us));
  const auto playable = buffer_.poll_frame(*due);
  ASSERT_TRUE(playable);
  EXPECT_EQ(playable->render_at, *due + 25ms);
}

TEST_F(VideoBufferTest, AFrameThatIsLateIsOnlyDecodedIfTheNextIsDue) {
  key(1);
  wait(kFrame);
  play(2, 200);
  wait(100ms);  // held up: 202 to 205 come together
  for (int i = 202; i <= 205; ++i) delta(i);
  EXPECT_EQ(wait(1ms), "202 203 204+ 205+ ");  // 205 is to be shown in 10 ms
  EXPECT_EQ(buffer_.stats().frames_dropped, 2u);
}

TEST_F(VideoBufferTest, AsksForAKeyFrameWhereTheStreamBeganBefore) {
  delta(7);
  EXPECT_EQ(wait(19ms), "");
  EXPECT_TRUE(asked_.empty());  // the key frame may only have changed places with it
  wait(2ms);
  EXPECT_EQ(asked_.size(), 1u);
}

TEST_F(VideoBufferTest, AsksAgainLessAndLessOften) {
  delta(7);
  wait(10s);
  std::vector<Duration> waits;
  for (std::size_t i = 1; i < asked_.size(); ++i) waits.push_back(asked_[i] - asked_[i - 1]);
  EXPECT_EQ(waits,
            (std::vector<Duration>{200ms, 200ms, 400ms, 400ms, 800ms, 800ms, 1600ms, 1600ms, 2s}));
  key(300);
  EXPECT_EQ(wait(10ms), "300+ ");
  const auto before = asked_.size();
  buffer_.handle_decode_error(now_);  // a new need
  wait(1ms);
  EXPECT_EQ(asked_.size(), before + 1);
}

TEST_F(VideoBufferTest, WaitsForARetransmissionBeforeItAsks) {
  buffer_.set_round_trip(50ms);
  key(1);
  wait(kFrame);
  delta(3);
  EXPECT_EQ(wait(499ms), "");
  EXPECT_TRUE(asked_.empty());
  delta(2);
  EXPECT_EQ(wait(10ms), "2 3+ ");
  delta(5);
  wait(501ms);
  EXPECT_EQ(asked_.size(), 1u);
  delta(4);  // after all
  EXPECT_EQ(wait(10ms), "4 5+ ");
}

TEST_F(VideoBufferTest, WithoutRetransmissionsItAsksSoon) {
  buffer_ = VideoBuffer{{.nack = false}};
  key(1);
  wait(kFrame);
  delta(3);
  wait(39ms);
  EXPECT_TRUE(asked_.empty());
  wait(2ms);
  EXPECT_EQ(asked_.size(), 1u);
}

TEST_F(VideoBufferTest, GoesOnWithAKeyFrameWhenItIsDue) {
  key(1);
  wait(kFrame);
  buffer_.set_minimum_delay(60ms);
  play(2, 20);
  wait(kFrame);
  key(23);  // 22 is missing, and may yet come
  EXPECT_EQ(buffer_.poll_frame(now_), std::nullopt);
  EXPECT_EQ(wait(55ms), "");
  EXPECT_EQ(wait(10ms), "23+ ");
  EXPECT_EQ(unwanted_before_, 23);
  delta(22);
  EXPECT_EQ(wait(kFrame), "");
}

TEST_F(VideoBufferTest, AfterALongGapItAsksAtOnceAndForgetsTheGap) {
  key(1);
  wait(kFrame);
  play(2, 10);
  wait(1s);
  delta(41);
  wait(1us);
  EXPECT_EQ(asked_.size(), 1u);
  EXPECT_EQ(unwanted_before_, 41);
  delta(42);
  key(43);
  EXPECT_EQ(wait(40ms), "43+ ");
  EXPECT_EQ(unwanted_before_, 43);
}

TEST_F(VideoBufferTest, AGapOfFewPacketsIsRepairedHoweverLong) {
  key(1);
  wait(kFrame);
  wait(1s);
  give(4, 40 * 3000, "\x10\x01");  // 2 and 3 were pictures of a slow stream
  wait(1ms);
  EXPECT_TRUE(asked_.empty());
}

TEST_F(VideoBufferTest, AStreamThatBeginsAnewNeedsAKeyFrame) {
  key(1);
  wait(kFrame);
  play(2, 10);
  give(500'000, 9'000'000'000, "\x10\x01", Role::Media, true);
  EXPECT_EQ(wait(30ms), "");
  EXPECT_EQ(asked_.size(), 1u);
  give(500'001, 9'000'003'000, {"\x10\x00", 2});
  const auto playable = buffer_.poll_frame(now_);
  ASSERT_TRUE(playable);
  EXPECT_EQ(playable->render_at, now_ + 10ms);
}

TEST_F(VideoBufferTest, TakesThePrimaryOutOfRedAndNoParity) {
  buffer_ = VideoBuffer{{.ulpfec = PayloadType{98}}};
  give(1, 3000, {"\x60\x10\x00", 3}, Role::Red);
  give(2, 3000, "\x62\x01\x02", Role::Red);     // parity within
  give(3, 3000, "\x01\x02\x03", Role::Ulpfec);  // or alone
  give(4, 3000, "");                            // padding
  give(5, 6000, "\x60\x10\x01", Role::Red);
  EXPECT_EQ(wait(2 * kFrame), "1+ 2+ ");
  EXPECT_EQ(buffer_.stats().frames_received, 2u);
  EXPECT_EQ(buffer_.stats().packets_malformed, 0u);
}

TEST_F(VideoBufferTest, CountsInTheWordsOfTheW3c) {
  key(1);
  wait(kFrame);
  play(2, 9);
  give(11, 33'000, "\x10");
  const auto stats = buffer_.stats();
  EXPECT_EQ(stats.frames_received, 10u);
  EXPECT_EQ(stats.key_frames_received, 1u);
  EXPECT_EQ(stats.frames_emitted, 10u);
  EXPECT_EQ(stats.frames_dropped, 0u);
  EXPECT_EQ(stats.packets_malformed, 1u);
  EXPECT_LT(stats.jitter_buffer_delay, 1ms);
  EXPECT_NEAR(static_cast<double>(stats.jitter_buffer_target_delay / 1us), 100'000, 100);
}

TEST_F(VideoBufferTest, AFrameThatDoesNotDecodeNeedsAKeyFrame) {
  key(1);
  wait(kFrame);
  play(2, 3);
  delta(5);
  delta(6);
  buffer_.handle_decode_error(now_);
  EXPECT_EQ(wait(kFrame), "");
  EXPECT_EQ(asked_.size(), 1u);
  key(7);
  EXPECT_EQ(wait(2 * kFrame), "7+ ");
}

}  // namespace
}  // namespace duet::media
