// SPDX-License-Identifier: MIT
// Readers that stall, come back, and go.
#include "output_thread.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>

namespace duet::apps {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

struct Pipe {
  Pipe() { EXPECT_EQ(::pipe(ends.data()), 0); }

  ~Pipe() {
    for (const int end : ends) {
      if (end >= 0) ::close(end);
    }
  }

  std::string read_all() {
    ::close(ends[1]);
    ends[1] = -1;
    std::string out;
    std::array<char, 4096> some{};
    for (;;) {
      const ssize_t got = ::read(ends[0], some.data(), some.size());
      if (got <= 0) return out;
      out.append(some.data(), static_cast<std::size_t>(got));
    }
  }

  std::array<int, 2> ends{-1, -1};
};

TEST(OutputThread, WritesInOrderAndAllOfItBeforeItGoes) {
  Pipe pipe;
  {
    OutputThread output{pipe.ends[1]};
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(output.write(std::to_string(i) + "\n"));
  }
  const std::string text = pipe.read_all();
  EXPECT_TRUE(text.starts_with("0\n1\n2\n"));
  EXPECT_TRUE(text.ends_with("98\n99\n"));
}

TEST(OutputThread, NeverWaitsForAReaderThatStalls) {
  Pipe pipe;
  const auto began = Clock::now();
  {
    OutputThread output{pipe.ends[1], 100'000};
    const std::string line(999, 'x');
    int taken = 0;
    int dropped = 0;
    for (int i = 0; i < 1000; ++i) ++(output.write(line + "\n") ? taken : dropped);
    EXPECT_GE(taken, 100);
    EXPECT_GE(dropped, 700);  // a pipe holds 64 KB
    EXPECT_FALSE(output.is_idle());
  }
  pipe.ends[1] = -1;  // the thread that is held up still writes there, until nobody reads
  EXPECT_LT(Clock::now() - began, 2s);
}

TEST(OutputThread, DropsWholeLinesAndGoesOnWithAReaderThatIsBack) {
  Pipe pipe;
  auto output = std::make_unique<OutputThread>(pipe.ends[1], 100'000);
  const std::string line = std::string(999, 'x') + "\n";
  while (output->write(line)) continue;
  std::array<char, 50'000> some{};
  ASSERT_GT(::read(pipe.ends[0], some.data(), some.size()), 0);
  // What was held up is on its way, and there is room again.
  const auto deadline = Clock::now() + 5s;
  while (!output->write("end\n") && Clock::now() < deadline) {
    // All may have been read, and the thread not have said so yet.
    pollfd ready{.fd = pipe.ends[0], .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, 10) > 0) {
      ASSERT_GT(::read(pipe.ends[0], some.data(), 1000), 0);
    }
  }
  std::string rest;
  while (!rest.ends_with("end\n") && Clock::now() < deadline) {
    const ssize_t got = ::read(pipe.ends[0], some.data(), some.size());
    ASSERT_GT(got, 0);
    rest.append(some.data(), static_cast<std::size_t>(got));
  }
  EXPECT_TRUE(rest.ends_with("x\nend\n"));
}

TEST(OutputThread, IsHarmlessOnceNobodyReads) {
  Pipe pipe;
  ::close(pipe.ends[0]);
  pipe.ends[0] = -1;
  OutputThread output{pipe.ends[1], 1000};
  for (int i = 0; i < 1000; ++i) output.write("somebody there?\n");
  const auto deadline = Clock::now() + 5s;
  while (!output.is_idle() && Clock::now() < deadline) continue;
  EXPECT_TRUE(output.write("no"));
  EXPECT_EQ(output.failure(), std::nullopt);
}

TEST(OutputThread, SaysWhyItCanNotWrite) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  {
    OutputThread output{full};
    EXPECT_EQ(output.failure(), std::nullopt);
    output.write("a disk without room\n");
    const auto deadline = Clock::now() + 5s;
    while (!output.failure() && Clock::now() < deadline) continue;
    EXPECT_EQ(output.failure(), std::errc::no_space_on_device);
    EXPECT_TRUE(output.write("no"));
  }
  ::close(full);
}

}  // namespace
}  // namespace duet::apps
