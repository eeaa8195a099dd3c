// SPDX-License-Identifier: MIT
// The loop: order within a turn, one call for each wait, and what ends in the middle of it.
#include <duet/net/event_loop.hpp>
#include <duet/net/watch.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace duet::net {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Two ends of a connection; the first is for a watch.
struct Pair {
  Pair() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    watched = ends[0];
    other = ends[1];
  }

  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  ~Pair() {
    if (other >= 0) ::close(other);
  }

  void write() const { EXPECT_EQ(::write(other, "x", 1), 1); }

  void hang_up() {
    ::close(other);
    other = -1;
  }

  int watched;
  int other;
};

class NetEventLoop : public ::testing::Test {
 protected:
  void run() {
    for (int turns = 0; loop_.run_turn(0s); ++turns) {
      ASSERT_LT(turns, 100) << "the loop spins";
    }
  }

  EventLoop loop_;
  std::vector<std::string> happened_;
};

TEST_F(NetEventLoop, CallsOnceForEachWait) {
  const Pair pair;
  int calls = 0;
  Watch watch{loop_, pair.watched, [&](Ready) { ++calls; }};
  pair.write();
  run();
  EXPECT_EQ(calls, 0) << "nobody waits";
  watch.wait(Ready::Read);
  watch.wait(Ready::Read);
  run();
  EXPECT_EQ(calls, 1);
  EXPECT_FALSE(watch.waits(Ready::Read));
  run();
  EXPECT_EQ(calls, 1) << "there is still something to read, and nobody waits";
  watch.wait(Ready::Read);
  run();
  EXPECT_EQ(calls, 2);
}

TEST_F(NetEventLoop, TellsReadingAndWritingApart) {
  const Pair pair;
  std::vector<Ready> seen;
  Watch watch{loop_, pair.watched, [&](Ready ready) { seen.push_back(ready); }};
  watch.wait(Ready::Read);
  watch.wait(Ready::Write);
  run();
  EXPECT_THAT(seen, ElementsAre(Ready::Write));
  pair.write();
  run();
  EXPECT_THAT(seen, ElementsAre(Ready::Write, Ready::Read));
}

TEST_F(NetEventLoop, TellsWhoWaitsOfAnEndAndDoesNotSpinForWhoDoesNot) {
  Pair pair;
  std::vector<Ready> seen;
  Watch watch{loop_, pair.watched, [&](Ready ready) { seen.push_back(ready); }};
  pair.hang_up();
  run();
  EXPECT_THAT(seen, IsEmpty());
  watch.wait(Ready::Error);
  run();
  EXPECT_THAT(seen, ElementsAre(Ready::Error));
  run();
  watch.wait(Ready::Read);
  run();
  EXPECT_THAT(seen, ElementsAre(Ready::Error, Ready::Read));
}

TEST_F(NetEventLoop, TellsInALaterTurnWhatIsWaitedForInACall) {
  Pair pair;
  std::vector<Ready> seen;
  std::optional<Watch> watch;
  watch.emplace(loop_, pair.watched, [&](Ready ready) {
    seen.push_back(ready);
    if (ready == Ready::Read) watch->wait(Ready::Write);
  });
  watch->wait(Ready::Read);
  pair.hang_up();  // which is told as everything
  loop_.run_turn(0s);
  EXPECT_THAT(seen, ElementsAre(Ready::Read));
  loop_.run_turn(0s);
  EXPECT_THAT(seen, ElementsAre(Ready::Read, Ready::Write));
}

TEST_F(NetEventLoop, ForgetsAWatchWhoseDescriptorSomebodyElseHas) {
  const Pair pair;
  const int other = ::dup(pair.watched);  // as a program has that is being started
  std::optional<Watch> watch;
  watch.emplace(loop_, pair.watched, [](Ready) { ADD_FAILURE() << "it is no more"; });
  watch->wait(Ready::Read);
  watch.reset();
  pair.write();
  EXPECT_FALSE(loop_.run_turn(0ms));
  ::close(other);
}

TEST_F(NetEventLoop, ForgetsAWatchThatEndsInItsOwnCallOrInThatOfAnother) {
  const Pair first;
  const Pair second;
  std::optional<Watch> a;
  std::optional<Watch> b;
  a.emplace(loop_, first.watched, [&](Ready) {
    happened_.emplace_back("a");
    a.reset();
    b.reset();
  });
  b.emplace(loop_, second.watched, [&](Ready) {
    happened_.emplace_back("b");
    b.reset();
    a.reset();
  });
  a->wait(Ready::Read);
  b->wait(Ready::Read);
  a->wait(Ready::Write);
  b->wait(Ready::Write);
  first.write();
  second.write();
  run();
  EXPECT_EQ(happened_.size(), 1u);
}

TEST_F(NetEventLoop, TellsAllHoweverManyAreReady) {
  constexpr int kMany = 300;
  int calls = 0;
  std::deque<Pair> pairs;
  std::deque<Watch> watches;
  for (int i = 0; i < kMany; ++i) {
    const Pair& pair = pairs.emplace_back();
    watches.emplace_back(loop_, pair.watched, [&](Ready) { ++calls; }).wait(Ready::Read);
    pair.write();
  }
  run();
  EXPECT_EQ(calls, kMany);
}

TEST_F(NetEventLoop, DoesNotTellADescriptorWhatItsNumberMeantBefore) {
  std::optional<Pair> pair;
  pair.emplace();
  std::optional<Watch> first;
  first.emplace(loop_, pair->watched, [&](Ready) { ADD_FAILURE() << "told after its end"; });
  first->wait(Ready::Read);
  pair->write();
  const int number = pair->watched;
  first.reset();
  const Pair other;
  EXPECT_EQ(other.watched, number);
  Watch second{loop_, other.watched, [&](Ready) { ADD_FAILURE() << "nothing was written to it"; }};
  second.wait(Ready::Read);
  run();
}

TEST_F(NetEventLoop, DoesWhatWasDeferredAtTheEndOfTheTurn) {
  const Pair pair;
  Timer timer{loop_, [&] { happened_.emplace_back("timer"); }};
  Watch watch{loop_, pair.watched, [&](Ready) {
                happened_.emplace_back("watch");
                loop_.defer([&] {
                  happened_.emplace_back("deferred");
                  loop_.defer([&] { happened_.emplace_back("next turn"); });
                });
              }};
  watch.wait(Ready::Read);
  pair.write();
  timer.set(loop_.now());
  EXPECT_TRUE(loop_.run_turn(1s));
  EXPECT_THAT(happened_, ElementsAre("watch", "timer", "deferred"));
  EXPECT_TRUE(loop_.run_turn(1s)) << "does not wait: something is to be done";
  EXPECT_EQ(happened_.back(), "next turn");
  EXPECT_FALSE(loop_.run_turn(0s));
}

TEST_F(NetEventLoop, KeepsTimersToTheMicrosecondAndInOrder) {
  const Instant start = loop_.now();
  Instant fired{};
  Timer late{loop_, [&] {
               happened_.emplace_back("late");
               fired = loop_.now();
             }};
  Timer early{loop_, [&] { happened_.emplace_back("early"); }};
  Timer never{loop_, [&] { happened_.emplace_back("never"); }};
  late.set(start + 1s);
  late.set(start + 5500us);
  early.set(start + 2ms);
  never.set(start + 1ms);
  never.cancel();
  while (happened_.size() < 2) loop_.run_turn(1s);
  EXPECT_THAT(happened_, ElementsAre("early", "late"));
  EXPECT_GE(fired, start + 5500us);
  EXPECT_EQ(late.when(), Instant::max());
}

TEST_F(NetEventLoop, DoesNotLetATimerThatIsAlwaysDueStopEverythingElse) {
  const Pair pair;
  std::optional<Timer> hasty;
  hasty.emplace(loop_, [&] {
    happened_.emplace_back("timer");
    hasty->set(loop_.now() - 1s);
  });
  hasty->set(loop_.now());
  loop_.run_turn(1s);
  Watch watch{loop_, pair.watched, [&](Ready) { happened_.emplace_back("watch"); }};
  watch.wait(Ready::Read);
  pair.write();
  loop_.run_turn(1s);
  EXPECT_THAT(happened_, ElementsAre("timer", "watch", "timer"));
}

TEST_F(NetEventLoop, LetsATimerEndInItsOwnCall) {
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>(loop_, [&] {
    timer.reset();
    happened_.emplace_back("goes on");
  });
  timer->set(loop_.now());
  run();
  EXPECT_THAT(happened_, ElementsAre("goes on"));
}

TEST_F(NetEventLoop, StopsAndRunsAgain) {
  loop_.defer([&] { loop_.stop(); });
  loop_.run();
  loop_.defer([&] {
    happened_.emplace_back("again");
    loop_.stop();
  });
  loop_.run();
  EXPECT_THAT(happened_, ElementsAre("again"));
}

TEST_F(NetEventLoop, HearsEverySignal) {
  std::vector<int> signals;
  loop_.on_termination([&](int number) { signals.push_back(number); });
  ::raise(SIGTERM);
  ::raise(SIGINT);
  run();
  EXPECT_THAT(signals, ::testing::UnorderedElementsAre(SIGTERM, SIGINT));
}

}  // namespace
}  // namespace duet::net
