// SPDX-License-Identifier: MIT
// An association that goes well.
#include <duet/dtls/dtls_test_support.hpp>
#include <duet/srtp/receiver.hpp>
#include <duet/srtp/sender.hpp>

#include <gmock/gmock.h>

namespace duet::dtls {
namespace {

using testing::ElementsAre;

bool same(std::span<const std::byte> a, std::span<const std::byte> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

TEST(DtlsTransport, ConnectsInTwoRoundTripsAndAgreesOnKeys) {
  Pair pair;
  pair.start();
  const Instant start = pair.now();
  pair.run(40ms);
  ASSERT_TRUE(pair.both_connected());
  EXPECT_EQ(pair.now() - start, 40ms);
  EXPECT_EQ(pair.client().transport.cipher(), "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
  const auto& client = pair.client().keys;
  const auto& server = pair.server().keys;
  ASSERT_TRUE(client && server);
  EXPECT_EQ(client->send.profile(), srtp::Profile::AeadAes128Gcm);
  EXPECT_TRUE(same(client->send.key(), server->receive.key()));
  EXPECT_TRUE(same(client->send.salt(), server->receive.salt()));
  EXPECT_TRUE(same(client->receive.key(), server->send.key()));
  EXPECT_TRUE(same(client->receive.salt(), server->send.salt()));
  EXPECT_FALSE(same(client->send.key(), client->receive.key()));
}

TEST(DtlsTransport, SendsAFlightInAsFewDatagramsAsItFits) {
  Pair pair;
  pair.connect();
  EXPECT_EQ(pair.sent().size(), 4U);
  for (const auto& [from_client, bytes] : pair.sent()) EXPECT_LE(bytes.size(), 1200U);
}

TEST(DtlsTransport, KeepsToASmallMtu) {
  Pair pair;
  pair.client_config().mtu = pair.server_config().mtu = 256;
  pair.connect();
  ASSERT_TRUE(pair.both_connected());
  for (const auto& [from_client, bytes] : pair.sent()) EXPECT_LE(bytes.size(), 256U);
}

TEST(DtlsTransport, IsAtRestOnceConnectedAndGoesOnFromThere) {
  Pair pair;
  for (int i = 0; i < 3; ++i) {
    i == 0 ? pair.connect() : pair.run();
    EXPECT_EQ(pair.client().transport.next_timeout(), std::nullopt);
    EXPECT_EQ(pair.server().transport.next_timeout(), std::nullopt);
    pair.send(pair.server(), "to the client");
    pair.send(pair.client(), "to the server");
  }
  pair.run();
  EXPECT_EQ(pair.client().data.size(), 3U);
  EXPECT_EQ(pair.server().data.size(), 3U);
  pair.client().transport.close();
  pair.run();
  EXPECT_TRUE(pair.server().is_closed);
}

TEST(DtlsTransport, CarriesDataBothWays) {
  Pair pair;
  pair.connect();
  pair.send(pair.client(), "to the server");
  pair.send(pair.server(), "to the client");
  pair.send(pair.server(), std::string(2048, 'x'));
  pair.run();
  EXPECT_THAT(pair.server().data, ElementsAre("to the server"));
  EXPECT_THAT(pair.client().data, ElementsAre("to the client", std::string(2048, 'x')));
}

TEST(DtlsTransport, TakesSeveralRecordsInOneDatagram) {
  Pair pair;
  pair.connect();
  Datagram both = *Pair::protect(pair.client(), "one");
  const Datagram two = *Pair::protect(pair.client(), "two");
  both.insert(both.end(), two.begin(), two.end());
  pair.inject(pair.server(), both);
  EXPECT_THAT(pair.server().data, ElementsAre("one", "two"));
}

TEST(DtlsTransport, CarriesRecordsLongerThanItsHandshakesDatagrams) {
  Pair pair;
  pair.client_config().max_data = 16000;
  pair.connect();
  const std::string large(16000, 'x');
  const auto record = Pair::protect(pair.client(), large);
  ASSERT_TRUE(record);
  pair.inject(pair.server(), *record);
  EXPECT_THAT(pair.server().data, ElementsAre(large));
}

TEST(DtlsTransport, SaysWhyItSendsNothing) {
  Pair pair;
  pair.start();
  EXPECT_EQ(Pair::protect(pair.client(), "early").error(), SendError::NotConnected);
  pair.run();
  EXPECT_EQ(Pair::protect(pair.client(), "").error(), SendError::TooLarge);
  const std::string large(pair.client().transport.max_data() + 1, 'x');
  EXPECT_EQ(Pair::protect(pair.client(), large).error(), SendError::TooLarge);
  Datagram small(Transport::kMaxOverhead);
  EXPECT_EQ(pair.client().transport.send(as_bytes("x"), small).error(), SendError::NoRoom);
  EXPECT_TRUE(Pair::protect(pair.client(), "still there"));
}

TEST(DtlsTransport, ChoosesTheServersFavouriteProfileAmongTheClients) {
  using srtp::Profile;
  Pair pair;
  pair.client_config().srtp_profiles = {Profile::AeadAes128Gcm, Profile::Aes128CmSha1};
  pair.server_config().srtp_profiles = {Profile::AeadAes256Gcm, Profile::Aes128CmSha1,
                                        Profile::AeadAes128Gcm};
  pair.connect();
  ASSERT_TRUE(pair.both_connected());
  EXPECT_EQ(pair.client().keys->send.profile(), Profile::Aes128CmSha1);
  EXPECT_EQ(pair.server().keys->send.profile(), Profile::Aes128CmSha1);
}

TEST(DtlsTransport, ConnectsWithoutMedia) {
  Pair pair;
  pair.client_config().srtp_profiles = {};
  pair.connect();
  ASSERT_TRUE(pair.both_connected());
  EXPECT_FALSE(pair.client().keys || pair.server().keys);
}

TEST(DtlsTransport, GivesKeysThatProtectMedia) {
  for (const auto profile :
       {srtp::Profile::Aes128CmSha1, srtp::Profile::AeadAes128Gcm, srtp::Profile::AeadAes256Gcm}) {
    Pair pair;
    pair.client_config().srtp_profiles = {profile};
    pair.connect();
    srtp::Sender sender{pair.client().keys->send};
    srtp::Receiver receiver{pair.server().keys->receive};
    Datagram packet(100 + srtp::kMaxRtpOverhead);
    packet[0] = std::byte{0x80};
    const auto size = sender.protect_rtp(packet, 100);
    ASSERT_TRUE(size);
    EXPECT_TRUE(receiver.unprotect_rtp(std::span{packet}.first(*size)));
  }
}

TEST(DtlsTransport, ClosesBothEnds) {
  Pair pair;
  pair.connect();
  pair.client().transport.close();
  pair.run();
  EXPECT_FALSE(pair.client().is_closed);  // it knows
  EXPECT_TRUE(pair.server().is_closed);
  EXPECT_EQ(Pair::protect(pair.server(), "late").error(), SendError::NotConnected);
  EXPECT_EQ(pair.server().transport.next_timeout(), std::nullopt);
}

TEST(DtlsTransport, MayBeClosedAtAnyTime) {
  for (std::size_t datagrams = 0; datagrams < 5; ++datagrams) {
    Pair pair;
    std::size_t arrived = 0;
    pair.set_filter([&](bool, Datagram bytes) -> std::vector<Pair::Delivery> {
      if (arrived++ >= datagrams) return {};
      return {{std::move(bytes), 10ms}};
    });
    pair.start();
    pair.run(45ms);
    pair.client().transport.close();
    pair.client().transport.close();
    pair.server().transport.close();
    pair.run();
    EXPECT_FALSE(pair.client().failure || pair.server().failure);
    EXPECT_EQ(pair.client().transport.next_timeout(), std::nullopt);
  }
}

TEST(DtlsTransport, SharesAnIdentityAmongConnections) {
  const auto identity = Identity::generate(kToday);
  for (int i = 0; i < 3; ++i) {
    Pair pair;
    pair.client_config().identity = identity;
    pair.server_config().remote_fingerprints = {
        identity->fingerprint(crypto::HashAlgorithm::Sha512)};
    pair.connect();
    EXPECT_TRUE(pair.both_connected());
  }
}

TEST(DtlsTransport, ShowsThePeersCertificate) {
  Pair pair;
  pair.connect();
  EXPECT_EQ(as_text(pair.client().transport.remote_certificate()),
            pair.server_identity().certificate().to_der());
}

TEST(DtlsTransport, SaysTheSameBytesUnderTheSameSeed) {
  const auto conversation = [](std::uint64_t seed) {
    const sim::SeededOpenssl openssl{seed};
    Pair pair;
    pair.connect();
    pair.send(pair.client(), "hello");
    pair.run();
    return pair.sent();
  };
  EXPECT_EQ(conversation(7), conversation(7));
  EXPECT_NE(conversation(7), conversation(8));
}

}  // namespace
}  // namespace duet::dtls
