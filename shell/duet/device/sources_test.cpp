// SPDX-License-Identifier: MIT
// What can be written after --video and --audio, and what it opens.
#include <duet/device/sources.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace duet::device {
namespace {

TEST(SourceSpec, IsReadAsItIsWritten) {
  for (const char* text : {"camera", "camera:/dev/video2", "camera:HD Webcam: left", "screen",
                           "screen::1", "file:a:b.mp4", "pattern", "none"}) {
    const auto spec = VideoSpec::parse(text);
    ASSERT_TRUE(spec) << text;
    EXPECT_EQ(spec->to_string(), text);
  }
  EXPECT_EQ(VideoSpec::parse("screen::1")->argument, ":1");
  for (const char* text : {"mic", "mic:USB", "file:a.wav", "tone", "none"}) {
    const auto spec = AudioSpec::parse(text);
    ASSERT_TRUE(spec) << text;
    EXPECT_EQ(spec->to_string(), text);
  }
}

TEST(SourceSpec, TakesNothingElse) {
  for (const char* text :
       {"", "cam", "Camera", "camera:", "file", "file:", "pattern:1", "none:", "mic"})
    EXPECT_FALSE(VideoSpec::parse(text)) << text;
  for (const char* text : {"", "microphone", "mic:", "file", "tone:440", "camera"})
    EXPECT_FALSE(AudioSpec::parse(text)) << text;
}

TEST(Sources, AreOpenedByTheirSpecs) {
  const auto pattern = open_video_source(*VideoSpec::parse("pattern"), {.size = {320, 180}});
  ASSERT_TRUE(pattern);
  EXPECT_EQ((*pattern)->size(), (codec::Size{320, 180}));
  EXPECT_EQ(*open_video_source(*VideoSpec::parse("none"), {}), nullptr);
  EXPECT_EQ(open_video_source(*VideoSpec::parse("file:/none.mp4"), {}).error(),
            (Error{FileError{FileError::Kind::Missing, "/none.mp4"}}));
  EXPECT_EQ(open_video_source(*VideoSpec::parse("camera:/dev/null"), {}).error(),
            (Error{CameraError{CameraError::Kind::NotACamera, "/dev/null"}}));
  EXPECT_EQ(open_video_source(*VideoSpec::parse("screen::987"), {}).error(),
            (Error{ScreenError{ScreenError::Kind::NotOpened, ":987"}}));

  const auto tone = open_audio_source(*AudioSpec::parse("tone"), {.channels = 2});
  ASSERT_TRUE(tone);
  EXPECT_EQ((*tone)->channels(), 2);
  EXPECT_EQ(*open_audio_source(*AudioSpec::parse("none"), {}), nullptr);
  EXPECT_EQ(open_audio_source(*AudioSpec::parse("file:/none.wav"), {}).error(),
            (Error{FileError{FileError::Kind::Missing, "/none.wav"}}));
  ::setenv("SDL_AUDIODRIVER", "dummy", 1);
  EXPECT_EQ(open_audio_source(*AudioSpec::parse("mic:nobody's"), {}).error(),
            (Error{SoundError{SoundError::Kind::Missing, SoundWay::Microphone, "nobody's"}}));
  EXPECT_TRUE(open_audio_source(*AudioSpec::parse("mic"), {}));
  EXPECT_FALSE(list_devices().speakers.empty());
  ::unsetenv("SDL_AUDIODRIVER");
}

}  // namespace
}  // namespace duet::device
