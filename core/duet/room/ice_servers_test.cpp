// SPDX-License-Identifier: MIT
// Which servers a member is told of, when, and for how long.
#include <duet/room/ice_servers.hpp>
#include <duet/room/test_room.hpp>
#include <duet/turn/credentials.hpp>

#include <boost/json.hpp>
#include <gmock/gmock.h>

#include <set>

namespace duet::room {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

constexpr std::chrono::sys_seconds kStart{1'700'000'000s};
constexpr std::string_view kEvent = R"(["ice servers",)";

IceConfig config(IceConfig::Own own = IceConfig::Own::WithTls) {
  return {.own = own, .secret = "a secret", .lifetime = 1h, .unix_time = kStart};
}

stun::Uri uri(std::string_view text) { return *stun::Uri::parse(text); }

/// The array of an `ice servers` event.
boost::json::array servers_in(const std::string& event) {
  EXPECT_THAT(event, StartsWith(std::string{kEvent}));
  const boost::json::value whole = boost::json::parse(event);
  return whole.as_array().at(1).as_array();
}

std::vector<std::string> urls_of(const boost::json::value& server) {
  std::vector<std::string> urls;
  for (const auto& url : server.at("urls").as_array()) urls.emplace_back(url.as_string());
  return urls;
}

std::string username_of(const boost::json::value& server) {
  return std::string{server.at("username").as_string()};
}

std::string user_in(const std::string& event) {
  return std::string{turn::Credentials::user_of(username_of(servers_in(event).at(0)))};
}

/// The Unix seconds at which the credential of the event ends.
std::chrono::sys_seconds expiry_in(const std::string& event) {
  return std::chrono::sys_seconds{
      std::chrono::seconds{std::stoll(username_of(servers_in(event).at(0)))}};
}

struct Relayed : TestRoom {
  explicit Relayed(IceConfig ice = config()) : TestRoom{{}, std::move(ice)} {}

  SocketId connect(std::string_view authority = "duet.example.org:2022") {
    return TestRoom::connect(IpAddress::v4({192, 0, 2, 1}),
                             std::make_shared<const Authority>(*Authority::parse(authority, 1)));
  }

  /// What was heard of servers; everything else is forgotten.
  std::vector<std::string> told(SocketId socket) {
    std::vector<std::string> out = heard(socket);
    std::erase_if(out, [](const std::string& text) { return !text.starts_with(kEvent); });
    return out;
  }
};

std::vector<std::string> names(const std::vector<std::string>& heard) {
  std::vector<std::string> out;
  for (const std::string& text : heard) out.push_back(text.substr(0, text.find_first_of(",:(]")));
  return out;
}

TEST(IceServers, NameThisServerAsTheClientDoes) {
  Relayed room;
  const SocketId alice = room.connect("[2001:db8::7]:8443");
  room.join(alice, R"("r")");
  const auto servers = servers_in(room.told(alice).at(0));
  ASSERT_THAT(servers, SizeIs(1));
  EXPECT_THAT(urls_of(servers[0]),
              ElementsAre("stun:[2001:db8::7]:8443", "turn:[2001:db8::7]:8443?transport=udp",
                          "turn:[2001:db8::7]:8443?transport=tcp",
                          "turns:[2001:db8::7]:8443?transport=tcp"));
}

TEST(IceServers, OfferTlsOnlyWhereItIsSpoken) {
  Relayed room{config(IceConfig::Own::Plain)};
  const SocketId alice = room.connect();
  room.join(alice, R"("r")");
  EXPECT_THAT(urls_of(servers_in(room.told(alice).at(0)).at(0)),
              ElementsAre("stun:duet.example.org:2022", "turn:duet.example.org:2022?transport=udp",
                          "turn:duet.example.org:2022?transport=tcp"));
}

TEST(IceServers, CarryACredentialThatTheRelayTakes) {
  Relayed room;
  room.now += 90s;
  const SocketId alice = room.connect();
  room.join(alice, R"("r")");
  const auto servers = servers_in(room.told(alice).at(0));
  const auto expiry = kStart + 90s + 1h;
  const std::string username = username_of(servers.at(0));
  EXPECT_THAT(username, StartsWith(std::to_string(expiry.time_since_epoch().count()) + ":"));
  const turn::Credentials relay{"realm", {}, {"another", "a secret"}};
  EXPECT_THAT(relay.passwords(username, expiry - 1s),
              testing::Contains(std::string{servers.at(0).at("credential").as_string()}));
  EXPECT_THAT(relay.passwords(username, expiry), IsEmpty());
}

TEST(IceServers, AddThoseOfOthers) {
  IceConfig ice = config();
  ice.others = {uri("turn:a.example.org"), uri("stun:b.example.org"),
                uri("turns:c.example.org:443"), uri("stuns:d.example.org")};
  Relayed room{ice};
  const SocketId alice = room.connect();
  room.join(alice, R"("r")");
  const auto servers = servers_in(room.told(alice).at(0));
  ASSERT_THAT(servers, SizeIs(3));
  EXPECT_THAT(urls_of(servers[1]), ElementsAre("turn:a.example.org:3478?transport=udp",
                                               "turns:c.example.org:443?transport=tcp"));
  EXPECT_EQ(servers[1].at("username"), servers[0].at("username"));
  EXPECT_EQ(servers[1].at("credential"), servers[0].at("credential"));
  EXPECT_THAT(urls_of(servers[2]),
              ElementsAre("stun:b.example.org:3478", "stuns:d.example.org:5349"));
  EXPECT_FALSE(servers[2].as_object().contains("username")) << "a secret is nothing to show around";
}

TEST(IceServers, OfOthersAloneAreToldToo) {
  IceConfig ice = config(IceConfig::Own::None);
  ice.others = {uri("stun:b.example.org")};
  Relayed room{ice};
  const SocketId alice = room.connect();
  room.join(alice, R"("r")");
  EXPECT_THAT(room.told(alice),
              ElementsAre(R"(["ice servers",[{"urls":["stun:b.example.org:3478"]}]])"));
}

TEST(IceServers, AreNotToldWhereThereAreNone) {
  Relayed off{config(IceConfig::Own::None)};
  const SocketId alice = off.connect();
  off.join(alice, R"("r")", 1);
  EXPECT_THAT(off.told(alice), IsEmpty());

  TestRoom unknown{{}, config()};  // nobody knows how this client reaches us
  const SocketId bob = unknown.connect();
  unknown.join(bob, R"("r")", 1);
  EXPECT_THAT(names(unknown.heard(bob)),
              ElementsAre("[\"log\"", "[\"log\"", "[\"created\"", "[\"emit", "ack 1 [{\"ok\""));
  EXPECT_EQ(unknown.signaling.next_timeout(), std::nullopt);
}

TEST(IceServers, ComeBetweenTheLogsAndTheAnswer) {
  Relayed room;
  const SocketId alice = room.connect();
  room.join(alice, R"("r")");
  EXPECT_THAT(names(room.heard(alice)),
              ElementsAre("[\"log\"", "[\"log\"", "[\"ice servers\"", "[\"created\"", "[\"emit"));
  const SocketId bob = room.connect();
  room.join(bob, R"("r")", 7);
  EXPECT_THAT(names(room.heard(bob)), ElementsAre("[\"log\"", "[\"log\"", "[\"ice servers\"",
                                                  "[\"joined\"", "[\"emit", "ack 7 [{\"ok\""));
  EXPECT_THAT(room.told(alice), IsEmpty()) << "Bob's are for Bob";
  room.join(bob, R"("r")");
  EXPECT_THAT(names(room.heard(bob)),
              ElementsAre("[\"log\"", "[\"log\"", "[\"ice servers\"", "[\"joined\""));
}

TEST(IceServers, AreForWhoSits) {
  Relayed room;
  const SocketId alice = room.connect();
  room.say(alice, "message", "1");
  room.join(alice, "\"\"", 1);
  EXPECT_THAT(room.told(alice), IsEmpty());
  room.join(alice, R"("r")");
  room.join(room.connect(), R"("r")");
  const SocketId carol = room.connect();
  room.join(carol, R"("r")", 2);
  EXPECT_THAT(room.told(carol), IsEmpty()) << "the room is full";
  room.drain();
  room.join(carol, R"("another")", 3);
  EXPECT_THAT(room.told(carol), IsEmpty()) << "no new seat while draining";
}

TEST(IceServers, ComeAnewAtHalfTheirLife) {
  Relayed room;
  const SocketId alice = room.connect();
  room.join(alice, R"("r")");
  const std::string first = room.told(alice).at(0);
  EXPECT_EQ(room.signaling.next_timeout(), room.now + 30min);
  room.advance(30min - 1us);
  EXPECT_THAT(room.heard(alice), IsEmpty());
  room.advance(1us);
  const auto second = room.heard(alice);
  ASSERT_THAT(second, SizeIs(1)) << "and nothing else";
  EXPECT_EQ(expiry_in(second[0]), kStart + 90min);
  EXPECT_EQ(user_in(second[0]), user_in(first)) << "one user for a quota";
  for (int i = 0; i < 5; ++i) {
    room.advance(30min);
    EXPECT_THAT(room.told(alice), SizeIs(1));
  }
}

TEST(IceServers, ComeAnewAlsoWhileDraining) {
  Relayed room;
  const SocketId alice = room.connect();
  room.join(alice, R"("r")");
  room.drain();
  room.forget();
  room.advance(30min);
  EXPECT_THAT(room.told(alice), SizeIs(1));
}

TEST(IceServers, StopWithTheSeat) {
  Relayed room;
  const SocketId alice = room.connect();
  const SocketId bob = room.connect();
  room.join(alice, R"("r")");
  room.join(bob, R"("s")", 1);
  room.forget();
  room.say(alice, "leave");
  room.disconnect(bob);
  room.advance(30min);
  EXPECT_THAT(room.told(alice), IsEmpty());
  EXPECT_THAT(room.told(bob), IsEmpty());
  EXPECT_EQ(room.signaling.next_timeout(), std::nullopt);
}

TEST(IceServers, FollowATakenOverSeat) {
  Relayed room;
  const SocketId old = room.connect();
  room.join(old, R"("r")", 1);
  const auto heard = room.heard(old);
  const std::string token = Relayed::token_in(heard.back());
  room.advance(10min);
  const SocketId fresh = room.connect("other.example.org:443");
  room.join(fresh, R"("r",{"token":")" + token + "\"}", 1);
  const auto told = room.told(fresh);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(expiry_in(told[0]), kStart + 70min);
  EXPECT_EQ(user_in(told[0]), user_in(heard.at(2))) << "the seat is the same";
  EXPECT_THAT(told[0], HasSubstr("stun:other.example.org:443"));
  EXPECT_THAT(room.told(old), IsEmpty());
  room.advance(20min);
  EXPECT_THAT(room.told(old), IsEmpty()) << "it sits nowhere";
  EXPECT_THAT(room.told(fresh), IsEmpty()) << "too early";
  room.advance(10min);
  EXPECT_THAT(room.told(fresh), SizeIs(1));
}

TEST(IceServers, OfAMemberThatSitsDownAgainAndAgainWaitInOneQueueEntry) {
  Relayed room;
  const SocketId alice = room.connect();
  for (int i = 0; i < 100; ++i) {
    room.join(alice, "\"room " + std::to_string(i) + "\"");
    room.advance(1s);
  }
  EXPECT_THAT(room.told(alice), SizeIs(100));
  room.now += 30min - 1s;
  int wakes = 0;
  while (*room.signaling.next_timeout() <= room.now) {
    room.advance(0s);
    ++wakes;
  }
  EXPECT_EQ(wakes, 1);
  EXPECT_THAT(room.told(alice), SizeIs(1));
}

TEST(IceServers, AreNotDueEarlierThanTheLastTimeTheyWereTold) {
  Relayed room;
  const SocketId alice = room.connect();
  room.join(alice, R"("r")");
  room.advance(20min);
  room.join(alice, R"("r")");
  room.forget();
  room.advance(10min);
  EXPECT_THAT(room.told(alice), IsEmpty());
  room.advance(20min);
  EXPECT_THAT(room.told(alice), SizeIs(1));
}

TEST(IceServers, NameEachSeatByANameThatTellsNothing) {
  Relayed room;
  std::set<std::string> users;
  for (int i = 0; i < 50; ++i) {
    const SocketId socket = room.connect();
    room.join(socket, "\"room " + std::to_string(i) + "\"", 1);
    const auto heard = room.heard(socket);
    const std::string user = user_in(heard.at(2));
    EXPECT_THAT(user, SizeIs(24));
    EXPECT_THAT(heard.at(2), Not(HasSubstr(Relayed::token_in(heard.back()))));
    EXPECT_THAT(heard.at(2), Not(HasSubstr("room")));
    users.insert(user);
  }
  EXPECT_THAT(users, SizeIs(50));
}

TEST(IceServers, FollowTheWallClock) {
  Relayed room;
  const SocketId alice = room.connect();
  room.now += 10s;
  room.signaling.set_unix_time(room.now, kStart + 1000s);
  room.now += 5s;
  room.join(alice, R"("r")");
  EXPECT_EQ(expiry_in(room.told(alice).at(0)), kStart + 1005s + 1h);
}

}  // namespace
}  // namespace duet::room
