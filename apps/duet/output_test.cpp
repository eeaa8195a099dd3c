// SPDX-License-Identifier: MIT
// What is printed is there, or it is said why not.
#include "output.hpp"

#include "exit_code.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

namespace duet::apps {
namespace {

using config::Language;

struct OutputTest : testing::Test {
  OutputTest() { EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0); }

  ~OutputTest() override {
    for (const int end : ends) {
      if (end >= 0) ::close(end);
    }
    if (full >= 0) ::close(full);
  }

  std::array<int, 2> ends{-1, -1};
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  std::ostringstream error;
};

TEST_F(OutputTest, WritesAll) {
  const std::string text(10'000, 'x');
  Output output{ends[1]};
  output.stream() << text << "end" << std::flush;
  std::string read(text.size() + 3, ' ');
  ASSERT_EQ(::read(ends[0], read.data(), read.size()), static_cast<ssize_t>(read.size()));
  EXPECT_EQ(read, text + "end");
  EXPECT_EQ(output.conclude(0, error, Language::English), 0);
  EXPECT_EQ(error.str(), "");
}

TEST_F(OutputTest, WaitsForAReaderWhereWritesDoNot) {
  ASSERT_EQ(::fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
  const std::string text(300'000, 'x');  // more than a pipe holds
  std::size_t read = 0;
  std::jthread reader{[&] {
    pollfd room{.fd = ends[1], .events = POLLOUT, .revents = 0};
    while (::poll(&room, 1, 0) > 0) std::this_thread::yield();
    std::array<char, 4096> some{};
    while (read < text.size()) {
      const ssize_t size = ::read(ends[0], some.data(), some.size());
      if (size <= 0) return;
      read += static_cast<std::size_t>(size);
    }
  }};
  {
    Output output{ends[1]};
    output.stream() << text;
    EXPECT_EQ(output.conclude(0, error, Language::English), 0);
  }
  ::close(std::exchange(ends[1], -1));
  reader.join();
  EXPECT_EQ(read, text.size());
}

TEST_F(OutputTest, TellsOfADiskWithoutRoom) {
  ASSERT_GE(full, 0);
  Output output{full};
  output.stream() << "devices";
  EXPECT_EQ(output.conclude(to_int(ExitCode::Finished), error, Language::English),
            to_int(ExitCode::Device));
  EXPECT_EQ(error.str(), "duet: what is printed can't be written: No space left on device\n");
}

TEST_F(OutputTest, TellsOnceAndInChineseAndKeepsTheCodeOfWhatWasWorse) {
  ASSERT_GE(full, 0);
  Output output{full};
  for (int i = 0; i < 10; ++i) output.stream() << "event\n" << std::flush;
  EXPECT_EQ(output.conclude(to_int(ExitCode::NoPath), error, Language::Chinese),
            to_int(ExitCode::NoPath));
  EXPECT_EQ(error.str(), "duet: 无法写出内容：磁盘空间不足\n");
}

TEST_F(OutputTest, HoldsItAgainstNoReaderThatItHasGone) {
  std::signal(SIGPIPE, SIG_IGN);
  ::close(std::exchange(ends[0], -1));
  Output output{ends[1]};
  output.stream() << "event\n" << std::flush;
  EXPECT_EQ(output.conclude(0, error, Language::English), 0);
  EXPECT_EQ(error.str(), "");
}

TEST_F(OutputTest, GivesNoFileTheNumberOfAClosedStandardDescriptor) {
  EXPECT_EXIT(
      {
        for (const int standard : {STDIN_FILENO, STDOUT_FILENO}) ::close(standard);
        prepare_descriptors();
        const bool is_kept = ::write(STDOUT_FILENO, "x", 1) < 0 && errno == EBADF;
        char letter = 0;
        const bool is_silent = ::read(STDIN_FILENO, &letter, 1) < 0 && errno == EBADF;
        ::_exit(is_kept && is_silent && ::dup(STDERR_FILENO) > STDERR_FILENO ? 7 : 1);
      },
      testing::ExitedWithCode(7), "");
}

}  // namespace
}  // namespace duet::apps
