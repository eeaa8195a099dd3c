// SPDX-License-Identifier: MIT
// Files made by FFmpeg, played in real time.
#include <duet/device/clock.hpp>
#include <duet/device/file_source.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <numeric>
#include <thread>

namespace duet::device {
namespace {

using codec::Picture;
using codec::PicturePtr;
using codec::Size;
namespace fs = std::filesystem;

/// The mean of a plane's bytes.
double mean(const Picture& picture, Picture::Plane plane) {
  const Size size = picture.size(plane);
  std::uint64_t sum = 0;
  for (int y = 0; y < size.height; ++y) {
    const auto* line = picture.data(plane) + std::ptrdiff_t{y} * picture.stride(plane);
    sum = std::accumulate(line, line + size.width, sum);
  }
  return static_cast<double>(sum) / (static_cast<double>(size.width) * size.height);
}

class FileSourceTest : public ::testing::Test {
 protected:
  FileSourceTest() {
    std::string name = (fs::temp_directory_path() / "duet-file-XXXXXX").string();
    folder = ::mkdtemp(name.data());
  }

  ~FileSourceTest() override { fs::remove_all(folder); }

  /// ffmpeg ARGUMENTS FILE
  fs::path make(const std::string& arguments, const std::string& name) const {
    const fs::path file = folder / name;
    const std::string command = "ffmpeg -v error -y " + arguments + " " + file.string();
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    return file;
  }

  static std::unique_ptr<VideoSource> pictures(const fs::path& file, const VideoWish& wish = {}) {
    auto source = open_file_pictures(file, wish);
    if (!source) throw std::runtime_error{source.error().path.string()};
    return *std::move(source);
  }

  static std::unique_ptr<AudioSource> sound(const fs::path& file, const AudioWish& wish = {}) {
    auto source = open_file_sound(file, wish);
    if (!source) throw std::runtime_error{source.error().path.string()};
    return *std::move(source);
  }

  static PicturePtr first(const fs::path& file, const VideoWish& wish = {}) {
    const auto capture = pictures(file, wish)->read();
    if (!capture) throw std::runtime_error{"no picture"};
    return std::get<PicturePtr>(capture->image);
  }

  fs::path folder;
};

TEST_F(FileSourceTest, GivesPicturesInRealTimeAndBeginsAnew) {
  const auto file =
      make("-f lavfi -i testsrc=s=320x180:r=25:d=0.6 -c:v libx264 -pix_fmt yuv420p", "a.mp4");
  const Instant start = now() + 300ms;
  const auto source = pictures(file, {.start = start});
  EXPECT_EQ(source->size(), (Size{320, 180}));
  for (int i = 0; i < 32; ++i) {
    const auto capture = source->read();
    ASSERT_TRUE(capture);
    EXPECT_EQ((capture->captured - start) / 1ms, i * 40);
    EXPECT_GE(now(), capture->captured);
  }
  EXPECT_LT(now() - start, 31 * 40ms + 400ms);
  EXPECT_EQ(source->error(), std::nullopt);
}

TEST_F(FileSourceTest, PlaysAStreamWithoutTimesAtItsRate) {
  const auto file = make(
      "-f lavfi -i \"color=black:s=64x48:r=25:d=0.6,negate=enable='gte(t,0.28)'\" -c:v libx264 "
      "-pix_fmt yuv420p",
      "bare.h264");
  const Instant start = now() + 300ms;
  const auto source = pictures(file, {.start = start});
  for (int i = 0; i < 15; ++i) {
    const auto capture = source->read();
    ASSERT_TRUE(capture);
    EXPECT_EQ((capture->captured - start) / 1ms, i * 40);
    const bool is_white = mean(*std::get<PicturePtr>(capture->image), Picture::Plane::Y) > 120;
    EXPECT_EQ(is_white, i >= 7) << i;
  }
  const auto again = source->read();
  ASSERT_TRUE(again);
  EXPECT_LT(mean(*std::get<PicturePtr>(again->image), Picture::Plane::Y), 40);
}

TEST_F(FileSourceTest, KeepsPicturesAndSoundInStep) {
  // White and loud from 0.4 s to 0.6 s of 0.8 s; the sound itself ends at 0.7 s.
  const auto file = make(
      "-f lavfi -i "
      "\"color=black:s=64x48:r=25:d=0.8,drawbox=t=fill:c=white:enable='between(t,0.39,0.59)'\" "
      "-f lavfi -i "
      "\"sine=1000:r=44100:d=0.7,volume=volume='if(between(t,0.4,0.6),1,0)':eval=frame:precision="
      "float\" "
      "-c:v libx264 -pix_fmt yuv420p -c:a flac",
      "step.mkv");
  const Instant start = now() + 300ms;
  const auto video = pictures(file, {.start = start});
  const auto audio = sound(file, {.channels = 2, .start = start});
  EXPECT_EQ(audio->channels(), 2);

  std::vector<Duration> flashes;
  std::thread eyes{[&] {
    bool was_white = false;
    while (const auto capture = video->read()) {
      const bool is_white = mean(*std::get<PicturePtr>(capture->image), Picture::Plane::Y) > 120;
      if (is_white && !was_white) flashes.push_back(capture->captured - start);
      was_white = is_white;
    }
  }};
  std::vector<Duration> beeps;
  bool was_loud = false;
  AudioCapture block;
  for (int i = 0; i < 210 && audio->read(block); ++i) {
    EXPECT_EQ(block.captured, start + i * 10ms);
    EXPECT_GE(now(), block.captured + 10ms);
    bool is_loud = false;
    for (const auto sample : block.samples) is_loud |= std::abs(sample) > 1000;
    if (is_loud && !was_loud) beeps.push_back(block.captured - start);
    was_loud = is_loud;
  }
  video->interrupt();
  eyes.join();
  ASSERT_EQ(beeps.size(), 3U);
  ASSERT_EQ(flashes.size(), 3U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(flashes[i + 1] - flashes[i], 800ms) << "a round is as long as the file";
    EXPECT_NEAR(static_cast<double>((beeps[i + 1] - beeps[i]) / 1ms), 800, 10);
    EXPECT_NEAR(static_cast<double>((beeps[i] - flashes[i]) / 1ms), 0, 40);
  }
  EXPECT_EQ(audio->error(), std::nullopt);
}

TEST_F(FileSourceTest, ResamplesWithoutChangingThePitch) {
  const auto file = make("-f lavfi -i sine=1000:r=22050:d=1 -ac 2", "tone.wav");
  const auto source = sound(file);
  ASSERT_EQ(source->channels(), 1);
  int crossings = 0;
  media::Sample last = 0;
  AudioCapture block;
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(source->read(block));
    for (std::size_t k = 0; k < media::kBlockSamples; ++k) {
      crossings += last < 0 && block.samples[k] >= 0;
      last = block.samples[k];
    }
  }
  EXPECT_NEAR(crossings, 500, 3);
}

TEST_F(FileSourceTest, FitsPicturesIntoTheWishedSize) {
  const auto wide =
      make("-f lavfi -i testsrc=s=640x360:r=25:d=0.2 -c:v libx264 -pix_fmt yuv420p", "w.mp4");
  EXPECT_EQ(first(wide, {.size = {320, 320}})->size(), (Size{320, 180}));
  EXPECT_EQ(first(wide, {.size = {1280, 720}})->size(), (Size{640, 360})) << "nothing is blown up";
  // A PAL television's pixels are 16:15.
  const auto pal =
      make("-f lavfi -i testsrc=s=720x576:r=25:d=0.2,setsar=16/15 -c:v libx264", "p.mkv");
  EXPECT_EQ(first(pal)->size(), (Size{768, 576}));
  const auto phone =
      make("-i " + wide.string() + " -c copy -metadata:s:v:0 rotate=90", "phone.mp4");
  const auto upright = pictures(phone, {.size = {320, 320}});
  EXPECT_EQ(upright->size(), (Size{180, 320}));
  EXPECT_EQ(first(phone, {.size = {320, 320}})->size(), (Size{180, 320}));
}

TEST_F(FileSourceTest, TurnsAPhonesPicturesTheRightWayUp) {
  // White at the left; turned clockwise it comes to stand on top.
  const auto wide = make(
      "-f lavfi -i color=black:s=64x48:r=25:d=0.2,drawbox=w=32:h=48:t=fill:c=white -c:v libx264 "
      "-pix_fmt yuv420p",
      "w.mp4");
  const auto phone =
      make("-i " + wide.string() + " -c copy -metadata:s:v:0 rotate=270", "phone.mp4");
  const auto picture = first(phone);
  ASSERT_EQ(picture->size(), (Size{48, 64}));
  const auto* luma = picture->data(Picture::Plane::Y);
  EXPECT_GT(luma[8 * picture->stride(Picture::Plane::Y) + 24], 200);
  EXPECT_LT(luma[56 * picture->stride(Picture::Plane::Y) + 24], 50);
}

TEST_F(FileSourceTest, KeepsColoursFromEveryKindOfPicture) {
  const struct {
    const char* arguments;
    const char* name;
  } kinds[] = {{"-c:v mjpeg -pix_fmt yuvj422p -q:v 2", "jpeg.mkv"},
               {"-c:v rawvideo -pix_fmt yuyv422", "yuyv.avi"},
               {"-c:v rawvideo -pix_fmt nv12", "nv12.nut"},
               {"-c:v rawvideo -pix_fmt bgr0", "bgr0.nut"},
               {"-c:v libx264 -pix_fmt yuv420p", "h264.mp4"}};

  for (const auto& kind : kinds) {
    SCOPED_TRACE(kind.name);
    const auto file =
        make(std::string{"-f lavfi -i color=red:s=64x48:r=25:d=0.2 "} + kind.arguments, kind.name);
    const auto picture = first(file);
    EXPECT_NEAR(mean(*picture, Picture::Plane::Y), 81, 3);  // BT.601, limited range
    EXPECT_NEAR(mean(*picture, Picture::Plane::U), 90, 3);
    EXPECT_NEAR(mean(*picture, Picture::Plane::V), 240, 3);
  }
}

TEST_F(FileSourceTest, GivesNoMorePicturesThanWished) {
  const auto file =
      make("-f lavfi -i testsrc=s=64x48:r=60:d=0.6 -c:v libx264 -pix_fmt yuv420p", "fast.mp4");
  const Instant start = now() + 200ms;
  const auto source = pictures(file, {.fps = 20, .start = start});
  int count = 0;
  while (const auto capture = source->read()) {
    if (capture->captured >= start + 600ms) break;
    ++count;
  }
  EXPECT_NEAR(count, 12, 1);
}

TEST_F(FileSourceTest, ShowsAStillAgainAndAgain) {
  const auto file = make("-f lavfi -i color=white:s=100x50 -frames:v 1", "still.png");
  const auto source = pictures(file, {.fps = 50});
  const Instant start = now();
  for (int i = 0; i < 12; ++i) {
    const auto capture = source->read();
    ASSERT_TRUE(capture);
    EXPECT_NEAR(mean(*std::get<PicturePtr>(capture->image), Picture::Plane::Y), 235, 1);
  }
  EXPECT_GE(now() - start, 180ms);
}

TEST_F(FileSourceTest, StopsWaitingWhenInterrupted) {
  const auto file =
      make("-f lavfi -i testsrc=s=64x48:r=1:d=30 -f lavfi -i sine=d=30 -c:v libx264", "slow.mkv");
  const auto video = pictures(file);
  ASSERT_TRUE(video->read());
  const Instant start = now();
  std::thread other{[&] {
    std::this_thread::sleep_for(50ms);
    video->interrupt();
  }};
  EXPECT_FALSE(video->read());
  EXPECT_FALSE(video->read()) << "now and from then on";
  EXPECT_LT(now() - start, 700ms);
  EXPECT_EQ(video->error(), std::nullopt);
  other.join();

  const auto audio = sound(file);
  audio->interrupt();
  AudioCapture block;
  EXPECT_FALSE(audio->read(block));
  EXPECT_EQ(audio->error(), std::nullopt);
}

TEST_F(FileSourceTest, LeavesOutWhatNobodyReadInTime) {
  const auto file =
      make("-f lavfi -i testsrc=s=64x48:r=25:d=2 -c:v libx264 -pix_fmt yuv420p", "a.mp4");
  const auto source = pictures(file);
  const auto before = source->read();
  std::this_thread::sleep_for(500ms);
  const auto after = source->read();
  ASSERT_TRUE(before && after);
  EXPECT_GE(after->captured - before->captured, 400ms);
  EXPECT_LT(now() - after->captured, 200ms);
}

TEST_F(FileSourceTest, CatchesUpWhereTheLastKeyFrameIsLongAgo) {
  const auto file = make("-f lavfi -i testsrc=s=64x48:r=25:d=30 -c:v libx264 -g 9999", "a.mp4");
  const auto source = pictures(file, {.start = now() - 10s});  // a laptop that slept
  const Instant begin = now();
  std::optional<VideoCapture> capture;
  do {
    capture = source->read();
    ASSERT_TRUE(capture);
  } while (now() - capture->captured > 200ms && now() - begin < 5s);
  EXPECT_LT(now() - begin, 5s);
}

TEST_F(FileSourceTest, SaysWhatIsWrongWithAFile) {
  using enum FileError::Kind;
  const auto notes = folder / "notes.txt";
  std::ofstream{notes} << "Milk, bread, and a longer line so that there is something to look at.\n";
  EXPECT_EQ(open_file_pictures(notes, {}).error(), (FileError{Unreadable, notes}));
  EXPECT_EQ(open_file_sound(notes, {}).error(), (FileError{Unreadable, notes}));
  EXPECT_EQ(open_file_pictures("/nonexistent.mp4", {}).error(),
            (FileError{Missing, "/nonexistent.mp4"}));
  EXPECT_EQ(open_file_sound(folder, {}).error(), (FileError{Unreadable, folder}));
  const auto tone = make("-f lavfi -i sine=d=0.1", "tone.wav");
  EXPECT_EQ(open_file_pictures(tone, {}).error(), (FileError{NoPictures, tone}));
  const auto mute = make("-f lavfi -i testsrc=d=0.1 -c:v libx264", "mute.mp4");
  EXPECT_EQ(open_file_sound(mute, {}).error(), (FileError{NoSound, mute}));
}

TEST_F(FileSourceTest, SurvivesAFileThatIsCutOrBroken) {
  const auto whole = make(
      "-f lavfi -i testsrc=s=64x48:r=25:d=1 -f lavfi -i sine=d=1 -c:v libx264 -pix_fmt yuv420p",
      "whole.mkv");
  std::ifstream in{whole, std::ios::binary};
  std::string bytes{std::istreambuf_iterator<char>{in}, {}};
  std::uint32_t state = 1;
  for (int round = 0; round < 8; ++round) {
    std::string broken = bytes;
    if (round % 2 == 0) broken.resize(broken.size() / (static_cast<std::size_t>(round) / 2 + 2));
    for (int i = 0; i < round * 8; ++i) {
      state = state * 1664525 + 1013904223;
      broken[state % broken.size()] = static_cast<char>(state >> 24);
    }
    const auto file = folder / "broken.mkv";
    std::ofstream{file, std::ios::binary} << broken;
    const Instant start = now() - 2500ms;
    if (auto video = open_file_pictures(file, {.start = start})) {
      for (int i = 0; i < 30 && (*video)->read(); ++i) {
      }
    }
    if (auto audio = open_file_sound(file, {.start = start})) {
      AudioCapture block;
      for (int i = 0; i < 100 && (*audio)->read(block); ++i) {
      }
    }
  }
}

}  // namespace
}  // namespace duet::device
