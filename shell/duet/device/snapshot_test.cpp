// SPDX-License-Identifier: MIT
// A snapshot has the colours of its picture, and says why it could not be written.
#include <duet/device/ffmpeg.hpp>
#include <duet/device/snapshot.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

namespace duet::device {
namespace {

using codec::Picture;
using codec::Size;

std::shared_ptr<Picture> filled(Size size, std::array<std::uint8_t, 3> colour) {
  auto picture = Picture::make(size);
  for (const auto plane : {Picture::Plane::Y, Picture::Plane::U, Picture::Plane::V}) {
    const auto bytes = static_cast<std::size_t>(picture->stride(plane)) *
                       static_cast<std::size_t>(picture->size(plane).height);
    std::memset(picture->data(plane), colour[static_cast<std::size_t>(plane)], bytes);
  }
  return picture;
}

/// Width, height, and the red, green and blue of the last pixel.
std::vector<int> read_png(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  std::vector<char> bytes{std::istreambuf_iterator<char>{in}, {}};
  const PacketPtr packet{av_packet_alloc()};
  av_new_packet(packet.get(), static_cast<int>(bytes.size()));
  std::memcpy(packet->data, bytes.data(), bytes.size());
  const AVCodec* png = avcodec_find_decoder(AV_CODEC_ID_PNG);
  const DecoderPtr decoder{avcodec_alloc_context3(png)};
  const FramePtr frame{av_frame_alloc()};
  if (avcodec_open2(decoder.get(), png, nullptr) < 0 ||
      avcodec_send_packet(decoder.get(), packet.get()) < 0 ||
      avcodec_send_packet(decoder.get(), nullptr) < 0 ||
      avcodec_receive_frame(decoder.get(), frame.get()) < 0) {
    return {};
  }
  const auto* pixel = frame->data[0] + std::ptrdiff_t{frame->height - 1} * frame->linesize[0] +
                      std::ptrdiff_t{frame->width - 1} * 3;
  return {frame->width, frame->height, pixel[0], pixel[1], pixel[2]};
}

class Snapshot : public testing::Test {
 protected:
  ~Snapshot() override { std::filesystem::remove(path_); }

  std::string path_ = testing::TempDir() + "duet-snapshot-" +
                      testing::UnitTest::GetInstance()->current_test_info()->name() + ".png";
};

void expect_near(const std::vector<int>& read, const std::vector<int>& wanted) {
  ASSERT_EQ(read.size(), wanted.size());
  for (std::size_t i = 0; i < read.size(); ++i) EXPECT_NEAR(read[i], wanted[i], i < 2 ? 0 : 3);
}

// Pure red as each matrix writes it, in limited range (BT.601 §2.5, BT.709 §3.5).
TEST_F(Snapshot, ReadsSmallPicturesByBt601) {
  ASSERT_EQ(write_png(*filled({321, 181}, {81, 90, 240}), path_), std::nullopt);
  expect_near(read_png(path_), {321, 181, 255, 0, 0});
}

TEST_F(Snapshot, ReadsLargePicturesByBt709) {
  ASSERT_EQ(write_png(*filled({1280, 720}, {63, 102, 240}), path_), std::nullopt);
  expect_near(read_png(path_), {1280, 720, 255, 0, 0});
}

TEST_F(Snapshot, TakesThePlaceOfWhatWasThere) {
  ASSERT_EQ(write_png(*filled({640, 480}, {16, 128, 128}), path_), std::nullopt);
  ASSERT_EQ(write_png(*filled({32, 24}, {235, 128, 128}), path_), std::nullopt);
  expect_near(read_png(path_), {32, 24, 255, 255, 255});
}

TEST(SnapshotFailure, HasItsReason) {
  using enum SnapshotError::Kind;
  const auto picture = filled({32, 24}, {16, 128, 128});
  EXPECT_EQ(
      write_png(*picture, "/nowhere/at/all.png"),
      (SnapshotError{NotWritten, "/nowhere/at/all.png", std::errc::no_such_file_or_directory}));
  EXPECT_EQ(write_png(*picture, "/dev/full"),
            (SnapshotError{NotWritten, "/dev/full", std::errc::no_space_on_device}));
}

TEST_F(Snapshot, LeavesNothingBehindWhereTheDiskIsFull) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit none{.rlim_cur = 0, .rlim_max = 0};
    ::setrlimit(RLIMIT_FSIZE, &none);
    ::_exit(write_png(*filled({32, 24}, {16, 128, 128}), path_) ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(Snapshot, IsRefusedBeforeTheCall) {
  using enum SnapshotError::Kind;
  EXPECT_EQ(
      png_refusal("/nowhere/at/all.png"),
      (SnapshotError{NotWritten, "/nowhere/at/all.png", std::errc::no_such_file_or_directory}));
  EXPECT_EQ(png_refusal("/"), (SnapshotError{NotWritten, "/", std::errc::is_a_directory}));
  EXPECT_EQ(png_refusal(path_), std::nullopt);
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_EQ(png_refusal("picture.png"), std::nullopt);
  std::ofstream{path_} << "no folder";
  EXPECT_EQ(png_refusal(path_ + "/a.png"),
            (SnapshotError{NotWritten, path_ + "/a.png", std::errc::not_a_directory}));
}

}  // namespace
}  // namespace duet::device
