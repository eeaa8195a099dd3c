// SPDX-License-Identifier: MIT
// Tests of a TURN client against answers written by hand.
#include <duet/turn/channel_data.hpp>
#include <duet/turn/client.hpp>

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace duet::turn {
namespace {

using stun::AttributeType;
using stun::Class;
using stun::ErrorCode;
using stun::Method;
using Why = ClientEnded::Why;
using Next = ClientEnded::Next;
using Carrier = Client::Carrier;

Endpoint endpoint(std::string_view address, std::uint16_t port) {
  return {*IpAddress::parse(address), port};
}

const Endpoint kRelayed = endpoint("192.0.2.1", 50000);
const Endpoint kRelayedV6 = endpoint("2a00::7", 50002);
const Endpoint kMapped = endpoint("203.0.113.5", 4000);
const Endpoint kPeer = endpoint("8.8.8.8", 9000);
const std::string kNonce = stun::nonce_prefix({.password_algorithms = true}) + "1";

/// A client and the hand that answers it.
class Desk {
 public:
  using Fill = std::function<void(stun::Writer&)>;

  explicit Desk(ClientOptions options = {}, Carrier carrier = Carrier::Datagram,
                Credential credential = {"alice", "wonder"})
      : client{now, random, carrier, std::move(credential), options} {}

  /// The next request that was sent, kept in `request`.
  std::optional<stun::Message> next() {
    const auto bytes = client.poll_transmit();
    if (!bytes) return std::nullopt;
    request.assign(bytes->begin(), bytes->end());
    return *stun::Message::parse(request);
  }

  stun::Message expect(Method method) {
    const auto message = next();
    EXPECT_TRUE(message && message->type() == (stun::MessageType{Class::Request, method}));
    return *message;
  }

  std::vector<std::byte> answer(const stun::Message& to, Class klass, const Fill& fill,
                                std::string_view password = "wonder", bool sha256 = true) {
    std::array<std::byte, 2048> buffer{};
    stun::Writer writer{buffer, {klass, to.method()}, to.id()};
    if (fill) fill(writer);
    const stun::LongTermKey key{stun::PasswordAlgorithm::Sha256, "alice", "duet", password};
    if (!password.empty() && sha256) writer.add_integrity_sha256(key.bytes());
    if (!password.empty() && !sha256) writer.add_integrity_sha1(key.bytes());
    return {writer.finish().begin(), writer.finish().end()};
  }

  void succeed(const stun::Message& to, const Fill& fill = {}) {
    client.handle_server(now, answer(to, Class::Success, fill));
  }

  void refuse(const stun::Message& to, ErrorCode code, const Fill& fill = {},
              std::string_view password = "wonder") {
    client.handle_server(now, answer(
                                  to, Class::Error,
                                  [&](stun::Writer& w) {
                                    w.add_error(code);
                                    if (fill) fill(w);
                                  },
                                  password));
  }

  void challenge(const stun::Message& to, ErrorCode code = ErrorCode::Unauthenticated,
                 const std::string& nonce = kNonce) {
    refuse(
        to, code,
        [&](stun::Writer& w) {
          w.add(AttributeType::Realm, "duet");
          w.add(AttributeType::Nonce, nonce);
          w.add(AttributeType::PasswordAlgorithms, stun::kBothAlgorithms);
        },
        "");
  }

  static void add_allocation(stun::Writer& w, std::uint32_t lifetime = 600) {
    w.add_xor_address(AttributeType::XorRelayedAddress, kRelayed);
    w.add_xor_address(AttributeType::XorMappedAddress, kMapped);
    w.add_u32(AttributeType::Lifetime, lifetime);
  }

  void allocate(std::uint32_t lifetime = 600) {
    challenge(expect(Method::Allocate));
    succeed(expect(Method::Allocate), [&](stun::Writer& w) {
      add_allocation(w, lifetime);
      w.add(AttributeType::MobilityTicket, "ticket");
    });
    EXPECT_TRUE(event<Allocated>());
  }

  void permit() {
    EXPECT_TRUE(client.permit(now, kPeer.address));
    succeed(expect(Method::CreatePermission));
    EXPECT_EQ(event<Permitted>()->peer, kPeer.address);
  }

  std::uint16_t bind() {
    EXPECT_TRUE(client.bind(now, kPeer));
    succeed(expect(Method::ChannelBind));
    return event<ChannelBound>()->number;
  }

  /// Calls the client whenever it wants; requests meanwhile are lost.
  void wait(Duration duration) {
    const Instant end = now + duration;
    while (client.next_timeout() && *client.next_timeout() <= end) {
      now = std::max(now, *client.next_timeout());
      client.handle_timeout(now);
      while (next()) continue;
    }
    now = end;
  }

  /// Lets time pass up to the next request, for at most `limit`.
  std::optional<stun::Message> wait_for_request(Duration limit) {
    const Instant end = now + limit;
    while (client.next_timeout() && *client.next_timeout() <= end) {
      now = std::max(now, *client.next_timeout());
      client.handle_timeout(now);
      if (const auto message = next()) return message;
    }
    now = end;
    return std::nullopt;
  }

  /// The next event, which must be of this kind.
  template <class E>
  std::optional<E> event() {
    const auto event = client.poll_event();
    if (!event) return std::nullopt;
    const auto* is = std::get_if<E>(&*event);
    EXPECT_NE(is, nullptr) << "another event: " << event->index();
    return is == nullptr ? std::nullopt : std::optional{*is};
  }

  std::optional<Client::Received> data(const Endpoint& peer, std::string_view text,
                                       AttributeType extra = AttributeType::Software) {
    packet.assign(256, {});
    stun::Writer writer{packet, {Class::Indication, Method::Data}, {}};
    writer.add_xor_address(AttributeType::XorPeerAddress, peer);
    writer.add(extra, "abc");
    writer.add(AttributeType::Data, text);
    return client.handle_server(now, writer.finish());
  }

  std::optional<Client::Received> channel(std::uint16_t number, std::string_view text) {
    const auto head = channel_header(number, text.size());
    packet.assign(head.begin(), head.end());
    packet.insert(packet.end(), as_bytes(text).begin(), as_bytes(text).end());
    return client.handle_server(now, packet);
  }

  std::optional<std::vector<std::byte>> send(const Endpoint& peer, std::string_view text,
                                             bool dont_fragment = false) {
    const auto out = client.send(now, peer, as_bytes(text), dont_fragment);
    if (!out) return std::nullopt;
    std::vector<std::byte> bytes(out->head_view().begin(), out->head_view().end());
    bytes.insert(bytes.end(), out->payload.begin(), out->payload.end());
    bytes.resize(bytes.size() + out->padding);
    EXPECT_EQ(bytes.size(), out->size());
    return bytes;
  }

  SeededRandom random{11};
  Instant now{1000s};
  Client client;
  std::vector<std::byte> request;
  std::vector<std::byte> packet;
};

TEST(TurnClient, AsksAndAnswersTheChallenge) {
  Desk desk;
  const auto first = desk.expect(Method::Allocate);
  EXPECT_EQ(first.u32(AttributeType::RequestedTransport), 17u << 24);
  EXPECT_FALSE(first.has(AttributeType::Username));
  const auto first_id = first.id();
  desk.challenge(first);
  const auto second = desk.expect(Method::Allocate);
  EXPECT_NE(second.id(), first_id);
  EXPECT_EQ(second.text(AttributeType::Username), "alice");
  EXPECT_TRUE(second.has_integrity_sha256());
  desk.succeed(second, [](stun::Writer& w) { Desk::add_allocation(w); });
  const auto made = desk.event<Allocated>();
  ASSERT_TRUE(made);
  EXPECT_EQ(made->relayed_v4, kRelayed);
  EXPECT_EQ(made->relayed_v6, std::nullopt);
  EXPECT_EQ(made->mapped, kMapped);
  EXPECT_TRUE(desk.client.has_allocation());
}

TEST(TurnClient, AsksForWhatItWasTold) {  // RFC 8656 §7.1
  using Families = ClientOptions::Families;
  const auto asked = [](ClientOptions options, AttributeType type) {
    Desk desk{options};
    const auto value = desk.expect(Method::Allocate).find(type);
    return value ? std::optional{std::string{as_text(*value)}} : std::nullopt;
  };
  const std::string v4{"\1\0\0\0", 4};
  const std::string v6{"\2\0\0\0", 4};
  const auto requested = AttributeType::RequestedAddressFamily;
  const auto additional = AttributeType::AdditionalAddressFamily;
  EXPECT_EQ(asked({}, requested), std::nullopt);
  EXPECT_EQ(asked({.families = Families::V4}, requested), v4);
  EXPECT_EQ(asked({.families = Families::V6}, requested), v6);
  EXPECT_EQ(asked({.families = Families::Both}, requested), std::nullopt);
  EXPECT_EQ(asked({.families = Families::Both}, additional), v6);
  EXPECT_EQ(asked({.port = ClientOptions::Port::Even}, AttributeType::EvenPort),
            (std::string{"\0", 1}));
  EXPECT_EQ(asked({.port = ClientOptions::Port::EvenAndNext}, AttributeType::EvenPort), "\x80");
  EXPECT_EQ(asked({.lifetime = 900s}, AttributeType::Lifetime), (std::string{"\0\0\3\x84", 4}));
  EXPECT_EQ(asked({.mobility = true}, AttributeType::MobilityTicket), "");
  EXPECT_EQ(asked({.dont_fragment = true}, AttributeType::DontFragment), "");
  ClientOptions claim{.port = ClientOptions::Port::Even};
  claim.reservation_token.emplace();
  EXPECT_EQ(asked(claim, AttributeType::ReservationToken), (std::string(8, '\0')));
  EXPECT_EQ(asked(claim, AttributeType::EvenPort), std::nullopt);
}

TEST(TurnClient, RetransmitsOverUdpAndNotOverStreams) {
  for (const auto carrier : {Carrier::Datagram, Carrier::Stream}) {
    Desk desk{{}, carrier};
    int sends = desk.next().has_value();
    while (desk.wait_for_request(60s)) ++sends;
    EXPECT_EQ(sends, carrier == Carrier::Datagram ? 7 : 1);
    EXPECT_EQ(desk.now, Instant{1060s} + (carrier == Carrier::Datagram ? 31500ms : 0ms));
    const auto ended = desk.event<ClientEnded>();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->why, Why::TimedOut);
    EXPECT_EQ(ended->next, Next::AnotherCarrier);
    EXPECT_FALSE(desk.client.next_timeout());
  }
}

TEST(TurnClient, IgnoresAnswersThatTheServerDidNotSign) {  // RFC 8489 §9.2.5
  Desk desk;
  desk.challenge(desk.expect(Method::Allocate));
  const auto request = desk.expect(Method::Allocate);
  const auto fill = [](stun::Writer& w) { Desk::add_allocation(w); };
  for (const char* password : {"", "guess"}) {
    desk.client.handle_server(desk.now, desk.answer(request, Class::Success, fill, password));
    desk.refuse(request, ErrorCode::Forbidden, {}, password);
    desk.refuse(request, ErrorCode::BadRequest, {}, password);
  }
  // Asked with SHA-256, answered with less.
  desk.client.handle_server(desk.now, desk.answer(request, Class::Success, fill, "wonder", false));
  EXPECT_FALSE(desk.client.poll_event());
  desk.wait(60s);
  EXPECT_EQ(desk.event<ClientEnded>()->why, Why::Unprotected);
}

TEST(TurnClient, EndsAtOnceWhereAStreamBringsForgedAnswers) {
  Desk desk{{}, Carrier::Stream};
  desk.challenge(desk.expect(Method::Allocate));
  const auto request = desk.expect(Method::Allocate);
  desk.refuse(request, ErrorCode::BadRequest, {}, "");  // "as if it were never received"
  EXPECT_FALSE(desk.client.poll_event());
  desk.refuse(request, ErrorCode::Forbidden, {}, "guess");
  EXPECT_EQ(desk.event<ClientEnded>()->why, Why::Unprotected);
}

TEST(TurnClient, TakesNoAllocationThatNobodySigned) {
  Desk desk;
  const auto fill = [](stun::Writer& w) { Desk::add_allocation(w); };
  const auto request = desk.expect(Method::Allocate);
  desk.client.handle_server(desk.now, desk.answer(request, Class::Success, fill, ""));
  EXPECT_FALSE(desk.client.has_allocation());
  Desk open{{}, Carrier::Datagram, {}};
  const auto anonymous = open.expect(Method::Allocate);
  open.client.handle_server(open.now, open.answer(anonymous, Class::Success, fill, ""));
  EXPECT_TRUE(open.client.has_allocation());
}

TEST(TurnClient, NoticesAnOfferThatWasTakenOut) {
  Desk desk;
  desk.refuse(
      desk.expect(Method::Allocate), ErrorCode::Unauthenticated,
      [](stun::Writer& w) {
        w.add(AttributeType::Realm, "duet");
        w.add(AttributeType::Nonce, kNonce);
      },
      "");
  EXPECT_EQ(desk.event<ClientEnded>()->why, Why::BidDown);
  EXPECT_FALSE(desk.next());
}

TEST(TurnClient, EndsWithAServerThatIsNeverContent) {
  Desk desk;
  int requests = 0;
  while (const auto request = desk.next()) {
    ++requests;
    desk.challenge(*request, requests == 1 ? ErrorCode::Unauthenticated : ErrorCode::StaleNonce,
                   kNonce + std::to_string(requests));
  }
  EXPECT_EQ(requests, 5);
  const auto ended = desk.event<ClientEnded>();
  EXPECT_EQ(ended->code, ErrorCode::StaleNonce);
  EXPECT_EQ(ended->next, Next::Nothing);
}

TEST(TurnClient, EndsWithTheSecond401) {
  Desk desk;
  desk.challenge(desk.expect(Method::Allocate));
  desk.challenge(desk.expect(Method::Allocate));
  const auto ended = desk.event<ClientEnded>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->why, Why::Refused);
  EXPECT_EQ(ended->code, ErrorCode::Unauthenticated);
  EXPECT_EQ(ended->next, Next::Nothing);
}

TEST(TurnClient, SaysWhatMayBeTriedAfterARefusal) {  // RFC 8656 §7.4
  const std::pair<ErrorCode, Next> cases[] = {
      {ErrorCode::BadRequest, Next::Nothing},
      {ErrorCode::Forbidden, Next::Nothing},
      {ErrorCode::MobilityForbidden, Next::Nothing},
      {ErrorCode::UnknownAttribute, Next::Nothing},
      {ErrorCode::AllocationMismatch, Next::AnotherPort},
      {ErrorCode::AddressFamilyNotSupported, Next::Nothing},
      {ErrorCode::WrongCredentials, Next::Nothing},
      {ErrorCode::UnsupportedTransportProtocol, Next::Nothing},
      {ErrorCode::AllocationQuotaReached, Next::Wait},
      {ErrorCode::ServerError, Next::Wait},
      {ErrorCode::InsufficientCapacity, Next::Wait},
      {ErrorCode{699}, Next::Nothing},
      {ErrorCode::TryAlternate, Next::Nothing},  // that names none
  };
  for (const auto& [code, next] : cases) {
    Desk desk;
    desk.challenge(desk.expect(Method::Allocate));
    desk.refuse(desk.expect(Method::Allocate), code);
    const auto ended = desk.event<ClientEnded>();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->why, Why::Refused);
    EXPECT_EQ(ended->code, code);
    EXPECT_EQ(ended->next, next) << static_cast<int>(code);
    EXPECT_FALSE(desk.client.next_timeout());
  }
}

TEST(TurnClient, NamesTheAlternateServer) {  // RFC 8489 §10
  Desk desk;
  desk.refuse(
      desk.expect(Method::Allocate), ErrorCode::TryAlternate,
      [](stun::Writer& w) {
        w.add_address(AttributeType::AlternateServer, kRelayed);
        w.add(AttributeType::AlternateDomain, "turn.example.org");
      },
      "");
  const auto ended = desk.event<ClientEnded>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->next, Next::Alternate);
  EXPECT_EQ(ended->alternate, kRelayed);
  EXPECT_EQ(ended->alternate_domain, "turn.example.org");
}

TEST(TurnClient, DoesWithoutDontFragmentWhereItIsUnknown) {  // RFC 8656 §7.4
  Desk desk{{.dont_fragment = true}};
  desk.challenge(desk.expect(Method::Allocate));
  const auto with = desk.expect(Method::Allocate);
  EXPECT_TRUE(with.has(AttributeType::DontFragment));
  const auto unknown = [](std::string_view list) {
    return [list](stun::Writer& w) { w.add(AttributeType::UnknownAttributes, list); };
  };
  desk.refuse(with, ErrorCode::UnknownAttribute, unknown({"\x80\x01\0\x1a", 4}));
  const auto without = desk.expect(Method::Allocate);
  EXPECT_FALSE(without.has(AttributeType::DontFragment));
  desk.refuse(without, ErrorCode::UnknownAttribute, unknown({"\0\x1a", 2}));
  EXPECT_EQ(desk.event<ClientEnded>()->code, ErrorCode::UnknownAttribute);
}

TEST(TurnClient, GivesBackAnAllocationThatMakesNoSense) {  // RFC 8656 §7.3
  const Desk::Fill fills[] = {
      [](stun::Writer& w) { w.add_xor_address(AttributeType::XorRelayedAddress, kRelayed); },
      [](stun::Writer& w) { w.add_xor_address(AttributeType::XorMappedAddress, kMapped); },
      [](stun::Writer& w) {
        w.add_xor_address(AttributeType::XorRelayedAddress, kRelayed);
        w.add_xor_address(AttributeType::XorRelayedAddress, kRelayedV6);
        w.add_xor_address(AttributeType::XorMappedAddress, kMapped);
      },
      [](stun::Writer& w) {
        w.add_xor_address(AttributeType::XorRelayedAddress, endpoint("192.0.2.1", 0));
        w.add_xor_address(AttributeType::XorMappedAddress, kMapped);
      },
  };
  for (const auto& fill : fills) {
    Desk desk{{.families = ClientOptions::Families::V4}};
    desk.challenge(desk.expect(Method::Allocate));
    desk.succeed(desk.expect(Method::Allocate), fill);
    const auto release = desk.expect(Method::Refresh);
    EXPECT_EQ(release.u32(AttributeType::Lifetime), 0u);
    desk.succeed(release);
    EXPECT_EQ(desk.event<ClientEnded>()->why, Why::Malformed);
  }
}

TEST(TurnClient, FailsWhereAnAnswerHasWhatItDoesNotKnow) {  // RFC 8489 §6.3.3
  Desk desk;
  desk.challenge(desk.expect(Method::Allocate));
  desk.succeed(desk.expect(Method::Allocate), [](stun::Writer& w) {
    Desk::add_allocation(w);
    w.add_u32(AttributeType{0x7123}, 0);
  });
  EXPECT_EQ(desk.event<ClientEnded>()->why, Why::Malformed);
}

TEST(TurnClient, TellsBothFamiliesAndWhatIsLacking) {
  Desk desk{{.families = ClientOptions::Families::Both}};
  desk.challenge(desk.expect(Method::Allocate));
  desk.succeed(desk.expect(Method::Allocate), [](stun::Writer& w) {
    Desk::add_allocation(w);
    w.add_xor_address(AttributeType::XorRelayedAddress, kRelayedV6);
    w.add(AttributeType::ReservationToken, "12345678");
    w.add_u32(AttributeType::AddressErrorCode, 0x02000508);
  });
  const auto made = desk.event<Allocated>();
  ASSERT_TRUE(made);
  EXPECT_EQ(made->relayed_v4, kRelayed);
  EXPECT_EQ(made->relayed_v6, kRelayedV6);
  EXPECT_EQ(made->lacking, ErrorCode::InsufficientCapacity);
  EXPECT_EQ(as_text(*made->next_port), "12345678");
}

TEST(TurnClient, RefreshesAMinuteAheadOrHalfway) {  // RFC 8656 §8
  const std::pair<std::uint32_t, Duration> cases[] = {
      {600, 540s}, {3600, 3540s}, {121, 61s}, {120, 60s}, {60, 30s}, {10, 5s}, {6, 5s}};
  for (const auto& [lifetime, at] : cases) {
    Desk desk;
    desk.allocate(lifetime);
    const Instant begin = desk.now;
    const auto refresh = desk.wait_for_request(1h);
    ASSERT_TRUE(refresh) << lifetime;
    EXPECT_EQ(refresh->method(), Method::Refresh);
    EXPECT_EQ(desk.now - begin, at) << lifetime;
    desk.succeed(*refresh, [](stun::Writer& w) { w.add_u32(AttributeType::Lifetime, 600); });
    EXPECT_TRUE(desk.wait_for_request(540s));
    EXPECT_EQ(desk.now - begin, at + 540s);
  }
}

TEST(TurnClient, IsNotDrivenRoundByShortLifetimes) {
  for (const std::uint32_t lifetime : {0u, 1u, 5u}) {
    Desk desk;
    desk.allocate(lifetime);
    EXPECT_FALSE(desk.wait_for_request(1h));
    EXPECT_EQ(desk.event<ClientEnded>()->why, Why::Lost);
  }
}

TEST(TurnClient, TriesToRefreshUntilTheEnd) {
  Desk desk;
  desk.allocate();
  int tries = 0;
  while (const auto refresh = desk.wait_for_request(1h)) {
    ++tries;
    desk.refuse(*refresh, ErrorCode::ServerError);
  }
  EXPECT_GE(tries, 4);  // after 60, 30, 15, 7.5 and 5 s
  EXPECT_LE(tries, 6);
  const auto ended = desk.event<ClientEnded>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->why, Why::Lost);
  EXPECT_EQ(ended->next, Next::Again);
}

TEST(TurnClient, WaitsForAnotherCredentialOnceTheOldOneIsRefused) {
  Desk desk;
  desk.allocate();
  desk.challenge(*desk.wait_for_request(540s));  // 401, although signed
  EXPECT_FALSE(desk.wait_for_request(30s));
  desk.client.set_credential(desk.now, {"alice2", "wonder"});
  desk.challenge(desk.expect(Method::Refresh));
  EXPECT_EQ(desk.expect(Method::Refresh).text(AttributeType::Username), "alice2");
  EXPECT_TRUE(desk.client.has_allocation());
}

TEST(TurnClient, KeepsTheNameOfItsAllocationWhileTheServerTakesIt) {  // RFC 8656 §5
  Desk desk;
  desk.allocate();
  desk.client.set_credential(desk.now, {"alice2", "wonder"});
  EXPECT_FALSE(desk.next());
  const auto refresh = desk.wait_for_request(540s);
  EXPECT_EQ(refresh->text(AttributeType::Username), "alice");
  desk.challenge(*refresh);
  EXPECT_EQ(desk.expect(Method::Refresh).text(AttributeType::Username), "alice2");
}

TEST(TurnClient, EndsWhereTheServerKnowsNothing) {  // RFC 8656 §8.3
  Desk desk;
  desk.allocate();
  desk.refuse(*desk.wait_for_request(540s), ErrorCode::AllocationMismatch);
  const auto ended = desk.event<ClientEnded>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->why, Why::Lost);
  EXPECT_EQ(ended->next, Next::Again);
  EXPECT_FALSE(desk.client.permit(desk.now, kPeer.address));
  EXPECT_FALSE(desk.client.bind(desk.now, kPeer));
  EXPECT_FALSE(desk.send(kPeer, "x"));
}

TEST(TurnClient, TakesANewNonceAtAnyTime) {
  Desk desk;
  desk.allocate();
  desk.client.permit(desk.now, kPeer.address);
  desk.challenge(desk.expect(Method::CreatePermission), ErrorCode::StaleNonce, kNonce + "2");
  const auto again = desk.expect(Method::CreatePermission);
  EXPECT_EQ(again.text(AttributeType::Nonce), kNonce + "2");
  desk.succeed(again);
  EXPECT_TRUE(desk.event<Permitted>());
}

TEST(TurnClient, KeepsPermissionsEveryFourMinutes) {
  Desk desk;
  EXPECT_TRUE(desk.client.permit(desk.now, kPeer.address));  // waits for the allocation
  desk.allocate(3600);
  const auto first = desk.expect(Method::CreatePermission);
  EXPECT_EQ(stun::find_xor_address(first, AttributeType::XorPeerAddress)->address, kPeer.address);
  EXPECT_FALSE(desk.send(kPeer, "too early"));
  desk.succeed(first);
  EXPECT_TRUE(desk.event<Permitted>());
  const Instant begin = desk.now;
  for (int i = 1; i <= 5; ++i) {
    const auto refresh = desk.wait_for_request(1h);
    EXPECT_EQ(refresh->method(), Method::CreatePermission);
    EXPECT_EQ(desk.now - begin, i * 240s);
    desk.succeed(*refresh);
    EXPECT_TRUE(desk.send(kPeer, "x"));
  }
  EXPECT_FALSE(desk.client.poll_event());
  desk.client.forget(kPeer.address);
  EXPECT_FALSE(desk.send(kPeer, "x"));
  EXPECT_EQ(desk.wait_for_request(1h)->method(), Method::Refresh);
}

TEST(TurnClient, StopsSendingWhereAPermissionCouldNotBeKept) {
  Desk desk;
  desk.allocate(3600);
  desk.permit();
  desk.wait(299s);
  EXPECT_TRUE(desk.send(kPeer, "x"));
  desk.wait(1s);
  EXPECT_FALSE(desk.send(kPeer, "x"));
  desk.succeed(*desk.wait_for_request(60s));  // still asking
  EXPECT_TRUE(desk.event<Permitted>());
  EXPECT_TRUE(desk.send(kPeer, "x"));
}

TEST(TurnClient, SaysWhichPermissionIsRefused) {
  Desk desk;
  desk.allocate();
  desk.client.permit(desk.now, kPeer.address);
  desk.refuse(desk.expect(Method::CreatePermission), ErrorCode::Forbidden);
  const auto refused = desk.event<PermissionRefused>();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->peer, kPeer.address);
  EXPECT_EQ(refused->code, ErrorCode::Forbidden);
  EXPECT_TRUE(desk.client.has_allocation());
  desk.client.permit(desk.now, kPeer.address);
  desk.wait(40s);
  EXPECT_EQ(desk.event<PermissionRefused>()->code, std::nullopt);
}

TEST(TurnClient, SendsIndicationsUntilThereIsAChannel) {
  Desk desk;
  desk.allocate();
  EXPECT_FALSE(desk.send(kPeer, "x"));
  desk.permit();
  const auto bytes = desk.send(kPeer, "hello");
  ASSERT_TRUE(bytes);
  const auto message = stun::Message::parse(*bytes);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->type(), (stun::MessageType{Class::Indication, Method::Send}));
  EXPECT_EQ(stun::find_xor_address(*message, AttributeType::XorPeerAddress), kPeer);
  EXPECT_EQ(message->text(AttributeType::Data), "hello");
  EXPECT_EQ(desk.bind(), 0x4000);
  EXPECT_EQ(as_text(*desk.send(kPeer, "hello")), (std::string_view{"\x40\0\0\5hello", 9}));
  // Another port of that address has the permission alone.
  EXPECT_TRUE(stun::Message::parse(*desk.send(endpoint("8.8.8.8", 1), "x")));
}

TEST(TurnClient, AsksForDontFragmentInIndications) {
  Desk desk{{.dont_fragment = true}};
  desk.allocate();
  desk.bind();
  const auto bytes = desk.send(kPeer, "hello", true);
  const auto message = stun::Message::parse(*bytes);
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->has(AttributeType::DontFragment));
  EXPECT_EQ(message->text(AttributeType::Data), "hello");
}

TEST(TurnClient, PadsChannelDataOverStreams) {  // RFC 8656 §12.5
  Desk desk{{}, Carrier::Stream};
  desk.allocate();
  desk.bind();
  EXPECT_EQ(as_text(*desk.send(kPeer, "hello")), (std::string_view{"\x40\0\0\5hello\0\0\0", 12}));
}

TEST(TurnClient, SendsNothingThatNoMessageCouldCarry) {
  Desk desk;
  desk.allocate();
  desk.permit();
  EXPECT_TRUE(desk.send(kPeer, std::string(kMaxIndicationPayload, 'x')));
  EXPECT_FALSE(desk.send(kPeer, std::string(kMaxIndicationPayload + 1, 'x')));
  desk.bind();
  EXPECT_TRUE(desk.send(kPeer, std::string(65535, 'x')));
  EXPECT_FALSE(desk.send(kPeer, std::string(65536, 'x')));
}

TEST(TurnClient, KeepsChannelsBeforeTheirPermissionEnds) {
  Desk desk;
  desk.allocate(3600);
  desk.permit();
  desk.bind();
  const Instant begin = desk.now;
  for (int i = 1; i <= 5; ++i) {
    const auto rebind = desk.wait_for_request(1h);
    EXPECT_EQ(rebind->method(), Method::ChannelBind);  // and no CreatePermission beside
    EXPECT_EQ(desk.now - begin, i * 240s);
    desk.succeed(*rebind);
    EXPECT_EQ(as_text(*desk.send(kPeer, "x")), (std::string_view{"\x40\0\0\1x", 5}));
  }
  EXPECT_FALSE(desk.client.poll_event());
}

TEST(TurnClient, FallsBackToIndicationsWhereAChannelIsRefused) {
  Desk desk;
  desk.allocate();
  desk.client.bind(desk.now, kPeer);
  desk.refuse(desk.expect(Method::ChannelBind), ErrorCode::InsufficientCapacity);
  EXPECT_EQ(desk.event<ChannelRefused>()->code, ErrorCode::InsufficientCapacity);
  desk.succeed(desk.expect(Method::CreatePermission));
  EXPECT_TRUE(desk.event<Permitted>());
  EXPECT_TRUE(stun::Message::parse(*desk.send(kPeer, "x")));
}

TEST(TurnClient, GivesANumberToOnePeerOnly) {  // RFC 8656 §12
  Desk desk;
  desk.allocate();
  EXPECT_EQ(desk.bind(), 0x4000);
  desk.client.forget(kPeer.address);
  EXPECT_FALSE(desk.channel(0x4000, "late"));
  desk.client.bind(desk.now, endpoint("9.9.9.9", 1));
  EXPECT_EQ(desk.expect(Method::ChannelBind).u32(AttributeType::ChannelNumber), 0x40010000u);
  EXPECT_EQ(desk.bind(), 0x4000);  // the same peer gets its number again
}

TEST(TurnClient, KnowsItsBounds) {
  Desk desk;
  desk.allocate(36000);
  const auto peer = [](unsigned i) {
    return Endpoint{
        IpAddress::v4({9, 9, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)}), 1};
  };
  for (unsigned i = 0; i < 128; ++i) ASSERT_TRUE(desk.client.bind(desk.now, peer(i)));
  EXPECT_FALSE(desk.client.bind(desk.now, peer(128)));
  EXPECT_FALSE(desk.client.permit(desk.now, peer(128).address));
  desk.client.forget(peer(0).address);
  EXPECT_TRUE(desk.client.permit(desk.now, peer(128).address));
  // A channel's place is free again when number and peer have rested (RFC 8656 §12).
  desk.client.forget(peer(128).address);
  desk.wait(899s);
  EXPECT_FALSE(desk.client.bind(desk.now, peer(128)));
  desk.wait(1s);
  EXPECT_TRUE(desk.client.bind(desk.now, peer(128)));
  // Numbers end with 0x4FFF.
  Desk other;
  unsigned bound = 0;
  while (other.client.bind(other.now, peer(bound))) other.client.forget(peer(bound++).address);
  EXPECT_EQ(bound, 0x1000u);
}

TEST(TurnClient, DeliversWhatPeersSend) {
  Desk desk;
  desk.allocate();
  EXPECT_FALSE(desk.data(kPeer, "of a stranger"));
  desk.permit();
  const auto data = desk.data(kPeer, "hello");
  ASSERT_TRUE(data);
  EXPECT_EQ(data->peer, kPeer);
  EXPECT_EQ(as_text(data->payload), "hello");
  EXPECT_FALSE(data->icmp);
  EXPECT_FALSE(desk.data(endpoint("9.9.9.9", 9000), "of a stranger"));
  EXPECT_FALSE(desk.data(kPeer, "x", AttributeType{0x7123}));
  EXPECT_TRUE(desk.data(kPeer, "x", AttributeType{0x8123}));
}

TEST(TurnClient, DeliversWhatComesOverItsChannels) {
  Desk desk;
  desk.allocate();
  EXPECT_FALSE(desk.channel(0x4000, "not bound"));
  desk.client.bind(desk.now, kPeer);
  // RFC 8656 §12: as soon as it was asked for, since packets overtake each other.
  EXPECT_TRUE(desk.channel(0x4000, "early"));
  desk.succeed(desk.expect(Method::ChannelBind));
  const auto data = desk.channel(0x4000, "hello");
  ASSERT_TRUE(data);
  EXPECT_EQ(data->peer, kPeer);
  EXPECT_EQ(as_text(data->payload), "hello");
  EXPECT_TRUE(desk.channel(0x4000, ""));
  EXPECT_FALSE(desk.channel(0x4001, "x"));
  EXPECT_FALSE(desk.channel(0x7FFF, "x"));
  EXPECT_FALSE(desk.channel(0xFFFF, "x"));
  desk.packet = {std::byte{0x40}, std::byte{0}, std::byte{0}, std::byte{2}, std::byte{'x'}};
  EXPECT_FALSE(desk.client.handle_server(desk.now, desk.packet));
}

TEST(TurnClient, TellsWhatTheNetworkSaid) {  // RFC 8656 §11.6
  Desk desk;
  desk.allocate();
  desk.permit();
  std::array<std::byte, 128> buffer{};
  stun::Writer writer{buffer, {Class::Indication, Method::Data}, {}};
  writer.add_xor_address(AttributeType::XorPeerAddress, kPeer);
  writer.add(AttributeType::Icmp, std::string_view{"\0\0\3\4\0\0\5\xdc", 8});
  const auto said = desk.client.handle_server(desk.now, writer.finish());
  ASSERT_TRUE(said && said->icmp);
  EXPECT_EQ(said->icmp->type, 3);
  EXPECT_EQ(said->icmp->code, 4);
  EXPECT_EQ(said->icmp->data, 1500u);
}

TEST(TurnClient, IgnoresEverythingElse) {
  Desk desk;
  desk.allocate();
  desk.permit();
  std::array<std::byte, 128> buffer{};
  for (const auto type : {stun::MessageType{Class::Request, Method::Binding},
                          stun::MessageType{Class::Indication, Method::Send},
                          stun::MessageType{Class::Indication, Method::Data},
                          stun::MessageType{Class::Success, Method::Refresh}}) {
    stun::Writer writer{buffer, type, {}};
    EXPECT_FALSE(desk.client.handle_server(desk.now, writer.finish()));
  }
  for (const std::string_view bytes : {"", "\x16\x03\x01", "\x80zzzzzzzzzzzzzzzzzzzzz"}) {
    EXPECT_FALSE(desk.client.handle_server(desk.now, as_bytes(bytes)));
  }
  EXPECT_FALSE(desk.next());
  EXPECT_FALSE(desk.client.poll_event());
}

TEST(TurnClient, GivesTheAllocationBack) {
  for (const int how : {0, 1, 2}) {
    Desk desk;
    desk.allocate();
    desk.permit();
    desk.client.release(desk.now);
    EXPECT_FALSE(desk.send(kPeer, "x"));
    const auto release = desk.expect(Method::Refresh);
    EXPECT_EQ(release.u32(AttributeType::Lifetime), 0u);
    if (how == 0) desk.succeed(release);
    if (how == 1) desk.refuse(release, ErrorCode::AllocationMismatch);  // RFC 8656 §8.3
    desk.wait(40s);
    EXPECT_EQ(desk.event<ClientEnded>()->why, Why::Released);
    EXPECT_FALSE(desk.client.next_timeout());
  }
}

TEST(TurnClient, GivesBackWhatItWasStillAskingFor) {
  Desk before;
  before.client.release(before.now);
  EXPECT_EQ(before.event<ClientEnded>()->why, Why::Released);
  Desk desk;
  desk.challenge(desk.expect(Method::Allocate));
  const auto request = desk.expect(Method::Allocate);
  desk.client.release(desk.now);
  EXPECT_FALSE(desk.client.poll_event());
  desk.succeed(request, [](stun::Writer& w) { Desk::add_allocation(w); });
  desk.succeed(desk.expect(Method::Refresh));
  EXPECT_EQ(desk.event<ClientEnded>()->why, Why::Released);
}

TEST(TurnClient, TakesAMobileAllocationToAnotherPath) {  // RFC 8016 §3.2
  Desk desk{{.mobility = true}};
  desk.allocate();
  desk.permit();
  desk.client.bind(desk.now, kPeer);
  desk.expect(Method::ChannelBind);
  desk.client.change_path(desk.now, Carrier::Stream);
  EXPECT_FALSE(desk.send(kPeer, "x"));
  const auto move = desk.expect(Method::Refresh);
  EXPECT_EQ(move.text(AttributeType::MobilityTicket), "ticket");
  EXPECT_NE(move.u32(AttributeType::Lifetime), 0u);
  desk.succeed(move, [](stun::Writer& w) {
    w.add_u32(AttributeType::Lifetime, 600);
    w.add(AttributeType::MobilityTicket, "another");
  });
  EXPECT_TRUE(desk.event<Moved>());
  EXPECT_TRUE(desk.send(kPeer, "x"));
  desk.succeed(desk.expect(Method::ChannelBind));  // asked for again
  EXPECT_TRUE(desk.event<ChannelBound>());
  EXPECT_EQ(as_text(*desk.send(kPeer, "x")), (std::string_view{"\x40\0\0\1x\0\0\0", 8}));
  desk.client.change_path(desk.now, Carrier::Datagram);
  const auto next = desk.expect(Method::Refresh);
  EXPECT_EQ(next.text(AttributeType::MobilityTicket), "another");
  desk.refuse(next, ErrorCode::BadRequest);
  const auto ended = desk.event<ClientEnded>();
  EXPECT_EQ(ended->why, Why::Refused);
  EXPECT_EQ(ended->next, Next::Again);
}

TEST(TurnClient, LosesAnyOtherAllocationWithItsPath) {
  Desk desk;
  desk.allocate();
  desk.client.change_path(desk.now, Carrier::Datagram);
  EXPECT_EQ(desk.event<ClientEnded>()->why, Why::Lost);
  Desk early;
  early.expect(Method::Allocate);
  early.client.change_path(early.now, Carrier::Datagram);
  early.expect(Method::Allocate);  // there was nothing to lose
}

TEST(TurnClient, GivesBackOverAnotherPathAsWell) {
  Desk desk{{.mobility = true}};
  desk.allocate();
  desk.client.change_path(desk.now, Carrier::Datagram);
  desk.client.release(desk.now);
  while (const auto request = desk.next()) {
    if (request->u32(AttributeType::Lifetime) != 0u) continue;
    EXPECT_EQ(request->text(AttributeType::MobilityTicket), "ticket");
    desk.succeed(*request);
  }
  EXPECT_EQ(desk.event<ClientEnded>()->why, Why::Released);
}

}  // namespace
}  // namespace duet::turn
