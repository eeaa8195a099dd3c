// SPDX-License-Identifier: MIT
// Two ends and their server, in one loop.
#include <duet/base/random.hpp>
#include <duet/call/call.hpp>
#include <duet/host/site.hpp>
#include <duet/room/application.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace duet::call {
namespace {

/// What `duet serve` is made of, as far as a call needs it.
struct RoomServer {
  RoomServer(net::EventLoop& on, Random& random, std::uint16_t port = 0,
             const socketio::EngineConfig& config = {}, const room::SeatLimits& seats = {})
      : loop{on}, engine{config, random}, application{{.seats = seats}, random} {
    server.set_service(site);
    site.mount("/socket.io/", host);
    endpoint = server.listen({*IpAddress::parse("127.0.0.1"), port});
  }

  net::EventLoop& loop;
  http::Server server{loop, {}};
  host::CorsPolicy cors;
  host::ProxyTrust proxies;
  socketio::EngineServer engine;
  room::SignalingApplication application;
  host::SignalingHost host{loop, server, engine, application, cors};
  host::Site site{server, cors, proxies};
  Endpoint endpoint;
};

struct End {
  explicit End(rtc::Runtime& runtime, net::PostBox& box, const CallOptions& options)
      : call{runtime, box, options, Equipment{},
             CallHandler{.event = [this](const CallEvent& event) { handle(event); }}} {}

  void handle(const CallEvent& event) {
    if (const auto* seat = std::get_if<Seated>(&event)) {
      ++seated;
      looked_taken = seat->other_is_there;
    }
    if (std::holds_alternative<OtherArrived>(event)) ++arrived;
    if (std::holds_alternative<Connected>(event)) ++connected;
    if (std::holds_alternative<ServerBack>(event)) ++server_back;
    if (const auto* over = std::get_if<Over>(&event)) overs.push_back(over->why);
    if (const auto* trouble = std::get_if<Interrupted>(&event)) interrupted.push_back(*trouble);
  }

  int seated = 0;
  bool looked_taken = false;  // the other seat
  int arrived = 0;
  int connected = 0;
  int server_back = 0;
  std::vector<Over::Why> overs;
  std::vector<Interrupted> interrupted;
  Call call;
};

struct CallTest : testing::Test {
  CallOptions options() {
    return {.server = *host::ServerUrl::parse("http://127.0.0.1:" +
                                              std::to_string(server->endpoint.port)),
            .room = "otter",
            .loopback = rtc::Loopback::Only};
  }

  std::unique_ptr<End> sit_down(const CallOptions& how) {
    return std::make_unique<End>(runtime, box, how);
  }

  bool run_until(const std::function<bool()>& condition, Duration longest = 8s) {
    for (const Instant end = loop.now() + longest; !condition() && loop.now() < end;) {
      loop.run_turn(20ms);
    }
    return condition();
  }

  net::EventLoop loop;
  SeededRandom random{1};
  rtc::Runtime runtime{loop, random};
  net::PostBox box{loop};
  std::optional<RoomServer> server{std::in_place, loop, random};
};

TEST_F(CallTest, MeetsAgainAfterBothGaveUp) {
  CallOptions without_path = options();
  without_path.relay_only = true;  // and there is no relay
  without_path.patience = 500ms;
  const auto alice = sit_down(without_path);
  const auto bob = sit_down(without_path);
  ASSERT_TRUE(run_until([&] { return alice->arrived == 2 && bob->arrived == 2; }));
  EXPECT_FALSE(alice->overs.empty());
  EXPECT_FALSE(bob->overs.empty());
}

TEST_F(CallTest, TakesASeatThatIsOnlyHeldForNobody) {
  auto alice = sit_down(options());
  ASSERT_TRUE(run_until([&] { return alice->seated == 1; }));
  ASSERT_TRUE(run_until([&] { return server->application.counters().rooms == 1; }));
  loop.run_turn(50ms);  // the token reaches her
  alice.reset();        // without a word
  const auto bob = sit_down(options());
  ASSERT_TRUE(run_until([&] { return bob->seated == 1; }));
  ASSERT_TRUE(bob->looked_taken);
  run_until([] { return false; }, 300ms);
  EXPECT_EQ(bob->arrived, 0);
  EXPECT_TRUE(bob->overs.empty());
}

/// As a tab that is closed leaves it: the connection ends in good order, the seat is held.
TEST_F(CallTest, WaitsForWhoClosedTheConnectionOnlyAsLongAsAPageTakes) {
  CallOptions patient = options();
  patient.return_within = 1s;
  auto alice = sit_down(options());
  const auto bob = sit_down(patient);
  ASSERT_TRUE(run_until([&] { return alice->connected == 1 && bob->connected == 1; }));
  alice.reset();
  ASSERT_TRUE(run_until([&] { return !bob->interrupted.empty(); }, 500ms));
  EXPECT_EQ(bob->interrupted.front().why, Interrupted::Why::Closed);
  EXPECT_EQ(bob->interrupted.front().within, 1s);
  EXPECT_TRUE(bob->overs.empty());
  EXPECT_TRUE(run_until([&] { return bob->overs == std::vector{Over::Why::OtherLeft}; }, 3s));
  EXPECT_EQ(server->application.counters().held, 1u) << "the seat outlasts it";
}

/// As who is killed leaves it: nothing is said, nothing answers, and in the end the seat is free.
TEST_F(CallTest, CallsThePathLostWhereItDiedBeforeTheSeatWasFreed) {
  // Later than the path is seen to be dead; and the seat is freed rather than held for a minute.
  server.emplace(loop, random, std::uint16_t{0},
                 socketio::EngineConfig{.ping_interval = 5s, .ping_timeout = 5s},
                 room::SeatLimits{.held_per_address = 0});
  net::EventLoop other_loop;
  rtc::Runtime other_runtime{other_loop, random};
  net::PostBox other_box{other_loop};
  const auto alice = std::make_unique<End>(other_runtime, other_box, options());
  const auto bob = sit_down(options());
  ASSERT_TRUE(run_until([&] {
    other_loop.run_turn(0ms);
    return alice->connected == 1 && bob->connected == 1;
  }));
  ASSERT_TRUE(run_until([&] { return !bob->overs.empty(); }, 15s));  // and her loop stands still
  EXPECT_EQ(bob->overs, std::vector{Over::Why::Lost});
  ASSERT_EQ(bob->interrupted.size(), 1u);
  EXPECT_EQ(bob->interrupted.front().why, Interrupted::Why::NoPath);
}

TEST_F(CallTest, GoesOnThroughARestartOfTheServer) {
  const auto alice = sit_down(options());
  const auto bob = sit_down(options());
  ASSERT_TRUE(run_until([&] { return alice->connected == 1 && bob->connected == 1; }));
  const std::uint16_t port = server->endpoint.port;
  server.reset();
  run_until([] { return false; }, 100ms);
  server.emplace(loop, random, port);
  ASSERT_TRUE(run_until([&] {
    return alice->server_back == 1 && bob->server_back == 1 && alice->seated == 2 &&
           bob->seated == 2;
  }));
  run_until([] { return false; }, 300ms);
  EXPECT_TRUE(alice->overs.empty());
  EXPECT_TRUE(bob->overs.empty());
  EXPECT_EQ(alice->connected, 1);
  alice->call.hang_up();
  EXPECT_TRUE(run_until([&] { return bob->overs == std::vector{Over::Why::OtherHungUp}; }));
  EXPECT_TRUE(bob->interrupted.empty()) << "bye is no interruption";
}

}  // namespace
}  // namespace duet::call
