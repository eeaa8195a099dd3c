// SPDX-License-Identifier: MIT
// Watches over pipes: that they call, all of them, and never after their end.
#include <duet/net/event_loop.hpp>
#include <duet/net/watch.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>

namespace duet::net {
namespace {

/// A pipe whose reading end is watched.
class Ear {
 public:
  Ear(EventLoop& loop, std::function<void()> readable) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC), 0);
    mouth_ = ends[1];
    watch_.emplace(loop, ends[0], std::move(readable));
  }

  Ear(const Ear&) = delete;
  Ear& operator=(const Ear&) = delete;

  ~Ear() { ::close(mouth_); }

  void tell(std::string_view text) const {
    EXPECT_EQ(::write(mouth_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

  /// One byte of what it was told.
  void hear() {
    char byte = 0;
    EXPECT_EQ(::read(watch_->descriptor(), &byte, 1), 1);
  }

  void stop() { watch_.reset(); }

 private:
  int mouth_ = -1;
  std::optional<Watch> watch_;
};

class Watches : public ::testing::Test {
 protected:
  /// Until nothing happens any more.
  void run() {
    while (loop_.context().run_one_for(50ms) != 0) {
    }
  }

  EventLoop loop_;
};

TEST_F(Watches, CallForAsLongAsThereIsSomethingToRead) {
  int calls = 0;
  std::optional<Ear> ear;
  ear.emplace(loop_, [&] {
    ++calls;
    ear->hear();
  });
  ear->tell("abc");
  run();
  EXPECT_EQ(calls, 3);
  ear->tell("d");
  run();
  EXPECT_EQ(calls, 4);
}

TEST_F(Watches, AreAllCalledHoweverManyAreReady) {
  constexpr int kMany = 300;
  int calls = 0;
  std::deque<Ear> ears;
  for (int i = 0; i < kMany; ++i) {
    ears.emplace_back(loop_, [&ears, &calls, i] {
      ++calls;
      ears[static_cast<std::size_t>(i)].hear();
    });
  }
  for (const Ear& ear : ears) ear.tell("a");
  run();
  EXPECT_EQ(calls, kMany);
}

TEST_F(Watches, AreNotCalledOnceAnotherOneEndedThem) {
  int calls = 0;
  std::deque<Ear> ears;
  for (std::size_t i = 0; i < 2; ++i) {
    ears.emplace_back(loop_, [&, i] {
      ++calls;
      ears[i].hear();
      ears[1 - i].stop();
    });
  }
  for (const Ear& ear : ears) ear.tell("a");
  run();
  EXPECT_EQ(calls, 1);
}

TEST_F(Watches, AreNotCalledForADescriptorThatTookTheirNumber) {
  int calls = 0;
  std::optional<Ear> first;
  first.emplace(loop_, [&] { ADD_FAILURE() << "called after its end"; });
  first->tell("a");
  first.reset();
  Ear second{loop_, [&] { ++calls; }};  // of the same number
  run();
  EXPECT_EQ(calls, 0);
}

}  // namespace
}  // namespace duet::net
