// SPDX-License-Identifier: MIT
// Names, while those of a dead name server hang.
#include <duet/net/resolver.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <resolv.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace duet::net {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

using Addresses = std::vector<IpAddress>;

const IpAddress kLoopback = IpAddress::v4({127, 0, 0, 1});

/// A name server on loopback that answers nothing as long as it is there.
class DeafNameServer {
 public:
  DeafNameServer() : socket_{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)} {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const at = reinterpret_cast<sockaddr*>(&address_);
    socklen_t size = sizeof address_;
    EXPECT_EQ(::bind(socket_, at, size), 0);
    EXPECT_EQ(::getsockname(socket_, at, &size), 0);
    const timeval longest{.tv_sec = 20, .tv_usec = 0};
    EXPECT_EQ(::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest), 0);
  }

  DeafNameServer(const DeafNameServer&) = delete;
  DeafNameServer& operator=(const DeafNameServer&) = delete;

  /// Says in the end that there is no such name, so that who asked need not wait for its time-out.
  ~DeafNameServer() {
    std::array<unsigned char, 512> query{};
    sockaddr_in from{};
    socklen_t size = sizeof from;
    auto* const at = reinterpret_cast<sockaddr*>(&from);
    const auto hear = [&] {
      return ::recvfrom(socket_, query.data(), query.size(), MSG_DONTWAIT, at, &size);
    };
    for (ssize_t got = hear(); got > 0; got = hear()) {
      query[2] |= 0x80;  // RFC 1035 §4.1.1: a response, ...
      query[3] = 3;      // ... Name Error
      EXPECT_EQ(::sendto(socket_, query.data(), static_cast<std::size_t>(got), 0, at, size), got);
    }
    ::close(socket_);
  }

  /// The system's resolver, asking this server and no other.
  Resolver::Lookup lookup() const {
    return [address = address_](const std::string& name) {
      ::res_init();
      _res.retrans = 60;  // seconds until it gives up, or asks again
      _res.nscount = 1;   // the state is the thread's own
      _res.nsaddr_list[0] = address;
      return Resolver::ask_system(name);
    };
  }

  bool is_asked() const {
    char query = 0;
    return ::recv(socket_, &query, 1, MSG_PEEK) == 1;
  }

 private:
  int socket_;
  sockaddr_in address_{};
};

/// Lookups that hang until they are told to end.
class Gate {
 public:
  /// Owns what it uses, as it has to.
  Resolver::Lookup lookup() const {
    return [shared = shared_](const std::string& name) {
      std::unique_lock lock{shared->mutex};
      shared->names.push_back(name);
      ++shared->inside;
      shared->changed.notify_all();
      shared->changed.wait(lock, [&] { return shared->is_open; });
      --shared->inside;
      shared->changed.notify_all();
      return Addresses{kLoopback};
    };
  }

  /// @return whether so many came to hang at once
  bool await(std::size_t inside) const {
    std::unique_lock lock{shared_->mutex};
    return shared_->changed.wait_for(lock, std::chrono::seconds{10},
                                     [&] { return shared_->inside == inside; });
  }

  void open() const {
    const std::lock_guard lock{shared_->mutex};
    shared_->is_open = true;
    shared_->changed.notify_all();
  }

  std::vector<std::string> names() const {
    const std::lock_guard lock{shared_->mutex};
    return shared_->names;
  }

  ~Gate() { open(); }

 private:
  struct Shared {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t inside = 0;
    bool is_open = false;
    std::vector<std::string> names;
  };

  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

bool is_blocked(int signal) {
  sigset_t blocked;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
  return ::sigismember(&blocked, signal) == 1;
}

std::ptrdiff_t threads() {
  return std::distance(std::filesystem::directory_iterator{"/proc/self/task"}, {});
}

/// Beside ours: main()'s, and perhaps a sanitizer's, which may come with the first of ours only.
const std::ptrdiff_t kThreadsBefore = [] {
  std::promise<void> counted;
  std::thread first{[told = counted.get_future()] { told.wait(); }};
  const std::ptrdiff_t others = threads() - 1;
  counted.set_value();
  first.join();
  return others;
}();

struct ResolverTest : ::testing::Test {
  /// A question and what came of it.
  struct Asked {
    Asked(EventLoop& loop, const std::string& name, Resolver::Lookup look_up = Resolver::ask_system)
        : resolver{loop, [this](Addresses addresses) { found = std::move(addresses); },
                   std::move(look_up)} {
      resolver.ask(name);
    }

    std::optional<Addresses> found;
    Resolver resolver;
  };

  bool run_until(const std::function<bool()>& condition) {
    for (const Instant end = loop.now() + 10s; !condition() && loop.now() < end;) {
      loop.run_turn(20ms);
    }
    return condition();
  }

  /// Takes all threads; one after another, so that their order is known.
  void hang_all(const Gate& gate) {
    for (std::size_t i = 1; i <= Resolver::kMaxThreads; ++i) {
      hanging.emplace_back(loop, "dead " + std::to_string(i), gate.lookup());
      ASSERT_TRUE(gate.await(i));
    }
  }

  EventLoop loop;
  std::deque<Asked> hanging;
};

TEST_F(ResolverTest, ResolvesNamesWithoutWaiting) {
  std::optional<Addresses> found;
  Resolver resolver{loop, [&](Addresses addresses) { found = std::move(addresses); }};
  resolver.ask("localhost");
  EXPECT_EQ(found, std::nullopt);
  ASSERT_TRUE(run_until([&] { return found.has_value(); }));
  EXPECT_THAT(*found, Contains(kLoopback));
  found.reset();
  resolver.ask("no name at all");
  ASSERT_TRUE(run_until([&] { return found.has_value(); }));
  EXPECT_THAT(*found, IsEmpty());
}

TEST_F(ResolverTest, AnswersOneQuestionWhileANameServerIsSilentOnAnother) {
  const DeafNameServer server;
  const Asked dead{loop, "dead.example", server.lookup()};
  ASSERT_TRUE(server.is_asked());
  const Asked alive{loop, "127.1"};  // no address as we write it: the system reads it
  ASSERT_TRUE(run_until([&] { return alive.found.has_value(); }));
  EXPECT_THAT(*alive.found, ElementsAre(kLoopback));
  EXPECT_EQ(dead.found, std::nullopt);
}

TEST_F(ResolverTest, AnswersForThisMachineWhileEveryOtherNameHangs) {
  const Gate gate;
  hang_all(gate);
  const Asked waiting{loop, "example.org", gate.lookup()};
  for (const char* name : {"localhost", "127.0.0.1", "::1"}) {
    const Asked local{loop, name};
    EXPECT_TRUE(run_until([&] { return local.found.has_value(); })) << name;
  }
  EXPECT_EQ(gate.names().size(), Resolver::kMaxThreads);
  gate.open();
  EXPECT_TRUE(run_until([&] { return waiting.found.has_value(); }));
  for (const Asked& dead : hanging) {
    ASSERT_TRUE(run_until([&] { return dead.found.has_value(); }));
    EXPECT_THAT(dead.found, Optional(ElementsAre(kLoopback)));
  }
}

TEST_F(ResolverTest, SaysOfOneQuestionTooManyThatThereIsNoAddress) {
  const Gate gate;
  hang_all(gate);
  std::deque<Asked> waiting;
  for (std::size_t i = 0; i < Resolver::kMaxWaiting; ++i) {
    waiting.emplace_back(loop, "waits", gate.lookup());
  }
  const Asked refused{loop, "too much", gate.lookup()};
  EXPECT_EQ(refused.found, std::nullopt) << "from the loop, as every answer";
  ASSERT_TRUE(run_until([&] { return refused.found.has_value(); }));
  EXPECT_THAT(*refused.found, IsEmpty());
  for (const Asked& one : waiting) EXPECT_EQ(one.found, std::nullopt);

  waiting.pop_front();  // whose place is free
  const Asked last{loop, "last", gate.lookup()};
  gate.open();
  ASSERT_TRUE(run_until([&] { return last.found.has_value(); }));
  EXPECT_THAT(*last.found, ElementsAre(kLoopback));
  constexpr std::size_t kAll = Resolver::kMaxThreads + Resolver::kMaxWaiting;
  EXPECT_TRUE(run_until([&] { return gate.names().size() == kAll; })) << gate.names().size();
}

TEST_F(ResolverTest, EndsWithItsLoopWhileItsNameHangs) {
  const Gate gate;
  hang_all(gate);
  {
    EventLoop other;
    const Asked waiting{other, "nobody wants it", gate.lookup()};
    hanging.pop_back();
  }
  gate.open();
  ASSERT_TRUE(gate.await(0)) << "it has answered nobody";
  for (const Asked& dead : hanging) {
    EXPECT_TRUE(run_until([&] { return dead.found.has_value(); }));
  }
  EXPECT_EQ(gate.names().size(), Resolver::kMaxThreads) << "what nobody waits for is not asked";
}

TEST_F(ResolverTest, MayBeAskedAgainAndDestroyedByItsAnswer) {
  std::unique_ptr<Resolver> resolver;
  std::vector<std::size_t> found;
  resolver = std::make_unique<Resolver>(loop, [&](const Addresses& addresses) {
    found.push_back(addresses.size());
    if (found.size() == 1) return resolver->ask("127.0.0.1");
    resolver.reset();
    found.push_back(0);  // what it holds is still there
  });
  resolver->ask("127.0.0.1");
  resolver->ask("127.0.0.2");  // the one before is open
  ASSERT_TRUE(run_until([&] { return found.size() == 3; }));
  EXPECT_THAT(found, ElementsAre(1, 1, 0));
}

TEST_F(ResolverTest, LeavesSignalsToTheLoop) {
  Asked asked{loop, "signals", [](const std::string&) {
                return is_blocked(SIGHUP) ? Addresses{kLoopback} : Addresses{};
              }};
  EXPECT_FALSE(is_blocked(SIGHUP)) << "for who asks it is as it was";
  ASSERT_TRUE(run_until([&] { return asked.found.has_value(); }));
  EXPECT_THAT(asked.found, Optional(ElementsAre(kLoopback)));
}

TEST_F(ResolverTest, HasThreadsWhileNamesAreLookedUpAndNoLonger) {
  // Those of tests before this one may still be about to end.
  ASSERT_TRUE(run_until([] { return threads() == kThreadsBefore; })) << threads();
  const Gate gate;
  Asked asked{loop, "a name", gate.lookup()};
  ASSERT_TRUE(gate.await(1));
  EXPECT_EQ(threads(), kThreadsBefore + 1);
  gate.open();
  EXPECT_TRUE(run_until([&] { return asked.found && threads() == kThreadsBefore; }));
}

/// Ends the process while a name server is silent, or is killed if that waits for it.
void exit_while_a_name_hangs() {
  ::alarm(40);
  const DeafNameServer server;
  EventLoop loop;
  Resolver resolver{loop, [](const Addresses&) {}, server.lookup()};
  resolver.ask("dead.example");
  std::exit(server.is_asked() ? 0 : 1);
}

TEST(ResolverDeathTest, DoesNotHoldUpTheEndOfTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(exit_while_a_name_hangs(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace duet::net
