// SPDX-License-Identifier: MIT
// Datagrams of strangers, peers with other certificates, and messages that lie.
#include <duet/base/random.hpp>
#include <duet/dtls/dtls_test_support.hpp>
#include <duet/dtls/record.hpp>

#include <gmock/gmock.h>

namespace duet::dtls {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Datagram record(ContentType type, std::uint16_t epoch, std::string_view fragment) {
  Datagram bytes{static_cast<std::byte>(type), std::byte{0xFE}, std::byte{0xFD},
                 static_cast<std::byte>(epoch >> 8), static_cast<std::byte>(epoch)};
  bytes.resize(11);
  bytes[9] = std::byte{9};  // a sequence number ahead of the peer's
  bytes.push_back(static_cast<std::byte>(fragment.size() >> 8));
  bytes.push_back(static_cast<std::byte>(fragment.size()));
  const auto body = as_bytes(fragment);
  bytes.insert(bytes.end(), body.begin(), body.end());
  return bytes;
}

TEST(DtlsHostile, NobodyWithAnotherCertificateIsBelieved) {
  for (const bool at_the_server : {false, true}) {
    Pair pair;
    const auto stranger = Identity::generate(kToday);
    auto& config = at_the_server ? pair.client_config() : pair.server_config();
    config.identity = stranger;
    pair.connect();
    End& end = at_the_server ? pair.server() : pair.client();
    EXPECT_FALSE(end.is_connected || end.keys);
    ASSERT_TRUE(end.failure);
    EXPECT_EQ(end.failure->why, Failed::Why::WrongCertificate);
    EXPECT_FALSE(pair.client().is_connected);
  }
}

TEST(DtlsHostile, DataInTheClearIsNeverGivenOut) {  // epoch 0 application data
  Pair pair;
  const Datagram forged = record(ContentType::ApplicationData, 0, "believe me");
  pair.start();
  for (int i = 0; i < 6; ++i) {
    pair.inject(pair.client(), forged);
    pair.inject(pair.server(), forged);
    pair.run(10ms);
  }
  EXPECT_TRUE(pair.both_connected());
  EXPECT_THAT(pair.client().data, IsEmpty());
  EXPECT_THAT(pair.server().data, IsEmpty());
  EXPECT_EQ(pair.client().transport.counters().unprotected, 6U);
}

TEST(DtlsHostile, AnAlertInTheClearEndsNothing) {
  constexpr std::string_view kFatal{"\2\50", 2};  // handshake_failure
  constexpr std::string_view kClose{"\1\0", 2};   // close_notify
  for (const auto alert : {kFatal, kClose}) {
    Pair pair;
    pair.start();
    for (int i = 0; i < 6; ++i) {
      pair.inject(pair.client(), record(ContentType::Alert, 0, alert));
      pair.inject(pair.server(), record(ContentType::Alert, 0, alert));
      pair.run(10ms);
    }
    EXPECT_TRUE(pair.both_connected());
    EXPECT_FALSE(pair.client().is_closed || pair.server().is_closed);
  }
}

TEST(DtlsHostile, AnAlertInTheClearIsAHintWhenTimeIsUp) {
  Pair pair;
  pair.set_filter([](bool, Datagram) { return std::vector<Pair::Delivery>{}; });
  pair.start();
  pair.inject(pair.client(), record(ContentType::Alert, 0, {"\2\50", 2}));
  pair.run();
  ASSERT_TRUE(pair.client().failure);
  EXPECT_EQ(pair.client().failure->why, Failed::Why::TimedOut);
  EXPECT_EQ(pair.client().failure->alert, 40);
}

TEST(DtlsHostile, NoDatagramIsTakenTwice) {
  Pair pair;
  pair.connect();
  const Datagram datagram = *Pair::protect(pair.client(), "once");
  pair.inject(pair.server(), datagram);
  pair.inject(pair.server(), datagram);
  EXPECT_THAT(pair.server().data, ElementsAre("once"));
}

TEST(DtlsHostile, NoBitOfARecordMayChange) {
  Pair pair;
  pair.connect();
  const Datagram datagram = *Pair::protect(pair.client(), "exactly this");
  for (std::size_t bit = 0; bit < datagram.size() * 8; ++bit) {
    Datagram bad = datagram;
    bad[bit / 8] ^= std::byte{1} << static_cast<int>(bit % 8);
    pair.inject(pair.server(), bad);
    ASSERT_THAT(pair.server().data, IsEmpty()) << bit;
  }
  pair.inject(pair.server(), datagram);
  EXPECT_THAT(pair.server().data, ElementsAre("exactly this"));
}

TEST(DtlsHostile, ARecordTooShortForItsTagEndsNothing) {
  for (const std::size_t size : {0, 1, 7, 8, 9, 15, 16, 23, 24, 25, 16384, 16408, 16409, 20000}) {
    for (const auto type : {ContentType::ChangeCipherSpec, ContentType::Alert,
                            ContentType::Handshake, ContentType::ApplicationData}) {
      Pair pair;
      pair.start();
      pair.inject(pair.client(), record(type, 1, std::string(size, 'x')));
      pair.run();
      ASSERT_TRUE(pair.both_connected());
      pair.inject(pair.server(), record(type, 1, std::string(size, 'x')));
      pair.send(pair.client(), "goes on");
      pair.run();
      ASSERT_THAT(pair.server().data, ElementsAre("goes on")) << size;
    }
  }
}

TEST(DtlsHostile, GarbageChangesNothing) {
  Pair pair;
  SeededRandom random{1};
  pair.start();
  for (int i = 0; i < 2000; ++i) {
    Datagram bytes(random.u64() % 100);
    random.fill(bytes);
    if (!bytes.empty()) bytes[0] = static_cast<std::byte>(20 + random.u64() % 44);
    pair.inject(pair.client(), bytes);
    pair.inject(pair.server(), bytes);
    if (i % 400 == 0) pair.run(10ms);
  }
  pair.run();
  EXPECT_TRUE(pair.both_connected());
  EXPECT_GE(pair.client().transport.counters().malformed, 1900U);
}

TEST(DtlsHostile, WhatComesTooEarlyHasABound) {
  Pair pair;
  pair.server_config().role.reset();
  pair.start();
  for (int i = 0; i < 100; ++i) {
    pair.inject(pair.server(), record(ContentType::Handshake, 0, std::string(500, 'x')));
  }
  EXPECT_EQ(pair.server().transport.counters().early_overflow, 100U - Transport::kMaxEarly);
  pair.inject(pair.server(), record(ContentType::ApplicationData, 0, "x"));
  EXPECT_EQ(pair.server().transport.counters().malformed, 1U);
}

TEST(DtlsHostile, ProtectedRecordsBeforeTheHandshakeHaveABound) {
  Pair pair;
  pair.start();
  for (int i = 0; i < 100; ++i) {
    pair.inject(pair.server(), record(ContentType::Handshake, 1, std::string(48, 'x')));
    pair.inject(pair.server(), record(ContentType::Handshake, 1, std::string(5000, 'x')));
    pair.inject(pair.server(), record(ContentType::ApplicationData, 1, std::string(48, 'x')));
  }
  EXPECT_EQ(pair.server().transport.counters().early_overflow,
            300U - Transport::kMaxProtectedEarly - Transport::kMaxEarly);
}

TEST(DtlsHostile, DataThatNobodyPollsHasABound) {
  Pair pair;
  pair.connect();
  const std::string text(2000, 'x');
  for (int i = 0; i < 100; ++i) {
    const Datagram datagram = *Pair::protect(pair.client(), text);
    pair.server().transport.handle_datagram(pair.now(), datagram);
  }
  pair.collect();
  EXPECT_GE(pair.server().data.size(), Transport::kMaxUnread / 2048 - 1);
  EXPECT_LE(pair.server().data.size(), Transport::kMaxUnread / 2000);
  EXPECT_GT(pair.server().transport.counters().unread_overflow, 0U);
  pair.send(pair.client(), "there is room again");
  pair.run();
  EXPECT_EQ(pair.server().data.back(), "there is room again");
}

/// A handshake message's header, and as much of it as there is.
std::string message(char type, std::size_t length, char sequence, std::size_t offset,
                    std::size_t size, std::string_view bytes) {
  std::string out{type};
  const auto add24 = [&out](std::size_t number) {
    for (const int shift : {16, 8, 0}) out += static_cast<char>(number >> shift);
  };
  add24(length);
  out += '\0';
  out += sequence;
  add24(offset);
  add24(size);
  return out.append(bytes);
}

TEST(DtlsHostile, MessagesThatThePeerNeverSendsEndNothing) {
  const std::string padding(200, 'x');

  struct Case {
    const char* what;
    bool for_client;
    ContentType type;
    std::string fragment;
  };

  const std::vector<Case> cases{
      {"a ClientHello for a client", true, ContentType::Handshake,
       message(1, 9, 0, 0, 9, "123456789")},
      {"a ServerHello for a server", false, ContentType::Handshake, message(2, 1, 0, 0, 1, "x")},
      {"a key exchange of the wrong end", true, ContentType::Handshake,
       message(16, 1, 0, 0, 1, "x")},
      {"a HelloRequest", true, ContentType::Handshake, message(0, 0, 0, 0, 0, "")},
      {"a Finished that is not protected", true, ContentType::Handshake,
       message(20, 12, 0, 0, 12, "123456789abc")},
      {"no such message", false, ContentType::Handshake, message(99, 1, 0, 0, 1, "x")},
      {"16 MB, of which one byte is here", false, ContentType::Handshake,
       message(1, 0xFFFFFF, 0, 0, 1, "x")},
      {"beyond its message", true, ContentType::Handshake,
       message(2, 80, 0, 70, 20, padding.substr(0, 20))},
      {"beyond its record", true, ContentType::Handshake, message(2, 80, 0, 0, 80, "x")},
      {"a header cut short", false, ContentType::Handshake, "\1"},
      {"nothing", false, ContentType::Handshake, ""},
      {"a right one, and then a wrong one", true, ContentType::Handshake,
       message(14, 0, 9, 0, 0, "") + message(1, 1, 0, 0, 1, "x")},
      {"a ServerHelloDone that says something", true, ContentType::Handshake,
       message(14, 1, 0, 0, 1, "x")},
      {"a cookie too long", true, ContentType::Handshake, message(3, 259, 0, 0, 200, padding)},
      {"a change to nothing", true, ContentType::ChangeCipherSpec, "\2"},
      {"a change too long", false, ContentType::ChangeCipherSpec, "\1\1"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.what);
    Pair pair;
    pair.start();
    End& end = one.for_client ? pair.client() : pair.server();
    for (int i = 0; i < 4; ++i) {  // before every flight
      pair.inject(end, record(one.type, 0, one.fragment));
      pair.run(11ms);
    }
    pair.run();
    EXPECT_TRUE(pair.both_connected());
    EXPECT_GE(end.transport.counters().unexpected, 1U);
  }
}

TEST(DtlsHostile, AnotherFingerprintEndsAConnection) {
  Pair pair;
  pair.connect();
  pair.client().transport.set_remote_fingerprints(pair.now(),
                                                  {pair.server_identity().fingerprint()});
  EXPECT_TRUE(pair.client().transport.is_connected());
  pair.client().transport.set_remote_fingerprints(pair.now(),
                                                  {pair.client_identity().fingerprint()});
  pair.run();
  ASSERT_TRUE(pair.client().failure);
  EXPECT_EQ(pair.client().failure->why, Failed::Why::WrongCertificate);
}

TEST(DtlsHostile, ASecondHandshakeIsRefused) {
  Pair pair;
  pair.connect();
  const Datagram hello = pair.sent().front().second;
  pair.inject(pair.server(), hello);  // ClientHello in the clear
  pair.send(pair.client(), "still here");
  pair.run();
  EXPECT_THAT(pair.server().data, ElementsAre("still here"));
  EXPECT_EQ(pair.sent().size(), 5U);
}

}  // namespace
}  // namespace duet::dtls
