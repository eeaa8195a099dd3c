// SPDX-License-Identifier: MIT
// Microphones and speakers by SDL's drivers that need no hardware, and the tone.
#include <duet/device/clock.hpp>
#include <duet/device/sound_device.hpp>
#include <duet/device/tone_source.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>
#include <vector>

namespace duet::device {
namespace {

using media::kBlockSamples;
using media::Sample;
namespace fs = std::filesystem;

/// Variables of the environment for one test.
class SoundTest : public ::testing::Test {
 protected:
  SoundTest() {
    std::string name = (fs::temp_directory_path() / "duet-sound-XXXXXX").string();
    folder = ::mkdtemp(name.data());
  }

  ~SoundTest() override {
    for (const auto& name : set_) ::unsetenv(name.c_str());
    fs::remove_all(folder);
  }

  void set(const std::string& name, const std::string& value) {
    ::setenv(name.c_str(), value.c_str(), 1);
    set_.push_back(name);
  }

  fs::path folder;

 private:
  std::vector<std::string> set_;
};

std::vector<Sample> block_of(Sample value) { return std::vector<Sample>(kBlockSamples * 2, value); }

TEST_F(SoundTest, SpeakerPlaysWhatItIsGiven) {
  const fs::path out = folder / "out.raw";
  set("SDL_AUDIODRIVER", "disk");
  set("SDL_DISKAUDIOFILE", out.string());
  {
    auto speaker = open_speaker("");
    ASSERT_TRUE(speaker) << speaker.error().reason;
    for (Sample i = 1; i <= 5; ++i) (*speaker)->play(block_of(static_cast<Sample>(i * 1000)));
    for (int i = 0; i < 300 && (*speaker)->queued() > 20ms; ++i) std::this_thread::sleep_for(10ms);
    std::this_thread::sleep_for(50ms);
    EXPECT_EQ((*speaker)->error(), std::nullopt);
  }
  std::ifstream in{out, std::ios::binary};
  std::map<Sample, std::size_t> counts;
  for (Sample sample; in.read(reinterpret_cast<char*>(&sample), sizeof sample);) ++counts[sample];
  for (Sample i = 1; i <= 5; ++i)
    EXPECT_EQ(counts[static_cast<Sample>(i * 1000)], kBlockSamples * 2) << i;
}

TEST_F(SoundTest, SpeakerNeverFallsBehind) {
  set("SDL_AUDIODRIVER", "dummy");
  auto speaker = open_speaker("");
  ASSERT_TRUE(speaker) << speaker.error().reason;
  for (int i = 0; i < 100; ++i) (*speaker)->play(block_of(1));
  EXPECT_LE((*speaker)->queued(), AudioSink::kLongestQueue + 30ms);
  EXPECT_GE((*speaker)->queued(), 50ms);
  // It plays in real time, and silence after that.
  for (int i = 0; i < 100 && (*speaker)->queued() > 20ms; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_LE((*speaker)->queued(), 20ms);
}

TEST_F(SoundTest, MicrophoneGivesBlocksWithTheirTime) {
  // A ramp, so that a sample lost or doubled shows.
  std::vector<Sample> ramp(kBlockSamples * 400);
  for (std::size_t i = 0; i < ramp.size(); ++i) ramp[i] = static_cast<Sample>(i % 30'000);
  const fs::path in = folder / "in.raw";
  std::ofstream{in, std::ios::binary}.write(
      reinterpret_cast<const char*>(ramp.data()),
      static_cast<std::streamsize>(ramp.size() * sizeof(Sample)));
  set("SDL_AUDIODRIVER", "disk");
  set("SDL_DISKAUDIOFILEIN", in.string());
  set("SDL_DISKAUDIOFILE", (folder / "out.raw").string());
  auto microphone = open_microphone("", {});
  ASSERT_TRUE(microphone) << microphone.error().reason;
  EXPECT_EQ((*microphone)->channels(), 1);
  AudioCapture block;
  Instant last{};
  int expected = -1;
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE((*microphone)->read(block));
    for (std::size_t k = 0; k < kBlockSamples; ++k) {
      if (expected >= 0) {
        ASSERT_EQ(block.samples[k], expected);
      }
      expected = (block.samples[k] + 1) % 30'000;
    }
    EXPECT_LE(block.captured + 10ms, now());
    EXPECT_GT(block.captured, last);
    last = block.captured;
  }
}

TEST_F(SoundTest, MicrophoneKeepsTheFreshestSound) {
  set("SDL_AUDIODRIVER", "dummy");
  auto microphone = open_microphone("", {.channels = 2});
  ASSERT_TRUE(microphone) << microphone.error().reason;
  AudioCapture block;
  ASSERT_TRUE((*microphone)->read(block));
  std::this_thread::sleep_for(1s);
  ASSERT_TRUE((*microphone)->read(block));
  EXPECT_LT(now() - block.captured, 800ms);

  std::thread other{[&] {
    std::this_thread::sleep_for(50ms);
    (*microphone)->interrupt();
  }};
  while ((*microphone)->read(block)) {
  }
  other.join();
  EXPECT_EQ((*microphone)->error(), std::nullopt);
}

TEST_F(SoundTest, IsChosenByName) {
  set("SDL_AUDIODRIVER", "dummy");
  const auto named = speakers();
  ASSERT_FALSE(named.empty());
  EXPECT_TRUE(open_speaker(named.front()));
  EXPECT_TRUE(open_microphone(microphones().front().substr(2), {}));
  using enum SoundError::Kind;
  EXPECT_EQ(open_speaker("Grandmother's").error(),
            (SoundError{Missing, SoundWay::Speaker, "Grandmother's"}));
  EXPECT_EQ(open_microphone("Grandmother's", {}).error(),
            (SoundError{Missing, SoundWay::Microphone, "Grandmother's"}));
}

TEST_F(SoundTest, SaysWhenThereIsNoSound) {
  set("SDL_AUDIODRIVER", "no-such-driver");
  EXPECT_EQ(open_speaker("").error().kind, SoundError::Kind::NoSoundSystem);
  EXPECT_EQ(open_microphone("", {}).error().kind, SoundError::Kind::NoSoundSystem);
  EXPECT_TRUE(microphones().empty());
}

TEST_F(SoundTest, TonePlaysInRealTimeAtItsFrequency) {
  ToneSource source{{.channels = 2}};
  std::vector<Sample> heard;
  AudioCapture block;
  Instant last{};
  const Instant start = now();
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(source.read(block));
    if (i > 0) {
      EXPECT_EQ(block.captured - last, 10ms);
    }
    last = block.captured;
    heard.insert(heard.end(), block.samples.begin(), block.samples.end());
  }
  EXPECT_GE(now() - start, 290ms);
  const auto tone = media::measure_tone(heard, 2, 1);
  ASSERT_TRUE(tone);
  EXPECT_NEAR(tone->frequency_hz, ToneSource::kFrequencyHz, 0.5);
  source.interrupt();
  EXPECT_FALSE(source.read(block));
}

}  // namespace
}  // namespace duet::device
