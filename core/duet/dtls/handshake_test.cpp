// SPDX-License-Identifier: MIT
// Handshakes over paths that lose, delay and reorder, and descriptions that come late.
#include <duet/base/random.hpp>
#include <duet/dtls/dtls_test_support.hpp>

#include <gmock/gmock.h>

#include <numeric>

namespace duet::dtls {
namespace {

using testing::ElementsAre;

std::vector<Pair::Delivery> nothing() { return {}; }

std::vector<Pair::Delivery> once(Datagram bytes, Duration delay = 10ms) {
  return {{std::move(bytes), delay}};
}

TEST(DtlsHandshake, SurvivesTheLossOfAnyDatagram) {
  for (std::size_t lost = 0; lost < 4; ++lost) {
    Pair pair;
    std::size_t number = 0;
    pair.set_filter([&](bool, Datagram bytes) {
      return number++ == lost ? nothing() : once(std::move(bytes));
    });
    pair.start();
    const Instant start = pair.now();
    pair.run();
    ASSERT_TRUE(pair.both_connected()) << lost;
    // Round trip 20 ms: the first wait is 55 ms, of which OpenSSL takes the end.
    EXPECT_LE(pair.connected_after(start), 40ms + 55ms) << lost;
  }
}

TEST(DtlsHandshake, ConnectsOverAPathThatLosesAThird) {
  constexpr int kSeeds = 300;
  std::vector<Duration> times;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const sim::SeededOpenssl openssl{seed};
    SeededRandom random{seed};
    Pair pair;
    pair.set_filter([&](bool, Datagram bytes) {
      return random.u64() % 10 < 3 ? nothing() : once(std::move(bytes));
    });
    pair.start();
    const Instant start = pair.now();
    pair.run();
    ASSERT_TRUE(pair.both_connected()) << "seed " << seed;
    times.push_back(pair.connected_after(start));
  }
  std::sort(times.begin(), times.end());
  EXPECT_LE(times[kSeeds / 2], 230ms);
}

TEST(DtlsHandshake, ConnectsWhateverTheOrderAndHoweverOften) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const sim::SeededOpenssl openssl{seed};
    SeededRandom random{seed};
    Pair pair;
    pair.client_config().mtu = pair.server_config().mtu = 256;  // many datagrams
    pair.set_filter([&](bool, Datagram bytes) {
      std::vector<Pair::Delivery> deliveries;
      for (std::uint64_t copies = 1 + random.u64() % 2; copies > 0; --copies) {
        deliveries.push_back({bytes, std::chrono::milliseconds{random.u64() % 30}});
      }
      return deliveries;
    });
    pair.connect();
    ASSERT_TRUE(pair.both_connected()) << "seed " << seed;
  }
}

// The server is through, rests, and gives its buffers back; the client has not heard its last
// flight.
TEST(DtlsHandshake, SendsItsLastFlightAgainHoweverLateItIsAskedTo) {
  Pair pair;
  bool is_cut = true;
  pair.set_filter([&](bool from_client, Datagram bytes) {
    const bool is_through = !from_client && pair.server().is_connected;
    return is_through && is_cut ? nothing() : once(std::move(bytes));
  });
  pair.start();
  pair.run(4s);
  ASSERT_TRUE(pair.server().is_connected);
  ASSERT_FALSE(pair.client().is_connected);
  is_cut = false;
  pair.run();
  EXPECT_TRUE(pair.both_connected());
}

TEST(DtlsHandshake, RetransmitsByTheMeasuredRoundTrip) {
  for (const Duration round_trip : {Duration{0}, Duration{200ms}, Duration{5s}}) {
    Pair pair;
    pair.client_config().round_trip = round_trip;
    pair.set_filter([](bool, Datagram) { return nothing(); });
    pair.start();
    const Duration first = std::clamp<Duration>(round_trip * 5 / 4 + 30ms, 50ms, 1s);
    const Instant start = pair.now();
    pair.run(first - 20ms);
    EXPECT_EQ(pair.sent().size(), 1U);
    pair.run(start + first - pair.now());
    EXPECT_EQ(pair.sent().size(), 2U);
    pair.run(start + first * 3 - 20ms - pair.now());
    EXPECT_EQ(pair.sent().size(), 2U);
    pair.run(start + first * 3 - pair.now());
    EXPECT_EQ(pair.sent().size(), 3U);
  }
}

TEST(DtlsHandshake, GivesUpAtBothEndsWhenThereIsNobody) {
  Pair pair;
  pair.set_filter([](bool, Datagram) { return nothing(); });
  pair.start();
  const Instant start = pair.now();
  pair.run();
  EXPECT_EQ(pair.now() - start, 30s);
  ASSERT_TRUE(pair.client().failure && pair.server().failure);
  EXPECT_EQ(pair.client().failure->why, Failed::Why::TimedOut);
  EXPECT_EQ(pair.server().failure->why, Failed::Why::TimedOut);
  EXPECT_LE(pair.sent().size(), 13U);  // OpenSSL retransmits twelve times
}

TEST(DtlsHandshake, KeepsAClientHelloUntilItsRoleIsKnown) {
  Pair pair;
  pair.server_config().role.reset();
  pair.start();
  pair.run(15ms);
  EXPECT_EQ(pair.sent().size(), 1U);
  pair.server().transport.set_role(pair.now(), Role::Server);
  pair.run(35ms);
  EXPECT_TRUE(pair.both_connected());
  EXPECT_EQ(pair.sent().size(), 4U);  // nothing had to be sent twice
}

TEST(DtlsHandshake, MayTurnOutToBeTheClient) {
  Pair pair;
  pair.client_config().role.reset();
  pair.start();
  pair.run(100ms);
  pair.client().transport.set_role(pair.now(), Role::Client);
  pair.run();
  EXPECT_TRUE(pair.both_connected());
}

TEST(DtlsHandshake, WaitsForFingerprintsBeforeItBelievesAnybody) {
  Pair pair;
  const auto fingerprints = std::exchange(pair.server_config().remote_fingerprints, {});
  pair.start();
  pair.run(100ms);
  EXPECT_TRUE(pair.client().is_connected);
  EXPECT_FALSE(pair.server().is_connected);
  EXPECT_EQ(Pair::protect(pair.server(), "too early").error(), SendError::NotConnected);
  pair.send(pair.client(), "early");
  pair.run(100ms);
  EXPECT_THAT(pair.server().data, ElementsAre());
  pair.server().transport.set_remote_fingerprints(pair.now(), fingerprints);
  pair.run(100ms);
  EXPECT_TRUE(pair.server().is_connected);
  EXPECT_THAT(pair.server().data, ElementsAre("early"));
}

TEST(DtlsHandshake, FailsWhenTheFingerprintThatCameLateIsAnothers) {
  for (const bool at_the_server : {false, true}) {
    Pair pair;
    auto& config = at_the_server ? pair.server_config() : pair.client_config();
    config.remote_fingerprints = {};
    pair.start();
    pair.run(100ms);
    End& end = at_the_server ? pair.server() : pair.client();
    const auto stranger = Identity::generate(kToday);
    end.transport.set_remote_fingerprints(pair.now(), {stranger->fingerprint()});
    pair.run();
    EXPECT_FALSE(end.is_connected);
    EXPECT_FALSE(end.keys);
    ASSERT_TRUE(end.failure);
    EXPECT_EQ(end.failure->why, Failed::Why::WrongCertificate);
    EXPECT_TRUE((at_the_server ? pair.client() : pair.server()).is_closed);
  }
}

TEST(DtlsHandshake, FailsWhenAnothersFingerprintComesBetweenCertificateAndEnd) {
  Pair pair;
  pair.client_config().remote_fingerprints = {};
  pair.start();
  pair.run(25ms);  // the server's certificate is here, its Finished is not
  pair.client().transport.set_remote_fingerprints(pair.now(),
                                                  {pair.client_identity().fingerprint()});
  pair.run();
  EXPECT_FALSE(pair.client().is_connected);
  ASSERT_TRUE(pair.client().failure);
  EXPECT_EQ(pair.client().failure->why, Failed::Why::WrongCertificate);
}

TEST(DtlsHandshake, KeepsDataThatOvertakesIt) {
  Pair pair;
  bool is_held = false;
  pair.set_filter([&](bool from_client, Datagram bytes) {
    // The server's Finished is late; what it sends next is not.
    const bool is_last_flight = !from_client && pair.server().transport.is_connected();
    const Duration delay = is_last_flight && !is_held ? 30ms : 10ms;
    is_held = is_held || is_last_flight;
    return once(std::move(bytes), delay);
  });
  pair.start();
  pair.run(30ms);
  ASSERT_TRUE(pair.server().is_connected && !pair.client().is_connected);
  pair.send(pair.server(), "first");
  pair.run();
  EXPECT_TRUE(pair.client().is_connected);
  EXPECT_THAT(pair.client().data, ElementsAre("first"));
}

}  // namespace
}  // namespace duet::dtls
