// SPDX-License-Identifier: MIT
// Recordings, read by FFmpeg's own programs.
#include <duet/device/encode_for_test.hpp>
#include <duet/device/recorder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <thread>

namespace duet::device {
namespace {

using media::Codec;
using media::EncodedFrame;
using Kind = RecordingError::Kind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

constexpr codec::Size kSize{320, 180};
constexpr Duration kPicture = Duration{33'333};

/// What a program printed, errors included.
std::string output_of(const std::string& command) {
  std::string out;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return "popen failed";
  std::array<char, 4096> buffer{};
  for (std::size_t got; (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    out.append(buffer.data(), got);
  ::pclose(pipe);
  return out;
}

/// Times of a stream's packets in seconds.
std::vector<double> times(const fs::path& file, const std::string& stream) {
  std::istringstream lines{output_of("ffprobe -v error -select_streams " + stream +
                                     " -show_entries packet=pts_time -of csv=p=0 " +
                                     file.string())};
  std::vector<double> out;
  for (std::string line; std::getline(lines, line);) out.push_back(std::stod(line));
  return out;
}

std::string streams(const fs::path& file) {
  return output_of(
      "ffprobe -v error -show_entries stream=codec_name,width,sample_rate -of csv=p=0 " +
      file.string());
}

double duration(const fs::path& file) {
  const auto text =
      output_of("ffprobe -v error -show_entries format=duration -of csv=p=0 " + file.string());
  return text.starts_with("N/A") ? -1 : std::stod(text);
}

/// How many pictures FFmpeg shows of the file, and what it complains of.
std::string decoded(const fs::path& file) {
  return output_of("ffmpeg -v error -xerror -i " + file.string() +
                   " -map 0:v -f framecrc - | grep -vc ^#");
}

class RecorderTest : public ::testing::Test {
 protected:
  RecorderTest() {
    std::string name = (fs::temp_directory_path() / "duet-recorder-XXXXXX").string();
    folder = ::mkdtemp(name.data());
  }

  ~RecorderTest() override { fs::remove_all(folder); }

  fs::path folder;
};

struct Call {
  Codec video = Codec::Vp8;
  Codec audio = Codec::Opus;
  Duration video_begins = 0ms;
  Duration length = 2s;
};

/// Both streams as they come in a call, sorted by time.
std::vector<std::pair<Duration, EncodedFrame>> frames_of(const Call& call) {
  std::vector<std::pair<Duration, EncodedFrame>> out;
  const auto pictures = static_cast<int>((call.length - call.video_begins) / kPicture);
  Duration at = call.video_begins;
  for (auto& frame : encoded_pictures(call.video, kSize, pictures)) {
    out.emplace_back(at, std::move(frame));
    at += kPicture;
  }
  at = 0ms;
  for (auto& packet : encoded_tone(call.audio, static_cast<int>(call.length / 20ms))) {
    out.emplace_back(at, std::move(packet));
    at += 20ms;
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  return out;
}

std::unique_ptr<Recorder> recorder_of(const fs::path& file, Recorder::Expected expected = {}) {
  auto recorder = Recorder::open(file, expected);
  if (!recorder) throw std::runtime_error{recorder.error().path.string()};
  return *std::move(recorder);
}

TEST_F(RecorderTest, StoresEveryCodecThatItsFileMayHold) {
  const struct {
    const char* name;
    Call call;
    const char* streams;
  } cases[] = {
      {"vp8.mkv", {Codec::Vp8, Codec::Opus}, "vp8,320\nopus,48000\n"},
      {"vp9.mkv", {Codec::Vp9, Codec::Pcmu}, "vp9,320\npcm_mulaw,8000\n"},
      {"h264.mkv", {Codec::H264, Codec::Pcma}, "h264,320\npcm_alaw,8000\n"},
      {"av1.mkv", {Codec::Av1, Codec::Opus}, "av1,320\nopus,48000\n"},
      {"vp8.webm", {Codec::Vp8, Codec::Opus}, "vp8,320\nopus,48000\n"},
      {"vp9.webm", {Codec::Vp9, Codec::Opus}, "vp9,320\nopus,48000\n"},
      {"av1.webm", {Codec::Av1, Codec::Opus}, "av1,320\nopus,48000\n"},
      {"h264.mp4", {Codec::H264, Codec::Opus}, "h264,320\nopus,48000\n"},
      {"vp9.mp4", {Codec::Vp9, Codec::Opus}, "vp9,320\nopus,48000\n"},
      {"av1.mp4", {Codec::Av1, Codec::Opus}, "av1,320\nopus,48000\n"},
  };

  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const fs::path file = folder / c.name;
    const auto recorder = recorder_of(file);
    for (auto& [at, frame] : frames_of(c.call)) recorder->write(std::move(frame), at);
    recorder->close();
    EXPECT_EQ(recorder->error(), std::nullopt);
    EXPECT_THAT(recorder->files(), ElementsAre(file));
    EXPECT_EQ(streams(file), c.streams);
    EXPECT_EQ(decoded(file), "60\n");
    EXPECT_NEAR(duration(file), 2.0, 0.05);
    const auto sound = times(file, "a");
    ASSERT_EQ(sound.size(), 100U);
    EXPECT_NEAR(sound.front(), 0, 0.008);
    EXPECT_NEAR(sound.back(), 1.98, 0.008);
  }
}

TEST_F(RecorderTest, KeepsTheTimeOfAStreamThatBeginsLateAndOfAGap) {
  for (const char* name : {"late.mkv", "late.mp4"}) {
    for (const bool is_expected : {true, false}) {
      SCOPED_TRACE(name);
      const fs::path file = folder / (std::to_string(is_expected) + name);
      const auto recorder = recorder_of(
          file, is_expected ? Recorder::Expected{Codec::H264, Codec::Opus} : Recorder::Expected{});
      for (auto& [at, frame] : frames_of({Codec::H264, Codec::Opus, 2500ms, 4s})) {
        if (at >= 1s && at < 2s) continue;  // the peer was mute
        recorder->write(std::move(frame), at);
      }
      recorder->close();
      EXPECT_EQ(recorder->error(), std::nullopt);
      const auto sound = times(file, "a");
      ASSERT_EQ(recorder->files().size(), is_expected ? 1U : 2U);
      ASSERT_GT(sound.size(), 50U);
      EXPECT_NEAR(sound[49], 0.98, 0.008);
      EXPECT_NEAR(sound[50], 2.0, 0.008);
      if (is_expected) {
        const auto pictures = times(file, "v");
        ASSERT_EQ(pictures.size(), 45U);
        EXPECT_NEAR(pictures.front(), 2.5, 0.002);
        EXPECT_EQ(decoded(file), "45\n");
      } else {
        // Nobody knew that pictures would come: they get a file with room for them.
        const fs::path next = recorder->files().back();
        EXPECT_THAT(next.string(), HasSubstr("late-2.m"));
        EXPECT_EQ(decoded(next), "45\n");
        EXPECT_NEAR(times(next, "v").front() - times(next, "a").front(), 0, 0.04);
      }
    }
  }
}

TEST_F(RecorderTest, KeepsAGapThatIsLongerThanWhatIsWrittenAtOnce) {
  for (const char* name : {"gap.mkv", "gap.mp4"}) {
    SCOPED_TRACE(name);
    const fs::path file = folder / name;
    const auto recorder = recorder_of(file, {.audio = Codec::Opus});
    auto tone = encoded_tone(Codec::Opus, 40);
    for (int i = 0; i < 40; ++i) {
      const Duration at = i * 20ms + (i >= 20 ? 2s : 0s);
      if (i == 20) std::this_thread::sleep_for(1s);  // until it has been written
      recorder->write(std::move(tone[static_cast<std::size_t>(i)]), at);
    }
    recorder->close();
    const auto sound = times(file, "a");
    ASSERT_EQ(sound.size(), 40U);
    EXPECT_NEAR(sound[19], 0.38, 0.008);
    EXPECT_NEAR(sound[20], 2.4, 0.008);
  }
}

TEST_F(RecorderTest, GoesOnWhenThePictureChangesItsSize) {
  for (const auto& [codec, name] : {std::pair{Codec::Vp8, "size-vp8.mkv"},
                                    {Codec::Vp8, "size-vp8.webm"},
                                    {Codec::Vp9, "size-vp9.mkv"},
                                    {Codec::Vp9, "size-vp9.webm"},
                                    {Codec::Vp9, "size-vp9.mp4"},
                                    {Codec::H264, "size-h264.mkv"},
                                    {Codec::H264, "size-h264.mp4"},
                                    {Codec::Av1, "size-av1.mkv"},
                                    {Codec::Av1, "size-av1.webm"},
                                    {Codec::Av1, "size-av1.mp4"}}) {
    SCOPED_TRACE(name);
    const fs::path file = folder / name;
    const auto recorder = recorder_of(file, {.video = codec});
    Duration at{};
    for (const codec::Size size : {kSize, codec::Size{640, 360}}) {
      for (auto& frame : encoded_pictures(codec, size, 20)) {
        recorder->write(std::move(frame), at);
        at += kPicture;
      }
    }
    recorder->close();
    const auto widths = output_of("ffprobe -v error -show_entries frame=width -of csv=p=0 " +
                                  file.string() + " | grep -o '^[0-9]*' | uniq -c | tr -s ' '");
    EXPECT_EQ(widths, " 20 320\n 20 640\n");
  }
}

TEST_F(RecorderTest, BeginsWithAKeyFrameAndAsksForOne) {
  const fs::path file = folder / "key.mkv";
  const auto recorder = recorder_of(file);
  Duration at{};
  int count = 0;
  for (auto& frame : encoded_pictures(Codec::Vp8, kSize, 40)) {
    if (count++ > 0) recorder->write(std::move(frame), at);
    EXPECT_EQ(recorder->needs_key_frame(), count <= 30);
    at += kPicture;
  }
  recorder->close();
  EXPECT_EQ(decoded(file), "10\n");
  EXPECT_NEAR(times(file, "v").front(), 1.0, 0.002);
}

TEST_F(RecorderTest, EndsTheFileWhereTheCodecChanges) {
  const struct {
    const char* end;
    Codec before;
    Codec after;
  } cases[] = {{".mkv", Codec::Vp8, Codec::H264},
               {".webm", Codec::Vp8, Codec::Av1},
               {".mp4", Codec::H264, Codec::Vp9}};

  for (const auto& c : cases) {
    SCOPED_TRACE(c.end);
    const auto named = [&](const char* stem) { return folder / (std::string{stem} + c.end); };
    const auto recorder = recorder_of(named("codec"), {.video = c.before, .audio = Codec::Opus});
    Duration at{};
    auto tone = encoded_tone(Codec::Opus, 60);
    std::size_t heard = 0;
    for (const Codec codec : {c.before, c.after}) {
      for (auto& frame : encoded_pictures(codec, kSize, 15)) {
        for (; heard * 20ms <= at; ++heard) recorder->write(std::move(tone[heard]), heard * 20ms);
        recorder->write(std::move(frame), at);
        at += kPicture;
      }
    }
    recorder->close();
    EXPECT_EQ(recorder->error(), std::nullopt);
    const auto files = recorder->files();
    ASSERT_THAT(files, ElementsAre(named("codec"), named("codec-2")));
    for (const fs::path& file : files) {
      EXPECT_EQ(decoded(file), "15\n");
      EXPECT_NEAR(times(file, "v").front() - times(file, "a").front(), 0, 0.03);
    }
    EXPECT_EQ(times(files[0], "a").size() + times(files[1], "a").size(), heard);
  }
}

TEST_F(RecorderTest, NeverOverwritesARecording) {
  const fs::path file = folder / "old.mkv";
  std::ofstream{file} << "precious";
  const auto recorder = recorder_of(file);
  for (auto& frame : encoded_tone(Codec::Opus, 10)) recorder->write(std::move(frame), {});
  recorder->close();
  EXPECT_THAT(recorder->files(), ElementsAre(folder / "old-2.mkv"));
  EXPECT_EQ(Recorder::next_file(folder / "old.mkv"), folder / "old-3.mkv");
  EXPECT_EQ(Recorder::next_file(folder / "new.mkv"), folder / "new.mkv");
  EXPECT_EQ(fs::file_size(file), 8U);
}

/// Each codec in each file that may hold it.
constexpr std::pair<Codec, const char*> kEveryFile[] = {
    {Codec::Vp8, "vp8.mkv"},   {Codec::Vp8, "vp8.webm"}, {Codec::Vp9, "vp9.mkv"},
    {Codec::Vp9, "vp9.webm"},  {Codec::Vp9, "vp9.mp4"},  {Codec::H264, "h264.mkv"},
    {Codec::H264, "h264.mp4"}, {Codec::Av1, "av1.mkv"},  {Codec::Av1, "av1.webm"},
    {Codec::Av1, "av1.mp4"}};

/// Records in real time in a process of its own, and kills it.
pid_t record_until_killed(const fs::path& file, Codec codec) {
  auto frames = frames_of({codec, Codec::Opus, 0ms, 2500ms});
  const pid_t child = ::fork();
  if (child != 0) return child;
  const auto recorder = recorder_of(file);
  const auto start = std::chrono::steady_clock::now();
  for (auto& [at, frame] : frames) {
    std::this_thread::sleep_until(start + at);
    recorder->write(std::move(frame), at);
  }
  ::kill(::getpid(), SIGKILL);
  ::_exit(2);
}

TEST_F(RecorderTest, PlaysAfterAKill) {
  std::vector<pid_t> children;
  for (const auto& [codec, name] : kEveryFile) {
    children.push_back(record_until_killed(folder / name, codec));
  }
  for (std::size_t i = 0; i < children.size(); ++i) {
    SCOPED_TRACE(kEveryFile[i].second);
    int status = 0;
    ASSERT_EQ(::waitpid(children[i], &status, 0), children[i]);
    ASSERT_TRUE(WIFSIGNALED(status));
    const fs::path file = folder / kEveryFile[i].second;
    const auto pictures = times(file, "v");
    const auto sound = times(file, "a");
    ASSERT_FALSE(pictures.empty() || sound.empty());
    EXPECT_GE(pictures.back(), 1.4) << "at most a second is lost";
    EXPECT_GE(sound.back(), 1.4);
    EXPECT_EQ(decoded(file), std::to_string(pictures.size()) + "\n");
  }
}

TEST_F(RecorderTest, SaysThatTheDiskIsFull) {
  fs::create_symlink("/dev/full", folder / "full.mkv");
  const auto recorder = recorder_of(folder / "full.mkv", {.audio = Codec::Opus});
  for (auto& frame : encoded_tone(Codec::Opus, 10)) recorder->write(std::move(frame), {});
  recorder->close();
  EXPECT_EQ(recorder->error(), (RecordingError{Kind::DiskFull, folder / "full.mkv"}));
}

TEST_F(RecorderTest, LeavesNoFileBehindThatNothingIsIn) {
  for (const auto& [codec, name] : kEveryFile) {
    SCOPED_TRACE(name);
    const fs::path file = folder / name;
    auto frames = encoded_pictures(codec, kSize, 2);
    const pid_t child = ::fork();
    if (child == 0) {
      std::signal(SIGXFSZ, SIG_IGN);
      const rlimit none{.rlim_cur = 100, .rlim_max = 100};  // a part of the header
      ::setrlimit(RLIMIT_FSIZE, &none);
      const auto recorder = recorder_of(file);
      for (auto& frame : frames) recorder->write(std::move(frame), {});
      recorder->close();
      const RecordingError wanted{Kind::AtItsLimit, file};
      ::_exit(recorder->error() == wanted ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0) << "no error, or another";
    EXPECT_FALSE(fs::exists(file));
  }
}

TEST_F(RecorderTest, KeepsWhatWasWrittenWhenNoMoreCanBe) {
  for (const auto& [codec, name] : kEveryFile) {
    SCOPED_TRACE(name);
    const fs::path file = folder / name;
    auto frames = frames_of({codec, Codec::Opus, 0ms, 2500ms});
    const pid_t child = ::fork();
    if (child == 0) {
      std::signal(SIGXFSZ, SIG_IGN);
      const rlimit most{.rlim_cur = 18'000, .rlim_max = 18'000};
      ::setrlimit(RLIMIT_FSIZE, &most);
      const auto recorder = recorder_of(file);
      for (auto& [at, frame] : frames) recorder->write(std::move(frame), at);  // at once
      recorder->close();
      const auto error = recorder->error();
      ::_exit(error && error->kind == Kind::AtItsLimit ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0) << "no error, or another";
    const auto pictures = times(file, "v");
    ASSERT_GE(pictures.size(), 10U);
    EXPECT_EQ(decoded(file), std::to_string(pictures.size()) + "\n");
  }
}

TEST_F(RecorderTest, SaysWhichPicturesItHolds) {
  EXPECT_THAT(recorder_of(folder / "a.mp4")->suited(),
              ElementsAre(Codec::H264, Codec::Vp9, Codec::Av1));
  EXPECT_THAT(recorder_of(folder / "a.webm")->suited(),
              ElementsAre(Codec::Vp8, Codec::Vp9, Codec::Av1));
  EXPECT_THAT(recorder_of(folder / "a.mkv")->suited(), IsEmpty());
}

TEST_F(RecorderTest, SaysWhatItRefuses) {
  EXPECT_EQ(Recorder::refusal("out.avi"), (RecordingError{Kind::UnknownEnding, "out.avi"}));
  EXPECT_EQ(Recorder::refusal("a.webm", Codec::H264),
            (RecordingError{Kind::UnfitCodec, "a.webm", {}, Codec::H264}));
  EXPECT_TRUE(Recorder::refusal("a.mp4", Codec::Pcmu));
  EXPECT_TRUE(Recorder::refusal("a.mp4", Codec::Vp8));
  EXPECT_FALSE(Recorder::refusal("a.mkv", Codec::Pcmu));
  EXPECT_EQ(Recorder::open("/nonexistent/a.mkv").error(),
            (RecordingError{Kind::FolderClosed, "/nonexistent/a.mkv",
                            std::errc::no_such_file_or_directory}));
  std::ofstream{folder / "notes"} << "no folder";
  EXPECT_EQ(
      Recorder::open(folder / "notes" / "a.mkv").error(),
      (RecordingError{Kind::FolderClosed, folder / "notes" / "a.mkv", std::errc::not_a_directory}));

  const auto recorder = recorder_of(folder / "a.webm");
  for (auto& frame : encoded_pictures(Codec::H264, kSize, 2)) recorder->write(std::move(frame), {});
  recorder->close();
  EXPECT_EQ(recorder->error(),
            (RecordingError{Kind::UnfitCodec, folder / "a.webm", {}, Codec::H264}));
  EXPECT_FALSE(fs::exists(folder / "a.webm")) << "no empty file is left behind";
}

}  // namespace
}  // namespace duet::device
