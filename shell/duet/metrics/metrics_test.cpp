// SPDX-License-Identifier: MIT
// The text of /metrics.
#include <duet/base/random.hpp>
#include <duet/metrics/process.hpp>
#include <duet/metrics/registry.hpp>
#include <duet/metrics/signaling.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <ctime>
#include <set>
#include <sstream>
#include <string>

namespace duet::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

/// The value of a series, such as `duet_rooms` or `x_total{result="full"}`.
double value_of(const Registry& registry, const std::string& series) {
  std::istringstream lines{registry.text()};
  for (std::string line; std::getline(lines, line);)
    if (line.substr(0, series.size() + 1) == series + " ")
      return std::stod(line.substr(series.size() + 1));
  ADD_FAILURE() << series << " is not in\n" << registry.text();
  return -1;
}

TEST(Registry, ReadsWhenAsked) {
  Registry registry;
  double rooms = 1;
  registry.gauge("duet_rooms", "Rooms", {}, [&] { return rooms; });
  registry.counter("duet_x_total", "X", {{"result", "full"}}, [] { return 3.0; });
  registry.counter("duet_x_total", "X", {{"result", "joined"}}, [] { return 4.0; });
  EXPECT_EQ(registry.text(),
            "# HELP duet_rooms Rooms\n"
            "# TYPE duet_rooms gauge\n"
            "duet_rooms 1\n"
            "# HELP duet_x_total X\n"
            "# TYPE duet_x_total counter\n"
            "duet_x_total{result=\"full\"} 3\n"
            "duet_x_total{result=\"joined\"} 4\n");
  rooms = 2;
  EXPECT_EQ(value_of(registry, "duet_rooms"), 2);
}

TEST(Registry, KeepsLargeCountersExact) {
  Registry registry;
  registry.counter("duet_x_total", "X", {}, [] { return 9007199254740991.0; });
  EXPECT_EQ(value_of(registry, "duet_x_total"), 9007199254740991.0);
}

TEST(RegistryDeathTest, RefusesLabelsThatNameSomebody) {
  for (const auto* label : {"room", "peer", "address", "ip", "sid"}) {
    Registry registry;
    EXPECT_DEATH(registry.gauge("duet_x", "X", {{label, "y"}}, [] { return 0.0; }), "");
  }
}

TEST(RegistryDeathTest, RefusesTheSameSeriesTwice) {
  Registry registry;
  registry.gauge("duet_x", "X", {}, [] { return 0.0; });
  EXPECT_DEATH(registry.gauge("duet_x", "X", {}, [] { return 0.0; }), "");
  EXPECT_DEATH(registry.counter("duet_x", "X", {{"result", "y"}}, [] { return 0.0; }), "");
}

TEST(Process, TellsWhatTheProcessTakes) {
  Registry registry;
  add_process(registry, "0.1.0");
  EXPECT_THAT(registry.text(), HasSubstr("duet_build_info{version=\"0.1.0\",compiler=\""));
  EXPECT_GT(value_of(registry, "process_resident_memory_bytes"), 1e6);
  EXPECT_GT(value_of(registry, "process_virtual_memory_bytes"),
            value_of(registry, "process_resident_memory_bytes"));
  EXPECT_LT(value_of(registry, "process_cpu_seconds_total"), 60);
  EXPECT_GE(value_of(registry, "process_max_fds"), value_of(registry, "process_open_fds"));
  const double age =
      static_cast<double>(std::time(nullptr)) - value_of(registry, "process_start_time_seconds");
  EXPECT_GE(age, -1);
  EXPECT_LT(age, 60);
}

TEST(Process, CountsDescriptors) {
  Registry registry;
  add_process(registry, "0.1.0");
  const double before = value_of(registry, "process_open_fds");
  const int more = dup(0);
  EXPECT_EQ(value_of(registry, "process_open_fds"), before + 1);
  close(more);
}

/// Everything a server tells, from counters that are all different.
class Server : public ::testing::Test {
 protected:
  Server() {
    net_.open = 3;
    net_.responses = {0, 1, 2, 3, 4, 5};
    net_.bad_requests = 6;
    rooms_.rooms = 7;
    rooms_.refused_full = 8;
    rooms_.messages = 9;
    socketio_.parse_errors = 10;
    add_process(registry_, "0.1.0");
    add_net(registry_, net_);
    add_engine(registry_, engine_);
    add_socketio(registry_, socketio_);
    add_rooms(registry_, [this] { return rooms_; });
    add_certificate(registry_, [] { return 1.8e9; });
  }

  SeededRandom random_{1};
  http::ServerCounters net_;
  socketio::EngineServer engine_{{}, random_};
  socketio::ServerCounters socketio_;
  room::Counters rooms_;
  Registry registry_;
};

TEST_F(Server, TellsWhatItsMachinesCount) {
  EXPECT_EQ(value_of(registry_, "duet_connections"), 3);
  EXPECT_EQ(value_of(registry_, "duet_http_requests_total{class=\"1xx\"}"), 1);
  EXPECT_EQ(value_of(registry_, "duet_http_requests_total{class=\"5xx\"}"), 5);
  EXPECT_EQ(value_of(registry_, "duet_connections_refused_total{reason=\"http\"}"), 6);
  EXPECT_EQ(value_of(registry_, "duet_rooms"), 7);
  EXPECT_EQ(value_of(registry_, "duet_room_joins_total{result=\"full\"}"), 8);
  EXPECT_EQ(value_of(registry_, "duet_signal_messages_total{result=\"relayed\"}"), 9);
  EXPECT_EQ(value_of(registry_, "duet_signal_rejected_total{reason=\"packet\"}"), 10);
  EXPECT_EQ(value_of(registry_, "duet_sockets{eio=\"4\",transport=\"websocket\"}"), 0);
  EXPECT_EQ(value_of(registry_, "duet_tls_certificate_expiry_timestamp_seconds"), 1.8e9);
}

TEST_F(Server, CountsARefusedRequest) {
  engine_.handle_request(Instant{}, socketio::RequestId{1},
                         {.method = "GET", .query = "EIO=2&transport=polling"});
  EXPECT_EQ(value_of(registry_, "duet_signal_rejected_total{reason=\"engine_request\"}"), 1);
}

TEST_F(Server, TellsSessionsByProtocolAndTransport) {
  const auto open = [&](std::string_view query, std::uint64_t id) {
    ASSERT_FALSE(engine_.handle_websocket_opening(Instant{}, socketio::WebSocketId{id},
                                                  {.method = "GET", .query = query}));
  };
  open("EIO=4&transport=websocket", 1);
  open("EIO=4&transport=websocket", 2);
  open("EIO=3&transport=websocket", 3);
  engine_.handle_request(Instant{}, socketio::RequestId{1},
                         {.method = "GET", .query = "EIO=3&transport=polling"});
  EXPECT_EQ(value_of(registry_, "duet_sockets{eio=\"4\",transport=\"websocket\"}"), 2);
  EXPECT_EQ(value_of(registry_, "duet_sockets{eio=\"4\",transport=\"polling\"}"), 0);
  EXPECT_EQ(value_of(registry_, "duet_sockets{eio=\"3\",transport=\"websocket\"}"), 1);
  EXPECT_EQ(value_of(registry_, "duet_sockets{eio=\"3\",transport=\"polling\"}"), 1);
  engine_.handle_websocket_closed(Instant{}, socketio::WebSocketId{2});
  EXPECT_EQ(value_of(registry_, "duet_sockets{eio=\"4\",transport=\"websocket\"}"), 1);
}

TEST_F(Server, NamesEachFamilyOnce) {
  std::multiset<std::string> names;
  std::istringstream lines{registry_.text()};
  for (std::string line; std::getline(lines, line);)
    if (line.substr(0, 7) == "# TYPE ") names.insert(line.substr(7, line.find(' ', 7) - 7));
  EXPECT_EQ(names.size(), std::set<std::string>(names.begin(), names.end()).size());
  EXPECT_THAT(names, IsSupersetOf({"duet_build_info", "duet_rooms", "duet_room_joins_total",
                                   "duet_sockets", "duet_signal_messages_total",
                                   "duet_signal_rejected_total", "duet_http_requests_total"}));
}

}  // namespace
}  // namespace duet::metrics
