// SPDX-License-Identifier: MIT
// That relaying allocates nothing, at the server and at the client.
#include <duet/base/test_allocations.hpp>
#include <duet/turn/client.hpp>
#include <duet/turn/test_lab.hpp>

#include <gtest/gtest.h>

#include <cstdint>

namespace duet::turn {
namespace {

const Endpoint kPeer = endpoint("8.8.8.8", 9000);

std::vector<std::byte> channel_data(std::uint16_t number, std::size_t size) {
  const auto head = channel_header(number, size);
  std::vector<std::byte> bytes(head.begin(), head.end());
  bytes.resize(bytes.size() + size);
  return bytes;
}

std::vector<std::byte> indication(Method method, const Endpoint& peer, std::size_t size) {
  std::vector<std::byte> bytes(size + 64);
  stun::Writer writer{bytes, {Class::Indication, method}, {}};
  writer.add_xor_address(AttributeType::XorPeerAddress, peer);
  writer.add(AttributeType::Data, std::vector<std::byte>(size));
  bytes.resize(writer.size());
  return bytes;
}

/// Allocations while `step` runs a hundred times, after it ran once.
template <class Step>
std::uint64_t count(Step step) {
  step();
  const std::uint64_t before = allocations;
  for (int i = 0; i < 100; ++i) step();
  return allocations - before;
}

TEST(TurnMemory, TheServerRelaysWithoutAllocating) {
  Lab lab{Lab::with_ports()};
  TestClient alice{lab, TestClient::udp("203.0.113.5", 4000)};
  TestClient bob{lab, TestClient::tcp("203.0.113.6", 4000), {"bob", "builder"}};
  alice.allocate();
  bob.allocate();
  alice.bind(0x4000, kPeer);
  alice.bind(0x4001, bob.relayed);
  bob.permit({alice.relayed});
  const RelayId relay = lab.events_of<OpenRelaySocket>().front().relay;
  const auto give = [&](const std::vector<std::byte>& bytes) {
    return count([&] {
      lab.server.handle_client(lab.now, alice.path, bytes);
      EXPECT_EQ(lab.server.poll_transmits().size(), 1u);
    });
  };
  EXPECT_EQ(give(channel_data(0x4000, 1200)), 0u);
  EXPECT_EQ(give(channel_data(0x4001, 1200)), 0u);
  EXPECT_EQ(give(indication(Method::Send, kPeer, 1200)), 0u);
  EXPECT_EQ(give(indication(Method::Send, bob.relayed, 1200)), 0u);
  const std::vector<std::byte> payload(1200);
  EXPECT_EQ(count([&] {
              lab.server.handle_peer(lab.now, relay, kPeer, payload);
              EXPECT_EQ(lab.server.poll_transmits().size(), 1u);
            }),
            0u);
}

TEST(TurnMemory, TheClientSendsAndReceivesWithoutAllocating) {
  SeededRandom random{1};
  const Instant now{1000s};
  Client client{now, random, Client::Carrier::Datagram, {}};
  std::array<std::byte, 128> buffer{};
  const auto answer = [&](const auto& fill) {
    const auto bytes = client.poll_transmit();
    const auto request = stun::Message::parse(*bytes);
    stun::Writer writer{buffer, {Class::Success, request->method()}, request->id()};
    fill(writer);
    client.handle_server(now, writer.finish());
  };
  answer([](stun::Writer& w) {
    w.add_xor_address(AttributeType::XorRelayedAddress, endpoint("192.0.2.1", 50000));
    w.add_xor_address(AttributeType::XorMappedAddress, endpoint("203.0.113.5", 4000));
  });
  client.permit(now, kPeer.address);
  answer([](stun::Writer&) {});
  const std::vector<std::byte> payload(1200);
  EXPECT_EQ(count([&] { EXPECT_TRUE(client.send(now, kPeer, payload)); }), 0u);
  client.bind(now, kPeer);
  answer([](stun::Writer&) {});
  EXPECT_EQ(count([&] { EXPECT_EQ(client.send(now, kPeer, payload)->size(), 1204u); }), 0u);
  const auto channel = channel_data(0x4000, 1200);
  const auto data = indication(Method::Data, kPeer, 1200);
  EXPECT_EQ(count([&] { EXPECT_TRUE(client.handle_server(now, channel)); }), 0u);
  EXPECT_EQ(count([&] { EXPECT_TRUE(client.handle_server(now, data)); }), 0u);
}

}  // namespace
}  // namespace duet::turn
