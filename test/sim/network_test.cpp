// SPDX-License-Identifier: MIT
// Packets through hosts, links and routers, and a world that repeats itself.
#include <duet/base/bytes.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sim/world.hpp>

#include <string>
#include <vector>

namespace duet::sim {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }

/// Notes what comes, and sends a datagram back for each if asked to.
class Echo final : public Node {
 public:
  Echo(HostId host, bool echoes) : host_{host}, echoes_{echoes} {}

  void handle_event(Instant now, Event& event) override {
    if (const auto* datagram = std::get_if<DatagramArrived>(&event.what)) {
      heard.push_back(std::string{as_text(datagram->bytes)});
      heard_at.push_back(now);
      from = datagram->remote;
      if (echoes_) answers.push_back(*datagram);
    }
  }

  void handle_timeout(Instant) override {}

  std::optional<Instant> next_timeout() const override { return std::nullopt; }

  void flush(Instant now, Network& network) override {
    for (const auto& datagram : answers) {
      network.send(now, host_, datagram.local, datagram.remote, datagram.bytes);
    }
    answers.clear();
  }

  std::vector<std::string> heard;
  std::vector<Instant> heard_at;
  Endpoint from;
  std::vector<DatagramArrived> answers;

 private:
  HostId host_;
  bool echoes_;
};

TEST(Network, AnAnswerFindsItsWayBackThroughTwoRouters) {
  World world{1};
  Network& network = world.network();
  const Link link{.delay = 10ms};
  const auto provider =
      network.add_router(network.internet(), ip("203.0.113.1"), NatBehaviour::symmetric());
  const auto home = network.add_router(provider, ip("100.64.0.7"), {});
  const auto client = network.add_host(home, {ip("192.168.1.2")}, link, link);
  const auto server = network.add_host(network.internet(), {ip("198.51.100.9")}, link, link);
  Echo at_client{client, false};
  Echo at_server{server, true};
  world.add(client, at_client);
  world.add(server, at_server);
  const Instant start = world.now();
  network.send(start, client, {ip("192.168.1.2"), 5000}, {ip("198.51.100.9"), 53},
               as_bytes("hello"));
  world.run_for(1s);
  EXPECT_THAT(at_server.heard, ElementsAre("hello"));
  EXPECT_EQ(at_server.from.address, ip("203.0.113.1"));
  EXPECT_THAT(at_client.heard, ElementsAre("hello"));
  EXPECT_THAT(at_client.heard_at, ElementsAre(start + 40ms));
}

TEST(Network, HostsOfOneNetworkMeetWithoutTheRouter) {
  World world{1};
  Network& network = world.network();
  const auto home =
      network.add_router(network.internet(), ip("203.0.113.1"), NatBehaviour::udp_blocked());
  const auto one = network.add_host(home, {ip("192.168.1.2")});
  const auto two = network.add_host(home, {ip("192.168.1.3")});
  Echo at_two{two, false};
  world.add(two, at_two);
  network.send(world.now(), one, {ip("192.168.1.2"), 1}, {ip("192.168.1.3"), 2}, as_bytes("hi"));
  world.run_for(1s);
  EXPECT_THAT(at_two.heard, ElementsAre("hi"));
  EXPECT_EQ(at_two.from, (Endpoint{ip("192.168.1.2"), 1}));
}

TEST(Network, AnOutsideAddressHairpinsOnlyWhereTheRouterDoes) {
  for (const bool hairpins : {true, false}) {
    World world{1};
    Network& network = world.network();
    NatBehaviour behaviour = NatBehaviour::full_cone();
    behaviour.hairpins = hairpins;
    const auto home = network.add_router(network.internet(), ip("203.0.113.1"), behaviour);
    const auto one = network.add_host(home, {ip("192.168.1.2")});
    const auto two = network.add_host(home, {ip("192.168.1.3")});
    Echo at_two{two, false};
    world.add(two, at_two);
    const auto mapped = network.nat(home).outgoing(world.now(), Protocol::Udp,
                                                   {ip("192.168.1.3"), 9}, {ip("8.8.8.8"), 1});
    network.send(world.now(), one, {ip("192.168.1.2"), 1}, *mapped, as_bytes("hi"));
    world.run_for(1s);
    EXPECT_EQ(at_two.heard.size(), hairpins ? 1U : 0U);
  }
}

TEST(Network, AHostThatMovedLosesItsOldAddress) {
  World world{1};
  Network& network = world.network();
  const auto phone = network.add_host(network.internet(), {ip("198.51.100.1")});
  const auto server = network.add_host(network.internet(), {ip("198.51.100.9")});
  Echo at_phone{phone, false};
  Echo at_server{server, false};
  world.add(phone, at_phone);
  world.add(server, at_server);
  network.move_host(phone, network.internet(), {ip("198.51.100.2")});
  const Endpoint to{ip("198.51.100.9"), 1};
  network.send(world.now(), phone, {ip("198.51.100.1"), 1}, to, as_bytes("old"));
  network.send(world.now(), phone, {ip("198.51.100.2"), 1}, to, as_bytes("new"));
  network.send(world.now(), server, to, {ip("198.51.100.1"), 1}, as_bytes("to old"));
  world.run_for(1s);
  EXPECT_THAT(at_server.heard, ElementsAre("new"));
  EXPECT_THAT(at_phone.heard, IsEmpty());
}

TEST(Network, StreamsOpenInOneRoundTripAndCarryBytesBothWays) {
  World world{1};
  Network& network = world.network();
  const auto home =
      network.add_router(network.internet(), ip("203.0.113.1"), NatBehaviour::udp_blocked());
  const Link link{.delay = 10ms, .loss_percent = 50};
  const auto client = network.add_host(home, {ip("192.168.1.2")}, link, link);
  const auto server = network.add_host(network.internet(), {ip("198.51.100.9")});
  const Endpoint local{ip("192.168.1.2"), 4000};
  const Endpoint remote{ip("198.51.100.9"), 2022};
  network.listen(server, remote);
  const auto id = network.connect(world.now(), client, local, remote);
  const auto accepted = network.poll_event(world.now() + 10ms);
  ASSERT_TRUE(accepted && std::holds_alternative<StreamAccepted>(accepted->what));
  EXPECT_EQ(std::get<StreamAccepted>(accepted->what).remote.address, ip("203.0.113.1"));
  const auto opened = network.poll_event(world.now() + 20ms);
  ASSERT_TRUE(opened && std::holds_alternative<StreamOpened>(opened->what));
  network.send_stream(world.now() + 20ms, server, id, as_bytes("welcome"));
  const auto received = network.poll_event(world.now() + 30ms);
  ASSERT_TRUE(received && std::holds_alternative<StreamReceived>(received->what));
  EXPECT_EQ(as_text(std::get<StreamReceived>(received->what).bytes), "welcome");
  network.close_stream(world.now() + 30ms, client, id);
  const auto closed = network.poll_event(world.now() + 40ms);
  ASSERT_TRUE(closed && std::holds_alternative<StreamClosed>(closed->what));
  EXPECT_EQ(closed->host, server);
}

TEST(Network, AStreamToWhereNobodyListensCloses) {
  World world{1};
  Network& network = world.network();
  const auto client = network.add_host(network.internet(), {ip("198.51.100.1")});
  network.add_host(network.internet(), {ip("198.51.100.9")});
  network.connect(world.now(), client, {ip("198.51.100.1"), 1}, {ip("198.51.100.9"), 2});
  const auto event = network.poll_event(world.now());
  ASSERT_TRUE(event && std::holds_alternative<StreamClosed>(event->what));
}

std::uint64_t digest_of(std::uint64_t seed) {
  World world{seed};
  Network& network = world.network();
  const Link link{.rate_bps = 1'000'000, .delay = 10ms, .jitter = 30ms, .loss_percent = 20};
  const auto one = network.add_host(network.internet(), {ip("198.51.100.1")}, link, link);
  const auto two = network.add_host(network.internet(), {ip("198.51.100.2")}, link, link);
  Echo at_one{one, true};
  Echo at_two{two, true};
  world.add(one, at_one);
  world.add(two, at_two);
  for (int i = 0; i < 20; ++i) {
    world.in(i * 1ms, [&network, &world, one] {
      network.send(world.now(), one, {ip("198.51.100.1"), 1}, {ip("198.51.100.2"), 2},
                   as_bytes("ping"));
    });
  }
  world.run_for(2s);
  return world.digest();
}

TEST(World, RepeatsItselfFromItsSeedAndOnlyFromThat) {
  EXPECT_EQ(digest_of(5), digest_of(5));
  EXPECT_NE(digest_of(5), digest_of(6));
}

}  // namespace
}  // namespace duet::sim
