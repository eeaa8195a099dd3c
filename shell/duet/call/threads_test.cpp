// SPDX-License-Identifier: MIT
// Pictures and sound through their threads, with real codecs.
#include <duet/call/decoder_thread.hpp>
#include <duet/call/encoder_thread.hpp>
#include <duet/call/sound_thread.hpp>
#include <duet/device/pattern.hpp>
#include <duet/device/pattern_mark.hpp>
#include <duet/media/tone.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace duet::call {
namespace {

constexpr codec::Size kSize{320, 180};

struct ThreadsTest : testing::Test {
  bool run_until(const std::function<bool()>& condition) {
    for (const Instant end = loop.now() + 10s; !condition() && loop.now() < end;) {
      loop.run_turn(20ms);
    }
    return condition();
  }

  net::EventLoop loop;
  net::PostBox box{loop};
};

EncoderThread::Target vp8(double fps = 30) {
  return {media::Codec::Vp8, {.size = kSize, .fps = fps, .rate_bps = 800'000}};
}

/// What a source gave, by its counters; longer than the source, since what is decoded comes after
/// it.
class KeptPictures {
 public:
  void keep(std::uint32_t counter, const codec::PicturePtr& picture) {
    const std::lock_guard lock{mutex_};
    given_[counter] = picture;
  }

  codec::PicturePtr picture(std::uint32_t counter) const {
    const std::lock_guard lock{mutex_};
    return given_.at(counter);
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::uint32_t, codec::PicturePtr> given_;
};

/// Keeps what it gave.
struct KeptPattern : device::Pattern {
  KeptPattern(KeptPictures& pictures, codec::Size size, double fps)
      : Pattern{size, fps}, kept{pictures} {}

  std::optional<device::VideoCapture> read() override {
    auto capture = Pattern::read();
    if (!capture) return capture;
    const auto& picture = std::get<codec::PicturePtr>(capture->image);
    kept.keep(device::read_pattern(*picture)->counter, picture);
    return capture;
  }

  KeptPictures& kept;
};

TEST_F(ThreadsTest, ShowThePicturesOfTheSource) {
  KeptPictures kept;
  std::mutex mutex;
  std::vector<std::uint32_t> counters;
  double worst = 100;
  DecoderThread decoder{box,
                        {.decoded =
                             [&](const codec::PicturePtr& picture, rtp::Timestamp) {
                               const auto mark = device::read_pattern(*picture);
                               const std::lock_guard lock{mutex};
                               if (!mark) return;
                               counters.push_back(mark->counter);
                               worst = std::min(
                                   worst, codec::psnr(*picture, *kept.picture(mark->counter)));
                             },
                         .key_frame_wanted = [] { ADD_FAILURE(); }}};
  int keys = 0;
  EncoderThread encoder{box,
                        std::make_unique<KeptPattern>(kept, kSize, 60),
                        {.encoded =
                             [&](media::EncodedFrame frame, Instant) {
                               if (frame.is_key) ++keys;
                               decoder.decode(std::move(frame));
                             },
                         .ended = [](const auto& why) { EXPECT_FALSE(why); }}};
  encoder.set_target(vp8());
  ASSERT_TRUE(run_until([&] {
    const std::lock_guard lock{mutex};
    return counters.size() >= 20;
  }));
  EXPECT_EQ(keys, 1);
  encoder.request_key_frame();
  EXPECT_TRUE(run_until([&] { return keys == 2; }));
  const std::lock_guard lock{mutex};
  EXPECT_GT(worst, 30);
  EXPECT_TRUE(std::ranges::is_sorted(counters));
  // Of 60 a second every second one; of a source that was held up, now and then the next one.
  EXPECT_GE(counters.back() - counters.front() + 4, 2 * (counters.size() - 1));
}

TEST_F(ThreadsTest, EncodeNothingWhileNobodyWantsIt) {
  int frames = 0;
  EncoderThread encoder{
      box,
      std::make_unique<device::Pattern>(kSize, 120),
      {.encoded = [&](media::EncodedFrame, Instant) { ++frames; }, .ended = [](auto) {}}};
  ASSERT_TRUE(run_until([&] { return encoder.stats().captured > 10; }));
  EXPECT_EQ(frames, 0);
  encoder.set_target(vp8());
  EXPECT_TRUE(run_until([&] { return frames > 3; }));
}

TEST_F(ThreadsTest, TellOnceOfPicturesThatNoEncoderMakes) {
  int frames = 0;
  std::vector<codec::EncoderError> told;
  EncoderThread encoder{box,
                        std::make_unique<device::Pattern>(kSize, 120),
                        {.encoded = [&](media::EncodedFrame, Instant) { ++frames; },
                         .ended = [](auto) { ADD_FAILURE() << "the source goes on"; },
                         .refused = [&](const auto& why) { told.push_back(why); }}};
  EncoderThread::Target target{media::Codec::H264, {.size = {8, 8}, .rate_bps = 100'000}};
  const auto goes_on = [&] {
    const auto before = encoder.stats().captured;
    EXPECT_TRUE(run_until([&] { return encoder.stats().captured > before + 20; }));
  };
  encoder.set_target(target);
  ASSERT_TRUE(run_until([&] { return !told.empty(); }));
  EXPECT_EQ(told.front().codec, media::Codec::H264);
  EXPECT_EQ(told.front().size, (codec::Size{8, 8}));
  goes_on();
  target.settings.rate_bps = 200'000;  // which makes no picture larger
  encoder.set_target(target);
  goes_on();
  EXPECT_EQ(told.size(), 1U);
  EXPECT_EQ(frames, 0);
  target.settings.size = kSize;
  encoder.set_target(target);
  EXPECT_TRUE(run_until([&] { return frames > 3; }));
  target.settings.size = {8, 8};  // of an encoder that has made pictures
  encoder.set_target(target);
  EXPECT_TRUE(run_until([&] { return told.size() == 2; }));
  goes_on();
  EXPECT_EQ(told.size(), 2U);
}

TEST_F(ThreadsTest, BeginWithAKeyFrameAndAskForOne) {
  std::atomic<int> decoded = 0;
  DecoderThread decoder{
      box, {.decoded = [&](const auto&, rtp::Timestamp) { ++decoded; }, .key_frame_wanted = [] {}}};
  decoder.decode({.codec = media::Codec::Vp8, .is_key = false, .bytes = {std::byte{1}}});
  EXPECT_EQ(decoder.stats().dropped, 1u);
}

TEST_F(ThreadsTest, AskForAKeyFrameAfterRubbish) {
  bool is_wanted = false;
  DecoderThread decoder{box,
                        {.decoded = [](const auto&, rtp::Timestamp) {},
                         .key_frame_wanted = [&] { is_wanted = true; }}};
  decoder.decode({.codec = media::Codec::Vp8,
                  .is_key = true,
                  .bytes = std::vector<std::byte>(100, std::byte{0xA5})});
  EXPECT_TRUE(run_until([&] { return is_wanted; }));
  EXPECT_EQ(decoder.stats().failed, 1u);
}

TEST_F(ThreadsTest, TellOfPicturesThatNoDecoderTakes) {
  std::vector<PicturesRefused> told;
  DecoderThread decoder{box,
                        {.decoded = [](const auto&, rtp::Timestamp) { ADD_FAILURE(); },
                         .key_frame_wanted = [] {},
                         .refused = [&](const PicturesRefused& one) { told.push_back(one); }}};
  // Sequence parameters of High 4:2:2 (H.264 §A.2.6), and the beginning of a picture.
  constexpr auto kHigh422 = std::to_array<std::uint8_t>(
      {0, 0, 0, 1, 0x67, 122, 0, 31, 0x80, 0, 0, 0, 1, 0x65, 0x88, 0x84, 0x21, 0xA0});
  std::vector<std::byte> bytes;
  for (const auto byte : kHigh422) bytes.push_back(std::byte{byte});
  decoder.decode({.codec = media::Codec::H264, .is_key = true, .bytes = std::move(bytes)});
  ASSERT_TRUE(run_until([&] { return !told.empty(); }));
  EXPECT_EQ(told.front(), (PicturesRefused{codec::DecoderError::WrongFormat, media::Codec::H264}));
}

TEST_F(ThreadsTest, CountAsAFreezeThatNothingWasShown) {
  std::atomic<int> shown = 0;
  DecoderThread decoder{box,
                        {.decoded = [&](const codec::PicturePtr&, rtp::Timestamp) { ++shown; },
                         .key_frame_wanted = [] {}}};
  device::Pattern pattern{kSize, 30};
  auto encoder = codec::make_video_encoder(media::Codec::Vp8, vp8().settings);
  ASSERT_TRUE(encoder);
  int given = 0;
  const auto give = [&](bool is_shown) {
    const auto capture = pattern.read();
    auto frame = (*encoder)->encode(std::get<codec::PicturePtr>(capture->image),
                                    video_timestamp(capture->captured), codec::FrameKind::Any);
    if (!frame || !*frame) return;
    decoder.decode(std::move(**frame), is_shown);
    ++given;
  };
  for (int i = 0; i < 10; ++i) give(true);
  ASSERT_TRUE(run_until([&] { return shown == given; }));
  const int before = shown;
  for (int i = 0; i < 20; ++i) give(false);  // decoded, but the next one was due already
  give(true);
  ASSERT_TRUE(run_until([&] { return decoder.stats().decoded == std::uint64_t(given); }));
  EXPECT_EQ(shown, before + 1);
  EXPECT_EQ(decoder.stats().shown.freeze_count, 1u);
  EXPECT_EQ(decoder.stats().shown.frames_rendered, std::uint64_t(before + 1));
  EXPECT_TRUE(decoder.poll_spare()) << "frames' memory comes back";
}

/// A tone as fast as it is read, with gaps and a clock of the test's own.
struct Tone : device::AudioSource {
  int channels() const override { return 1; }

  bool read(device::AudioCapture& capture) override {
    may_begin.wait(false);
    if (blocks == 0) return false;
    --blocks;
    generator.generate({capture.samples.data(), media::kBlockSamples}, 1);
    if (blocks == gap_at) now += gap;
    capture.captured = now;
    now += block;
    return true;
  }

  void interrupt() override {}

  std::optional<device::Error> error() const override { return kUnplugged; }

  static inline const device::SoundError kUnplugged{.kind = device::SoundError::Kind::Unplugged};

  media::ToneGenerator generator{1'000};
  Instant now{1s};
  Duration block = media::kBlock;  // by the loop's clock
  int blocks = 16;
  int gap_at = -1;  // so many before the end
  Duration gap{0};
  std::atomic<bool> may_begin = false;
};

struct SoundThreadTest : ThreadsTest {
  struct Heard {
    std::int64_t position;
    Instant captured;
  };

  void run(std::unique_ptr<Tone> tone) {
    std::optional<Trouble> error;
    auto& may_begin = tone->may_begin;
    SoundThread sound{box,
                      std::move(tone),
                      {},
                      {.encoded =
                           [&](const SoundThread::Packet& packet) {
                             heard.push_back({packet.position, packet.captured});
                           },
                       .ended = [&](const std::optional<Trouble>& why) { error = why; }}};
    sound.set_target(SoundThread::Target{.codec = media::Codec::Pcmu});
    may_begin = true;
    may_begin.notify_one();
    ASSERT_TRUE(run_until([&] { return error.has_value(); }));
    EXPECT_EQ(error, Trouble{Tone::kUnplugged});
    ASSERT_FALSE(heard.empty());
  }

  std::vector<Heard> heard;  // not all: the loop may be slower than the source
};

TEST_F(SoundThreadTest, CountsSamples) {
  run(std::make_unique<Tone>());
  for (std::size_t i = 1; i < heard.size(); ++i) {
    EXPECT_EQ(heard[i].position - heard[i - 1].position, 960);
    EXPECT_EQ(heard[i].captured - heard[i - 1].captured, 20ms);
  }
}

TEST_F(SoundThreadTest, CountsOnThroughAGap) {
  auto tone = std::make_unique<Tone>();
  tone->gap_at = 8;
  tone->gap = 500ms;
  run(std::move(tone));
  EXPECT_EQ(heard.back().position - heard.front().position, 7 * 960 + 24'000);
  EXPECT_EQ(heard.back().captured - heard.front().captured, 640ms);
}

TEST_F(SoundThreadTest, LeavesNoGapWhereTheDevicesClockIsNotOurs) {
  for (const Duration block : {10'010us, 9'990us}) {  // a tenth of a percent
    heard.clear();
    auto tone = std::make_unique<Tone>();
    tone->block = block;
    tone->blocks = 24'000;  // they stray by 240 ms
    run(std::move(tone));
    std::int64_t uneven = 0;
    for (const Heard& one : heard) uneven += (one.position - heard.front().position) % 960;
    EXPECT_EQ(uneven, 0);
    // Reports tell how count and clock stand.
    const auto packets = (heard.back().position - heard.front().position) / 960;
    const Duration off = heard.back().captured - heard.front().captured - packets * 2 * block;
    EXPECT_LT(std::chrono::abs(off), 2ms);
  }
}

}  // namespace
}  // namespace duet::call
