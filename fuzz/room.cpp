// SPDX-License-Identifier: MIT
// Random sockets do random things in random rooms, and a plain model of the protocol says who must
// hear what: never three in a room, a message only to the mate, every freed seat told, servers
// renewed for who sits, nothing left when all have gone.
#include "input.hpp"
#include <duet/base/authority.hpp>
#include <duet/base/check.hpp>
#include <duet/base/random.hpp>
#include <duet/room/join_request.hpp>
#include <duet/room/memory_seats.hpp>
#include <duet/room/signaling.hpp>

#include <boost/json.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duet::room {
namespace {

using socketio::AckId;
using socketio::Event;
using socketio::SocketId;

constexpr std::size_t kClients = 6;
constexpr AckId kAck{42};
/// Shorter than a hold, so that both come due in one step.
constexpr Duration kRenewal = 30s;
constexpr std::array<std::string_view, 4> kRooms = {"\"a\"", R"("\"\\\u0000\n")", "\"\U0001F600\"",
                                                    "17"};

/// The first input bytes choose limits, the rest are operations.

using fuzz::Input;

struct ModelSeat {
  std::optional<std::size_t> client;  // nothing while held
  bool has_token = false;
  std::string token;  // learnt from the acknowledgement
  Instant until;
  IpAddress source;
};

struct Client {
  SocketId socket{};
  bool connected = false;
  std::string room;  // empty for none
  std::string role;
  bool congested = false;
  bool paused = false;
  IpAddress source;
  Instant renew_at{};  // its servers, while it sits
};

using Heard = std::vector<std::string>;

class World {
 public:
  World(SeatLimits limits)
      : limits_{limits},
        seats_{limits, random_},
        signaling_{seats_,
                   random_,
                   {.own = IceConfig::Own::Plain, .secret = "s", .lifetime = 2 * kRenewal}} {}

  void run(Input input) {
    while (!input.empty()) step(input);
    for (std::size_t c = 0; c < kClients; ++c) disconnect(c);
    advance(kHold);
    DUET_CHECK(seats_.room_count() == 0);
    DUET_CHECK(seats_.held_count() == 0);
    DUET_CHECK(signaling_.counters().sockets == 0);
    DUET_CHECK(!signaling_.next_timeout());
  }

 private:
  void step(Input& input) {
    const unsigned operation = input.next() % 16;
    const std::size_t c = input.next() % kClients;
    if (operation == 0) return advance(std::chrono::seconds{input.next() % 64});
    if (operation == 1 && input.next() % 8 == 0) return drain();
    if (operation == 2) return disconnect(c);
    if (!clients_[c].connected) return connect(c, input.next());
    if (operation == 3) return leave(c, input.next() % 2 == 0);
    if (operation == 4) return congest(c);
    if (operation == 5) return join_raw(c, input);
    if (operation < 10) return message(c, input.next() % 2 == 0);
    const unsigned how = input.next();
    std::string arguments{kRooms[how % kRooms.size()]};
    if ((how & 4) != 0 && !tokens_.empty()) {
      arguments += R"(,{"token":")" + tokens_[input.next() % tokens_.size()] + "\"}";
    }
    join(c, arguments, (how & 8) != 0);
  }

  void connect(std::size_t c, unsigned where) {
    Client& client = clients_[c];
    client = {.socket = SocketId{++last_socket_}, .connected = true};
    client.source = IpAddress::v4({192, 0, 2, static_cast<std::uint8_t>(where % 2)});
    if (draining_) expect(c, "draining");
    handle({.type = Event::Type::Connected,
            .socket = client.socket,
            .source = client.source,
            .authority = is_told(c) ? authority_ : nullptr});
  }

  void disconnect(std::size_t c) {
    Client& client = clients_[c];
    if (!client.connected) return;
    client.connected = false;
    if (!client.room.empty()) {
      ModelSeat& seat = *seat_of(c);
      std::size_t held = 0;
      for (const auto& [name, room] : rooms_) {
        for (const ModelSeat& other : room) held += !other.client && other.source == client.source;
      }
      if (seat.has_token && held < limits_.held_per_address) {
        seat.client.reset();
        seat.until = now_ + kHold;
        seat.source = client.source;
      } else {
        free_seat(client.room, seat);
      }
    }
    client.room.clear();
    handle({.type = Event::Type::Disconnected, .socket = client.socket});
  }

  void advance(Duration duration) {
    now_ += duration;
    for (bool again = true; again;) {
      again = false;
      for (auto& [name, room] : rooms_) {
        for (ModelSeat& seat : room) {
          if (seat.client || seat.until > now_) continue;
          free_seat(std::string{name}, seat);
          again = true;
          break;
        }
        if (again) break;
      }
    }
    for (std::size_t c = 0; c < kClients; ++c) {
      const Client& client = clients_[c];
      if (client.connected && !client.room.empty() && client.renew_at <= now_) expect_servers(c);
    }
    signaling_.handle_timeout(now_);
    compare();
  }

  void drain() {
    for (std::size_t c = 0; c < kClients; ++c) {
      if (clients_[c].connected && !draining_) expect(c, "draining");
    }
    draining_ = true;
    signaling_.drain();
    compare();
  }

  void leave(std::size_t c, bool ack) {
    stand_up(c);
    if (ack) expect(c, "ack true");
    say(c, "leave", "", ack);
  }

  void message(std::size_t c, bool ack) {
    const auto mate = mate_of(c);
    expect(c, "log");
    if (mate) expect(*mate, "message");
    if (ack) expect(c, mate ? "ack true" : "ack nobody");
    say(c, "message", R"({"a":[1,"2"]})", ack);
  }

  void congest(std::size_t c) {
    clients_[c].congested = !clients_[c].congested;
    signaling_.set_congested(clients_[c].socket, clients_[c].congested);
    compare();
  }

  void join_raw(std::size_t c, Input& input) {
    const std::string arguments = input.text(input.next());
    boost::system::error_code error;
    boost::json::parse("[" + arguments + "]", error);
    if (error) return;  // would have closed the session
    join(c, arguments, false);
  }

  void join(std::size_t c, const std::string& arguments, bool ack) {
    Client& client = clients_[c];
    const auto request = JoinRequest::parse(arguments);
    if (!request) {
      expect(c, ack ? "ack bad-room" : "refused bad-room");
      return say(c, "create or join", arguments, ack);
    }
    DUET_CHECK(!request->room.empty() && request->room.size() <= kMaxRoomName);
    expect(c, "log");
    expect(c, "log");
    if (client.room == request->room) {
      expect_servers(c);
      expect(c, client.role);
      if (ack) seat_of(c)->has_token = true;
    } else if (ModelSeat* seat = seat_by_token(request->room, request->token)) {
      if (seat->client) {
        expect(*seat->client, "refused moved");
        clients_[*seat->client].room.clear();
      }
      seat->client.reset();
      stand_up(c);
      seat->client = c;
      sit_down(c, request->room);
    } else if (draining_) {
      expect(c, ack ? "ack draining" : "refused draining");
      return say(c, "create or join", arguments, ack);
    } else {
      stand_up(c);
      const auto room = rooms_.find(request->room);
      if (room == rooms_.end() && rooms_.size() >= limits_.rooms) {
        expect(c, ack ? "ack limit" : "refused limit");
        return say(c, "create or join", arguments, ack);
      }
      if (room != rooms_.end() && room->second.size() == 2) {
        expect(c, "full");
        if (ack) expect(c, "ack full");
        return say(c, "create or join", arguments, ack);
      }
      rooms_[request->room].reserve(2);  // seat_by_token's pointers stay good
      rooms_[request->room].push_back({.client = c, .has_token = ack});
      sit_down(c, request->room);
    }
    if (ack) expect(c, "ack true");
    say(c, "create or join", arguments, ack);
  }

  void sit_down(std::size_t c, const std::string& room) {
    Client& client = clients_[c];
    client.room = room;
    client.role = rooms_[room].size() == 2 ? "joined" : "created";
    expect_servers(c);
    expect(c, client.role);
    expect(c, "emit()");
    if (const auto mate = mate_of(c)) {
      expect(*mate, "join");
      expect(*mate, "broadcast()");
    }
  }

  void stand_up(std::size_t c) {
    if (clients_[c].room.empty()) return;
    const std::string room = clients_[c].room;
    clients_[c].room.clear();
    free_seat(room, *find_seat(room, c));
  }

  void free_seat(const std::string& name, ModelSeat& seat) {
    auto& room = rooms_.at(name);
    room.erase(room.begin() + (&seat - room.data()));
    if (room.empty()) {
      rooms_.erase(name);
    } else if (room[0].client) {
      expect(*room[0].client, "leave");
    }
  }

  ModelSeat* find_seat(const std::string& room, std::size_t c) {
    for (ModelSeat& seat : rooms_.at(room)) {
      if (seat.client == c) return &seat;
    }
    return nullptr;
  }

  ModelSeat* seat_of(std::size_t c) { return find_seat(clients_[c].room, c); }

  ModelSeat* seat_by_token(const std::string& room, const std::string& token) {
    const auto found = rooms_.find(room);
    if (found == rooms_.end() || token.empty()) return nullptr;
    for (ModelSeat& seat : found->second) {
      if (seat.token == token) return &seat;
    }
    return nullptr;
  }

  std::optional<std::size_t> mate_of(std::size_t c) {
    if (clients_[c].room.empty()) return std::nullopt;
    for (const ModelSeat& seat : rooms_.at(clients_[c].room)) {
      if (seat.client && *seat.client != c) return seat.client;
    }
    return std::nullopt;
  }

  void expect(std::size_t c, std::string what) {
    if (clients_[c].connected) expected_[clients_[c].socket].push_back(std::move(what));
  }

  /// How one of the clients reaches the server is unknown, so it isn't told of it.
  static bool is_told(std::size_t c) { return c > 0; }

  void expect_servers(std::size_t c) {
    if (!is_told(c)) return;
    expect(c, "ice servers");
    clients_[c].renew_at = now_ + kRenewal;
  }

  void say(std::size_t c, std::string_view name, std::string_view arguments, bool ack) {
    handle({.type = Event::Type::Received,
            .socket = clients_[c].socket,
            .arguments = arguments,
            .name = name,
            .ack = ack ? std::optional{kAck} : std::nullopt});
  }

  void handle(const Event& event) {
    signaling_.handle_event(now_, event);
    compare();
  }

  /// What was said must be what the model expects, socket by socket and in order.
  void compare() {
    std::map<SocketId, Heard> heard;
    while (const auto emit = signaling_.poll_emit()) heard[emit->to].push_back(summary(*emit));
    DUET_CHECK(heard == expected_);
    expected_.clear();
    while (const auto flow = signaling_.poll_flow()) {
      for (Client& client : clients_) {
        if (client.socket == flow->socket) client.paused = flow->paused;
      }
    }
    for (std::size_t c = 0; c < kClients; ++c) {
      if (!clients_[c].connected) continue;
      const auto mate = mate_of(c);
      const bool paused = clients_[c].congested || (mate && clients_[*mate].congested);
      DUET_CHECK(clients_[c].paused == paused);
    }
    DUET_CHECK(seats_.room_count() == rooms_.size());
    for (const auto& [name, room] : rooms_) {
      DUET_CHECK(room.size() <= 2 && static_cast<int>(room.size()) == seats_.taken(name));
    }
  }

  /// "joined", "refused moved", "ack true", "ack full", ...; learns tokens on the way.
  std::string summary(const Emit& emit) {
    const boost::json::value payload = boost::json::parse(emit.payload);
    const boost::json::value& first = payload.as_array().at(0);
    if (!emit.ack) {
      std::string name{first.as_string()};
      if (name.starts_with("emit(): client ")) return "emit()";
      if (name.starts_with("broadcast(): client ")) return "broadcast()";
      if (name == "refused") name += " " + std::string{payload.at(1).at("code").as_string()};
      return name;
    }
    DUET_CHECK(*emit.ack == kAck);
    if (!first.at("ok").as_bool()) return "ack " + std::string{first.at("code").as_string()};
    if (const auto* token = first.as_object().if_contains("token")) {
      learn(emit.to, std::string{token->as_string()});
    }
    return "ack true";
  }

  void learn(SocketId socket, const std::string& token) {
    for (std::size_t c = 0; c < kClients; ++c) {
      if (clients_[c].socket != socket) continue;
      ModelSeat& seat = *seat_of(c);
      DUET_CHECK(seat.token.empty() || seat.token == token);  // a seat keeps its token
      seat.token = token;
      tokens_.push_back(token);
    }
  }

  SeatLimits limits_;
  SeededRandom random_{1};
  MemorySeats seats_;
  Signaling signaling_;
  std::shared_ptr<const Authority> authority_ =
      std::make_shared<const Authority>(*Authority::parse("duet.example.org", 2022));
  Instant now_{};
  std::array<Client, kClients> clients_;
  std::map<std::string, std::vector<ModelSeat>> rooms_;
  std::vector<std::string> tokens_;
  std::map<SocketId, Heard> expected_;
  std::uint64_t last_socket_ = 0;
  bool draining_ = false;
};

}  // namespace
}  // namespace duet::room

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  duet::room::Input input{data, size};
  const std::size_t held = input.next() % 4;
  const std::size_t rooms = 1 + input.next() % 4;
  duet::room::World{{.held_per_address = held, .rooms = rooms}}.run(input);
  return 0;
}
