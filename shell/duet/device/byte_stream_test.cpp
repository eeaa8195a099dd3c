// SPDX-License-Identifier: MIT
// A pipe with another program at its end.
#include <duet/device/camera_feed.hpp>
#include <duet/device/clock.hpp>
#include <duet/device/encode_for_test.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <semaphore>
#include <thread>

namespace duet::device {
namespace {

class ByteStreamTest : public ::testing::Test {
 protected:
  ByteStreamTest() { EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0); }

  ~ByteStreamTest() override {
    ::close(ends[0]);
    hang_up();
  }

  void write(std::span<const std::byte> bytes) const {
    EXPECT_EQ(::write(ends[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }

  void hang_up() {
    if (ends[1] >= 0) ::close(std::exchange(ends[1], -1));
  }

  std::array<int, 2> ends{-1, -1};
  const std::vector<media::EncodedFrame> frames =
      encoded_pictures(media::Codec::H264, {320, 180}, 31);
};

TEST_F(ByteStreamTest, IsClosedWhereNothingCanBeRead) {
  EXPECT_EQ(open_byte_stream(ends[1]).error(), StandardInputError::Closed);
}

TEST_F(ByteStreamTest, IsACameraThatEncodes) {
  std::counting_semaphore<> read{0};
  std::jthread writer{[&] {
    for (const auto& frame : frames) {
      write(frame.bytes);
      if (frame.is_key) {
        std::this_thread::sleep_for(30ms);
      } else {  // given after a short silence, and not only once the next one has begun
        EXPECT_TRUE(read.try_acquire_for(5s));
      }
    }
    hang_up();
  }};
  auto feed = open_byte_stream(ends[0]);
  ASSERT_TRUE(feed) << static_cast<int>(feed.error());
  const auto camera = make_camera(*std::move(feed), {});
  EXPECT_EQ(camera->encoded_as(), media::Codec::H264);
  EXPECT_EQ(camera->size(), (codec::Size{320, 180}));
  std::size_t count = 0;
  for (; const auto capture = camera->read(); ++count) {
    const auto& frame = std::get<media::EncodedFrame>(capture->image);
    ASSERT_EQ(frame.bytes, frames.at(count).bytes) << count;
    EXPECT_EQ(frame.is_key, frames[count].is_key);
    if (!frame.is_key) read.release();
  }
  EXPECT_EQ(count, frames.size());
  EXPECT_EQ(camera->error(), Error{StandardInputError::Ended});
}

TEST_F(ByteStreamTest, BeginsWithAKeyFrame) {
  for (std::size_t i = 25; i < frames.size(); ++i) write(frames[i].bytes);  // 30 is one
  auto feed = open_byte_stream(ends[0]);
  ASSERT_TRUE(feed) << static_cast<int>(feed.error());
  const auto capture = make_camera(*std::move(feed), {})->read();
  ASSERT_TRUE(capture);
  EXPECT_EQ(std::get<media::EncodedFrame>(capture->image).bytes, frames[30].bytes);
}

TEST_F(ByteStreamTest, SaysWhatIsNoH264) {
  write(std::vector<std::byte>(5000, std::byte{'x'}));
  hang_up();
  const auto feed = open_byte_stream(ends[0]);
  ASSERT_FALSE(feed);
  EXPECT_EQ(feed.error(), StandardInputError::NotH264);
}

TEST_F(ByteStreamTest, SaysThatNothingCame) {
  hang_up();
  EXPECT_EQ(open_byte_stream(ends[0]).error(), StandardInputError::Nothing);
}

TEST_F(ByteStreamTest, IsInterruptedWhileItWaits) {
  write(frames.front().bytes);
  auto feed = open_byte_stream(ends[0]);
  ASSERT_TRUE(feed) << static_cast<int>(feed.error());
  EXPECT_TRUE((*feed)->next());
  std::jthread other{[&] {
    std::this_thread::sleep_for(50ms);
    (*feed)->interrupt();
  }};
  EXPECT_FALSE((*feed)->next());
  EXPECT_EQ((*feed)->error(), std::nullopt);
}

}  // namespace
}  // namespace duet::device
