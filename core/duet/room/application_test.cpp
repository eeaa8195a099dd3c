// SPDX-License-Identifier: MIT
// The room protocol end to end: raw WebSocket messages in and out, in virtual time.
#include <duet/base/bytes.hpp>
#include <duet/room/application.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duet::room {
namespace {

using socketio::EngineTransmit;
using socketio::MessageKind;
using socketio::WebSocketId;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

/// One client on a raw WebSocket, and the network between.
struct Client {
  WebSocketId id;
  bool reads = true;    // takes what arrives at once
  bool answers = true;  // its heartbeat
  bool is_open = true;
  bool is_paused = false;  // the server does not read it
  std::uint16_t close_code = 0;
  std::vector<std::string> heard;                            // what it took, pings left out
  std::deque<std::string> waiting;                           // sent to it, not taken
  std::size_t most_waiting = 0;                              // bytes
  std::deque<std::pair<MessageKind, std::string>> outgoing;  // by it, not read by the server

  std::size_t waiting_bytes() const {
    std::size_t bytes = 0;
    for (const auto& text : waiting) bytes += text.size();
    return bytes;
  }

  std::vector<std::string> take_heard() { return std::exchange(heard, {}); }
};

class World {
 public:
  explicit World(Config config = {}) : app{std::move(config), random} {}

  /// A client in namespace "/".
  Client& connect(std::string_view query = "EIO=4&transport=websocket") {
    const WebSocketId id{++last_id_};
    Client& client = clients_[id];
    client.id = id;
    EXPECT_FALSE(engine.handle_websocket_opening(now, id,
                                                 {.method = "GET",
                                                  .query = query,
                                                  .source = IpAddress::v4({192, 0, 2, 1}),
                                                  .authority = authority}));
    settle();
    if (query.starts_with("EIO=4")) send(client, "40");
    client.heard.clear();
    return client;
  }

  void send(Client& client, std::string_view text, MessageKind kind = MessageKind::Text) {
    client.outgoing.emplace_back(kind, text);
    settle();
  }

  /// The connection breaks, without a word.
  void lose(Client& client) {
    client.is_open = false;
    engine.handle_websocket_closed(now, client.id);
    settle();
  }

  /// It takes up to `count` messages of those that wait.
  void read(Client& client, std::size_t count) {
    for (; count > 0 && !client.waiting.empty(); --count) take(client);
    settle();
  }

  void advance(Duration duration) {
    const Instant end = now + duration;
    while (true) {
      const auto next = next_timeout();
      if (!next || *next > end) break;
      now = std::max(now, *next);
      engine.handle_timeout(now);
      app.handle_timeout(now, engine);
      settle();
    }
    now = end;
  }

  std::string join(Client& client, const std::string& arguments) {
    send(client, "420[\"create or join\"," + arguments + "]");
    const std::string answer = client.heard.empty() ? "" : client.heard.back();
    const std::string key = R"("token":")";
    const std::size_t at = answer.find(key);
    return at == std::string::npos ? "" : answer.substr(at + key.size(), 24);
  }

  Instant now{};
  SeededRandom random{1};
  socketio::EngineServer engine{{}, random};
  SignalingApplication app;
  /// By which the next clients reach the server.
  std::shared_ptr<const Authority> authority;

  void settle() {
    for (bool again = true; again;) {
      again = false;
      app.settle(now, engine);
      while (const auto transmit = engine.poll_transmit()) {
        deliver(*transmit);
        again = true;
      }
      for (auto& [id, client] : clients_) again |= pass_on(client);
    }
  }

 private:
  void deliver(const EngineTransmit& transmit) {
    Client& client = clients_.at(transmit.websocket);
    switch (transmit.action) {
      case EngineTransmit::Action::Respond:
        FAIL() << "nobody polls";
      case EngineTransmit::Action::Send:
        client.waiting.emplace_back(transmit.bytes);
        client.most_waiting = std::max(client.most_waiting, client.waiting_bytes());
        return;
      case EngineTransmit::Action::CloseWebSocket:
        client.close_code = transmit.close_code;
        return;
      case EngineTransmit::Action::PauseWebSocket:
        client.is_paused = true;
        return;
      case EngineTransmit::Action::ResumeWebSocket:
        client.is_paused = false;
        return;
    }
  }

  /// One step of what the network does by itself; false if there was nothing to do.
  bool pass_on(Client& client) {
    if (!client.is_open) return false;
    if (client.reads && !client.waiting.empty()) {
      while (!client.waiting.empty()) take(client);
      return true;
    }
    if (client.close_code != 0) {
      client.is_open = false;
      engine.handle_websocket_closed(now, client.id);
      return true;
    }
    if (client.is_paused || client.outgoing.empty()) return false;
    const auto [kind, text] = std::move(client.outgoing.front());
    client.outgoing.pop_front();
    engine.handle_websocket_message(now, client.id, kind, text);
    return true;
  }

  void take(Client& client) {
    const std::string text = std::move(client.waiting.front());
    client.waiting.pop_front();
    engine.handle_websocket_sent(now, client.id, text.size());
    if (text != "2") return client.heard.push_back(text);
    if (client.answers) client.outgoing.emplace_back(MessageKind::Text, "3");
  }

  std::optional<Instant> next_timeout() const {
    const auto one = engine.next_timeout();
    const auto other = app.next_timeout();
    if (!one || !other) return one ? one : other;
    return std::min(*one, *other);
  }

  std::uint64_t last_id_ = 0;
  std::map<WebSocketId, Client> clients_;
};

std::string log_of(std::string_view rest) {
  return R"(42["log",[">>> Message from server: ",)" + std::string{rest} + "]]";
}

/// Two clients in the room "r", without tokens.
struct Pair : World {
  Pair() {
    send(alice, R"(42["create or join","r"])");
    send(bob, R"(42["create or join","r"])");
    alice.heard.clear();
    bob.heard.clear();
  }

  Client& alice = connect();
  Client& bob = connect();
};

TEST(Application, TwoClientsMeetAndTalk) {
  World world;
  Client& alice = world.connect();
  Client& bob = world.connect();
  world.send(alice, R"(42["create or join","r"])");
  EXPECT_THAT(alice.take_heard(),
              ElementsAre(log_of("\"Room r has 0 client(s)\""),
                          log_of(R"("Request to create or join room r")"), R"(42["created","r"])",
                          StartsWith("42[\"emit(): client ")));
  world.send(bob, R"(427["create or join","r",{"name":"Bob"}])");
  EXPECT_THAT(alice.take_heard(),
              ElementsAre(R"(42["join","r"])", StartsWith("42[\"broadcast(): client ")));
  EXPECT_THAT(bob.take_heard().back(), StartsWith(R"(437[{"ok":true,"role":"joined","token":")"));
  world.send(alice, R"(4212["message",{"type":"offer","sdp":"v=0\r\n"}])");
  EXPECT_THAT(bob.take_heard(), ElementsAre(R"(42["message",{"type":"offer","sdp":"v=0\r\n"}])"));
  EXPECT_THAT(alice.take_heard(),
              ElementsAre(log_of(R"("Got message:",{"type":"offer","sdp":"v=0\r\n"})"),
                          R"(4312[{"ok":true}])"));
}

TEST(Application, BinaryGoesThrough) {
  Pair world;
  world.send(world.alice, R"(451-["message",{"_placeholder":true,"num":0}])");
  world.send(world.alice, {"\x00\xFF", 2}, MessageKind::Binary);
  EXPECT_THAT(
      world.bob.take_heard(),
      ElementsAre(R"(451-["message",{"_placeholder":true,"num":0}])", std::string("\x00\xFF", 2)));
  EXPECT_THAT(world.alice.take_heard(),
              ElementsAre(R"(451-["log",[">>> Message from server: ","Got message:",)"
                          R"({"_placeholder":true,"num":0}]])",
                          std::string("\x00\xFF", 2)));
}

TEST(Application, OldAndNewClientsShareARoom) {
  World world;
  Client& old = world.connect("EIO=3&transport=websocket");
  Client& fresh = world.connect();
  world.send(old, R"(42["create or join","r"])");
  EXPECT_THAT(old.take_heard(), Contains(R"(42["created","r"])"));
  world.send(fresh, R"(42["create or join","r"])");
  EXPECT_THAT(old.take_heard(), Contains(R"(42["join","r"])"));
  world.send(fresh, R"(42["message","hi"])");
  EXPECT_THAT(old.take_heard(), ElementsAre(R"(42["message","hi"])"));
}

TEST(Application, ALostConnectionFreesASeatWithoutTokenAtOnce) {
  Pair world;
  world.lose(world.alice);
  EXPECT_THAT(world.bob.take_heard(), ElementsAre(R"(42["leave","r"])"));
  EXPECT_EQ(world.app.counters().sockets, 1U);
}

TEST(Application, ADisconnectPacketFreesItToo) {
  Pair world;
  world.send(world.alice, "41");
  EXPECT_THAT(world.bob.take_heard(), ElementsAre(R"(42["leave","r"])"));
  EXPECT_TRUE(world.alice.is_open);
}

TEST(Application, ASilentClientLosesItsSeatWhenItsHeartbeatIsOver) {
  Pair world;
  world.alice.answers = false;
  world.advance(44s);
  EXPECT_THAT(world.bob.heard, IsEmpty());
  world.advance(1s);
  EXPECT_THAT(world.bob.heard, ElementsAre(R"(42["leave","r"])"));
  EXPECT_TRUE(world.bob.is_open);
}

TEST(Application, ASeatWithATokenIsHeldForAMinute) {
  World world;
  Client& alice = world.connect();
  Client& bob = world.connect();
  world.join(alice, R"("r")");
  world.join(bob, R"("r")");
  bob.heard.clear();
  world.lose(alice);
  world.advance(59s);
  EXPECT_THAT(bob.heard, IsEmpty());
  Client& carol = world.connect();
  world.join(carol, R"("r")");
  EXPECT_THAT(carol.heard, Contains(R"(42["full","r"])"));
  world.advance(1s);
  EXPECT_THAT(bob.take_heard(), ElementsAre(R"(42["leave","r"])"));
  world.join(carol, R"("r")");
  EXPECT_THAT(carol.heard, Contains(R"(42["joined","r"])"));
}

TEST(Application, AReloadComesBackToItsOwnSeatFromItsOwnGhost) {
  World world;
  Client& ghost = world.connect();
  Client& bob = world.connect();
  const std::string token = world.join(ghost, R"("r")");
  world.join(bob, R"("r")");
  ghost.heard.clear();
  bob.heard.clear();
  Client& again = world.connect();
  EXPECT_EQ(world.join(again, R"("r",{"token":")" + token + "\"}"), token);
  EXPECT_THAT(again.heard, Contains(R"(42["joined","r"])"));
  EXPECT_THAT(bob.take_heard(), Contains(R"(42["join","r"])"));
  EXPECT_THAT(ghost.take_heard(), ElementsAre(HasSubstr(R"("code":"moved")")));
  EXPECT_TRUE(ghost.is_open);
  world.lose(ghost);
  world.advance(120s);
  EXPECT_THAT(bob.take_heard(), IsEmpty());
  world.send(again, R"(42["message",1])");
  EXPECT_THAT(bob.take_heard(), ElementsAre(R"(42["message",1])"));
}

TEST(Application, DrainIsHeardByAll) {
  Pair world;
  world.app.drain(world.now, world.engine);
  world.settle();
  EXPECT_THAT(world.alice.take_heard(), ElementsAre(R"(42["draining"])"));
  EXPECT_THAT(world.bob.take_heard(), ElementsAre(R"(42["draining"])"));
}

TEST(Application, WhoSendsNonsenseIsClosedAndItsMateGoesOn) {
  Pair world;
  std::string deep = R"(42["message",)" + std::string(10'000, '[') + std::string(10'000, ']') + "]";
  world.send(world.alice, deep);
  EXPECT_FALSE(world.alice.is_open);
  EXPECT_THAT(world.bob.take_heard(), ElementsAre(R"(42["leave","r"])"));
  world.send(world.bob, R"(420["message",1])");
  EXPECT_THAT(world.bob.take_heard().back(), HasSubstr("nobody"));
}

std::string big_message(int number, std::size_t size) {
  return R"(42["message",)" + std::to_string(number) + ",\"" + std::string(size, 'x') + "\"]";
}

TEST(Backpressure, AReceiverThatNeverReadsPausesItsSenderAndIsCutOffAfterFiveSeconds) {
  Pair world;
  world.bob.reads = false;
  constexpr int kMessages = 100;
  for (int i = 0; i < kMessages; ++i) world.send(world.alice, big_message(i, 50'000));
  EXPECT_TRUE(world.alice.is_paused);
  EXPECT_FALSE(world.alice.outgoing.empty());
  EXPECT_GT(world.bob.most_waiting, 1'000'000U);
  EXPECT_LE(world.bob.most_waiting, 1'100'000U);
  world.advance(4999ms);
  EXPECT_TRUE(world.bob.is_open);
  world.advance(1ms);
  EXPECT_FALSE(world.bob.is_open);
  EXPECT_TRUE(world.alice.is_open);
  EXPECT_FALSE(world.alice.is_paused);
  EXPECT_TRUE(world.alice.outgoing.empty());
  EXPECT_THAT(world.alice.heard, Contains(R"(42["leave","r"])"));
  EXPECT_EQ(world.alice.heard.size(), kMessages + 1U);  // every echo, and the leave
  world.advance(120s);
  EXPECT_TRUE(world.alice.is_open);
}

TEST(Backpressure, ASlowReaderGetsEverythingInOrder) {
  Pair world;
  world.bob.reads = false;
  constexpr int kMessages = 200;
  for (int i = 0; i < kMessages; ++i) world.send(world.alice, big_message(i, 20'000));
  EXPECT_TRUE(world.alice.is_paused);
  for (int i = 0; i < 2 * kMessages && world.bob.is_open; ++i) {
    world.read(world.bob, 1);
    world.advance(400ms);
  }
  EXPECT_TRUE(world.bob.is_open);
  EXPECT_TRUE(world.alice.is_open);
  EXPECT_LE(world.bob.most_waiting, 1'100'000U);
  ASSERT_EQ(world.bob.heard.size(), static_cast<std::size_t>(kMessages));
  for (int i = 0; i < kMessages; ++i) {
    const std::string begin = R"(42["message",)" + std::to_string(i) + ",";
    EXPECT_THAT(world.bob.heard[static_cast<std::size_t>(i)], StartsWith(begin));
  }
  EXPECT_FALSE(world.alice.is_paused);
}

TEST(Backpressure, WhoDoesNotReadItsOwnEchoesHurtsOnlyItself) {
  Pair world;
  world.alice.reads = false;
  for (int i = 0; i < 100; ++i) world.send(world.alice, big_message(i, 50'000));
  EXPECT_TRUE(world.alice.is_paused);
  EXPECT_LE(world.alice.most_waiting, 1'200'000U);
  world.advance(5s);
  EXPECT_FALSE(world.alice.is_open);
  EXPECT_TRUE(world.bob.is_open);
  EXPECT_FALSE(world.bob.is_paused);
  EXPECT_THAT(world.bob.heard.back(), R"(42["leave","r"])");
}

TEST(Backpressure, OfOneRoomIsNotFeltInAnother) {
  Pair world;
  Client& carol = world.connect();
  Client& dave = world.connect();
  world.send(carol, R"(42["create or join","s"])");
  world.send(dave, R"(42["create or join","s"])");
  world.bob.reads = false;
  for (int i = 0; i < 40; ++i) world.send(world.alice, big_message(i, 50'000));
  EXPECT_TRUE(world.alice.is_paused);
  dave.heard.clear();
  world.send(carol, R"(42["message",1])");
  EXPECT_THAT(dave.heard, ElementsAre(R"(42["message",1])"));
}

TEST(Backpressure, EndsWhenTheCongestedMateIsExchanged) {
  World world;
  Client& alice = world.connect();
  Client& bob = world.connect();
  world.join(alice, R"("r")");
  const std::string token = world.join(bob, R"("r")");
  bob.reads = false;
  for (int i = 0; i < 40; ++i) world.send(alice, big_message(i, 50'000));
  EXPECT_TRUE(alice.is_paused);
  Client& again = world.connect();
  world.join(again, R"("r",{"token":")" + token + "\"}");
  EXPECT_FALSE(alice.is_paused);
  EXPECT_THAT(again.heard.back(), StartsWith(R"(42["message",39,)"));
}

TEST(Application, TellsOfIceServersByTheNameOfTheHandshakeAndRenewsThem) {
  Config config;
  config.ice = {.own = IceConfig::Own::Plain, .secret = "s", .lifetime = 1h};
  World world{config};
  world.authority = std::make_shared<const Authority>(*Authority::parse("duet.example.org", 2022));
  Client& alice = world.connect();
  world.authority = nullptr;  // the connection's own counts
  world.join(alice, R"("r")");
  const auto told =
      StartsWith(R"(42["ice servers",[{"urls":["stun:duet.example.org:2022","turn:duet.exam)");
  EXPECT_THAT(alice.take_heard(), Contains(told));
  world.advance(30min - 1s);
  EXPECT_THAT(alice.take_heard(), Not(Contains(told)));
  world.advance(1s);
  EXPECT_THAT(alice.take_heard(), Contains(told));
}

}  // namespace
}  // namespace duet::room
