// SPDX-License-Identifier: MIT
// Servers with names, of which some are never found.
#include <duet/rtc/server_list.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace duet::rtc {
namespace {

using ::testing::ElementsAre;

/// Knows `alive.example` at two addresses; hangs on `dead.example` until it may go on, and knows
/// nothing then.
class Names {
 public:
  Names() { shared_->may_go_on = let_go_.get_future().share(); }

  net::Resolver::Lookup lookup() const {
    return [shared = shared_](const std::string& name) -> std::vector<IpAddress> {
      {
        const std::lock_guard lock{shared->mutex};
        shared->asked.push_back(name);
      }
      if (name == "alive.example")
        return {IpAddress::v4({192, 0, 2, 1}), IpAddress::v4({192, 0, 2, 2})};
      shared->may_go_on.wait();
      return {};
    };
  }

  void go_on() { let_go_.set_value(); }

  std::vector<std::string> asked() const {
    const std::lock_guard lock{shared_->mutex};
    return shared_->asked;
  }

 private:
  struct Shared {
    std::mutex mutex;
    std::vector<std::string> asked;
    std::shared_future<void> may_go_on;
  };

  std::promise<void> let_go_;
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

struct ServerListTest : ::testing::Test {
  static std::vector<IceServer> list(const std::vector<std::string>& urls) {
    std::vector<IceServer> out;
    for (const std::string& url : urls) out.push_back({*stun::Uri::parse(url), "alice", "secret"});
    return out;
  }

  std::vector<std::string> endpoints() const {
    std::vector<std::string> out;
    for (const ice::Server& one : servers.servers()) out.push_back(one.endpoint.to_string());
    return out;
  }

  bool run_until(const std::function<bool()>& condition) {
    for (const Instant end = loop.now() + 10s; !condition() && loop.now() < end;) {
      loop.run_turn(20ms);
    }
    return condition();
  }

  net::EventLoop loop;
  Names names;
  int told = 0;
  ServerList servers{loop, [this] { ++told; }, names.lookup()};
};

TEST_F(ServerListTest, TellsAtOnceOfAddresses) {
  servers.set(list({"turn:192.0.2.7", "stun:[2001:db8::7]:5000"}));
  EXPECT_EQ(told, 1);
  EXPECT_TRUE(servers.is_resolved());
  EXPECT_THAT(endpoints(), ElementsAre("192.0.2.7:3478", "[2001:db8::7]:5000"));
}

TEST_F(ServerListTest, AsksForEachNameOnceAndWaitsForNoneWithAnother) {
  servers.set(list({"stun:dead.example", "turn:dead.example?transport=tcp", "turn:alive.example",
                    "turns:alive.example", "turn:192.0.2.7"}));
  EXPECT_EQ(told, 1);
  EXPECT_THAT(endpoints(), ElementsAre("192.0.2.7:3478"));
  ASSERT_TRUE(run_until([&] { return told == 2; }));
  EXPECT_THAT(endpoints(), ElementsAre("192.0.2.1:3478", "192.0.2.2:3478", "192.0.2.1:5349",
                                       "192.0.2.2:5349", "192.0.2.7:3478"));
  EXPECT_FALSE(servers.is_resolved());
  names.go_on();
  ASSERT_TRUE(run_until([&] { return servers.is_resolved(); }));
  EXPECT_EQ(told, 3);
  EXPECT_EQ(endpoints().size(), 5U);
  EXPECT_EQ(names.asked().size(), 2U);
}

TEST_F(ServerListTest, WaitsForNoNameOfAListBefore) {
  servers.set(list({"turn:dead.example"}));
  ASSERT_TRUE(run_until([&] { return names.asked().size() == 1; }));
  servers.set(list({"turn:alive.example"}));
  ASSERT_TRUE(run_until([&] { return servers.is_resolved(); }));
  EXPECT_THAT(endpoints(), ElementsAre("192.0.2.1:3478", "192.0.2.2:3478"));
  names.go_on();
}

TEST_F(ServerListTest, WhatTakesThePlaceOfAWholeListIsToldAsAWhole) {
  servers.set(list({"turn:192.0.2.7"}));
  servers.set(list({"turn:192.0.2.8", "turn:dead.example"}));
  ASSERT_TRUE(run_until([&] { return names.asked().size() == 1; }));
  EXPECT_EQ(told, 1);
  EXPECT_THAT(endpoints(), ElementsAre("192.0.2.7:3478"));
  names.go_on();
  ASSERT_TRUE(run_until([&] { return told == 2; }));
  EXPECT_THAT(endpoints(), ElementsAre("192.0.2.8:3478"));
}

}  // namespace
}  // namespace duet::rtc
