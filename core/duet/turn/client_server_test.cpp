// SPDX-License-Identifier: MIT
// Tests of the client against the server, in virtual time and over networks that lose and mix
// packets.
#include <duet/turn/client.hpp>
#include <duet/turn/test_lab.hpp>

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace duet::turn {
namespace {

using Carrier = Client::Carrier;

const Endpoint kPeer = endpoint("8.8.8.8", 9000);
constexpr Duration kDelay = 20ms;

std::vector<std::byte> copy(std::span<const std::byte> bytes) {
  return {bytes.begin(), bytes.end()};
}

/// One client and how it reaches the server.
struct End {
  Path path;
  std::unique_ptr<Client> client;
  std::vector<ClientEvent> events;
  std::vector<std::pair<Endpoint, std::string>> received;

  bool is_mine(const Path& other) const { return path == other; }

  template <class E>
  std::vector<E> of() const {
    std::vector<E> found;
    for (const ClientEvent& event : events) {
      if (const auto* is = std::get_if<E>(&event)) found.push_back(*is);
    }
    return found;
  }

  Endpoint relayed() const { return *of<Allocated>().back().relayed_v4; }
};

/// A server, clients, a peer that sends everything back, and links that lose packets, double them
/// and let them overtake each other.
class Net {
 public:
  explicit Net(int loss_percent = 0, std::uint64_t seed = 1, Config config = Lab::with_ports())
      : lab{std::move(config)}, loss_percent_{loss_percent}, chance_{seed}, random_{seed + 1} {}

  End& add(const Path& path, ClientOptions options = {}, Credential who = {"alice", "wonder"}) {
    End& end = ends_.emplace_back();
    end.path = path;
    end.client = std::make_unique<Client>(lab.now, random_, carrier(path), std::move(who), options);
    flush();
    return end;
  }

  static Carrier carrier(const Path& path) {
    return path.is_stream() ? Carrier::Stream : Carrier::Datagram;
  }

  void move(End& end, const Path& path) {
    if (end.path.is_stream()) lab.server.handle_stream_closed(lab.now, end.path);
    end.path = path;
    end.client->change_path(lab.now, carrier(path));
    flush();
  }

  bool send(End& end, const Endpoint& peer, std::string_view text) {
    const auto out = end.client->send(lab.now, peer, as_bytes(text));
    if (!out) return false;
    auto bytes = copy(out->head_view());
    bytes.insert(bytes.end(), out->payload.begin(), out->payload.end());
    bytes.resize(bytes.size() + out->padding);
    to_server(end, std::move(bytes));
    return true;
  }

  /// Lets things happen for that long.
  void run(Duration duration) {
    const Instant until = lab.now + duration;
    flush();
    while (true) {
      Instant next = until;
      if (!wire_.empty()) next = std::min(next, wire_.begin()->first);
      if (const auto due = lab.server.next_timeout()) next = std::min(next, *due);
      for (const End& end : ends_) {
        if (const auto due = end.client->next_timeout()) next = std::min(next, *due);
      }
      if (next >= until) break;
      lab.now = std::max(lab.now, next);
      while (!wire_.empty() && wire_.begin()->first <= lab.now) {
        const auto arrive = std::move(wire_.begin()->second);
        wire_.erase(wire_.begin());
        arrive();
        flush();
      }
      lab.server.handle_timeout(lab.now);
      for (End& end : ends_) end.client->handle_timeout(lab.now);
      flush();
    }
    lab.now = until;
  }

  Lab lab;

 private:
  /// Puts a packet on the wire, once, twice or not at all.
  void carry(const Path& path, const std::function<void()>& arrive) {
    if (path.is_stream() || loss_percent_ == 0) {
      wire_.emplace(lab.now + kDelay, arrive);
      return;
    }
    const auto chance = [&](int percent) {
      return static_cast<int>(chance_.u64() % 100) < percent;
    };
    if (chance(loss_percent_)) return;
    for (int copies = chance(10) ? 2 : 1; copies > 0; --copies) {
      wire_.emplace(lab.now + kDelay + std::chrono::milliseconds{chance_.u64() % 40}, arrive);
    }
  }

  void to_server(const End& end, std::vector<std::byte> bytes) {
    carry(end.path, [this, path = end.path, bytes = std::move(bytes)] {
      lab.server.handle_client(lab.now, path, bytes);
      deliver(lab.take());
    });
  }

  void deliver(const std::vector<Packet>& packets) {
    for (const Packet& packet : packets) {
      if (!packet.is_to_client()) {
        const auto& transmit = packet.transmit;
        wire_.emplace(lab.now + kDelay,
                      [this, relay = transmit.relay, peer = transmit.peer, bytes = packet.bytes] {
                        lab.server.handle_peer(lab.now, relay, peer, bytes);
                        deliver(lab.take());
                      });
      } else {
        carry(packet.transmit.path, [this, path = packet.transmit.path, bytes = packet.bytes] {
          for (End& end : ends_) {
            if (end.is_mine(path)) receive(end, bytes);
          }
        });
      }
    }
  }

  void receive(End& end, std::span<const std::byte> bytes) {
    const auto received = end.client->handle_server(lab.now, bytes);
    if (received) end.received.emplace_back(received->peer, as_text(received->payload));
  }

  void flush() {
    deliver(lab.run_shell());
    for (End& end : ends_) {
      while (const auto bytes = end.client->poll_transmit()) to_server(end, copy(*bytes));
      while (auto event = end.client->poll_event()) end.events.push_back(std::move(*event));
    }
  }

  int loss_percent_;
  SeededRandom chance_;
  SeededRandom random_;
  std::deque<End> ends_;
  std::multimap<Instant, std::function<void()>> wire_;
};

TEST(TurnClientMeetsServer, AllocatesAndTalksToAPeer) {
  Net net;
  End& alice = net.add(TestClient::udp("203.0.113.5", 4000));
  net.run(1s);
  ASSERT_EQ(alice.of<Allocated>().size(), 1u);
  EXPECT_EQ(alice.of<Allocated>()[0].mapped, alice.path.client);
  alice.client->permit(net.lab.now, kPeer.address);
  net.run(1s);
  ASSERT_EQ(alice.of<Permitted>().size(), 1u);
  EXPECT_TRUE(net.send(alice, kPeer, "by indication"));
  alice.client->bind(net.lab.now, kPeer);
  net.run(1s);
  ASSERT_EQ(alice.of<ChannelBound>().size(), 1u);
  EXPECT_TRUE(net.send(alice, kPeer, "by channel"));
  net.run(1s);
  ASSERT_EQ(alice.received.size(), 2u);
  EXPECT_EQ(alice.received[0], (std::pair{kPeer, std::string{"by indication"}}));
  EXPECT_EQ(alice.received[1], (std::pair{kPeer, std::string{"by channel"}}));
  alice.client->release(net.lab.now);
  net.run(1s);
  EXPECT_EQ(alice.of<ClientEnded>().at(0).why, ClientEnded::Why::Released);
  EXPECT_EQ(net.lab.server.counters().allocations, 0u);
}

// Two hours of a call, relayed at both ends, over a network that loses a packet in five, doubles
// some and mixes them: nothing may end, and at any time both hear each other.
TEST(TurnClientMeetsServer, KeepsACallForHoursDespiteLoss) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Net net{20, seed, Lab::standard()};
    End& alice = net.add(TestClient::udp("203.0.113.5", 4000));
    End& bob = net.add(TestClient::tcp("203.0.113.6", 4000), {}, {"bob", "builder"});
    net.run(40s);
    ASSERT_FALSE(alice.of<Allocated>().empty() || bob.of<Allocated>().empty());
    alice.client->bind(net.lab.now, bob.relayed());
    bob.client->permit(net.lab.now, alice.relayed().address);
    net.run(40s);
    for (int minute = 0; minute < 120; ++minute) {
      const std::size_t before_a = alice.received.size();
      const std::size_t before_b = bob.received.size();
      for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(net.send(alice, bob.relayed(), "from alice")) << minute;
        ASSERT_TRUE(net.send(bob, alice.relayed(), "from bob")) << minute;
      }
      net.run(60s);
      ASSERT_GT(alice.received.size(), before_a) << minute;
      ASSERT_GT(bob.received.size(), before_b) << minute;
    }
    EXPECT_TRUE(alice.of<ClientEnded>().empty() && bob.of<ClientEnded>().empty());
    EXPECT_EQ(net.lab.server.counters().allocations_made, 2u);
    EXPECT_GE(net.lab.refused(Reason::StaleNonce), 2u);  // nonces last an hour
    EXPECT_EQ(net.lab.refused(Reason::WrongCredential), 0u);
    EXPECT_EQ(net.lab.refused(Reason::NoPermission), 0u);
    EXPECT_EQ(net.lab.refused(Reason::NoChannel), 0u);
  }
}

TEST(TurnClientMeetsServer, OutlivesItsCredential) {
  Net net;
  const auto credential = make_time_limited(kSecret, "seat", kWallClock + 1010s);
  End& alice = net.add(TestClient::udp("203.0.113.5", 4000), {}, credential);
  net.run(1s);
  alice.client->bind(net.lab.now, kPeer);
  alice.client->set_credential(net.lab.now, make_time_limited(kSecret, "seat", kWallClock + 1020s));
  net.run(2h);
  EXPECT_TRUE(alice.of<ClientEnded>().empty());
  EXPECT_TRUE(net.send(alice, kPeer, "x"));
}

TEST(TurnClientMeetsServer, ChangesNetworksAndCarriers) {
  Net net{20, 5};
  End& phone = net.add(TestClient::udp("203.0.113.5", 4000), {.mobility = true});
  net.run(40s);
  phone.client->bind(net.lab.now, kPeer);
  net.run(40s);
  const Path paths[] = {TestClient::udp("198.51.100.9", 999), TestClient::tcp("198.51.100.9", 7, 1),
                        TestClient::tcp("198.51.100.9", 8, 2), TestClient::udp("203.0.113.5", 1)};
  for (const Path& path : paths) {
    net.move(phone, path);
    net.run(40s);
    const std::size_t before = phone.received.size();
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(net.send(phone, kPeer, "still here"));
    net.run(1s);
    EXPECT_GT(phone.received.size(), before);
  }
  EXPECT_EQ(phone.of<Moved>().size(), 4u);
  EXPECT_EQ(net.lab.server.counters().allocations_made, 1u);
  phone.client->release(net.lab.now);
  net.run(40s);
  EXPECT_EQ(net.lab.server.counters().allocations, 0u);
}

TEST(TurnClientMeetsServer, MovesAgainBeforeItHeardOfTheFirstMove) {
  Net net;
  End& phone = net.add(TestClient::udp("203.0.113.5", 4000), {.mobility = true});
  net.run(1s);
  // The new path's nonce needs one round, the move another: cut before its answer arrives.
  net.move(phone, TestClient::udp("198.51.100.9", 1));
  net.run(3 * kDelay + 10ms);
  net.move(phone, TestClient::udp("198.51.100.10", 1));
  net.run(1s);
  EXPECT_EQ(phone.of<Moved>().size(), 1u);
  EXPECT_TRUE(phone.of<ClientEnded>().empty());
}

TEST(TurnClientMeetsServer, ReservesAndClaims) {
  Net net;
  End& rtp = net.add(TestClient::udp("203.0.113.5", 1), {.port = ClientOptions::Port::EvenAndNext});
  net.run(1s);
  const auto made = rtp.of<Allocated>().at(0);
  ASSERT_TRUE(made.next_port);
  End& rtcp = net.add(TestClient::udp("203.0.113.5", 2), {.reservation_token = made.next_port});
  net.run(1s);
  EXPECT_EQ(rtcp.relayed().port, rtp.relayed().port + 1);
}

TEST(TurnClientMeetsServer, HidesItsNameFromAServerOfFixedNames) {
  Config config = Lab::with_ports();
  config.secrets.clear();
  Net net{0, 1, config};
  End& alice = net.add(TestClient::udp("203.0.113.5", 1));
  net.run(1s);
  EXPECT_EQ(alice.of<Allocated>().size(), 1u);
}

TEST(TurnClientMeetsServer, HearsWhyItIsRefused) {
  Config config = Lab::standard();
  config.limits.allocations_per_user = 1;
  Net net{0, 1, config};
  const auto reason = [&](End& end) {
    net.run(1s);
    return end.of<ClientEnded>().at(0).code;
  };
  net.add(TestClient::udp("203.0.113.5", 1));
  EXPECT_EQ(reason(net.add(TestClient::udp("203.0.113.5", 2))), ErrorCode::AllocationQuotaReached);
  EXPECT_EQ(reason(net.add(TestClient::udp("203.0.113.5", 1))), ErrorCode::AllocationMismatch);
  EXPECT_EQ(reason(net.add(TestClient::udp("203.0.113.5", 3), {}, {"alice", "wrong"})),
            ErrorCode::Unauthenticated);
  EXPECT_EQ(reason(net.add(TestClient::udp("203.0.113.5", 4),
                           {.families = ClientOptions::Families::V6}, {"bob", "builder"})),
            ErrorCode::AddressFamilyNotSupported);
  End& bob = net.add(TestClient::udp("203.0.113.5", 5), {}, {"bob", "builder"});
  net.run(1s);
  bob.client->permit(net.lab.now, kPeer.address);
  net.run(1s);
  EXPECT_EQ(bob.of<PermissionRefused>().at(0).code, ErrorCode::Forbidden);
}

}  // namespace
}  // namespace duet::turn
