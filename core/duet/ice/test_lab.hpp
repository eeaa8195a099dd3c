// SPDX-License-Identifier: MIT
// Two agents, a small network with NATs, a STUN server and a relay, in virtual time, for the tests
// of this folder.
#pragma once

#include <duet/ice/agent.hpp>
#include <duet/stun/binding.hpp>
#include <duet/stun/writer.hpp>
#include <duet/turn/server.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duet::ice {

inline Endpoint endpoint(std::string_view address, std::uint16_t port) {
  return {*IpAddress::parse(address), port};
}

inline std::vector<std::byte> copy(std::span<const std::byte> bytes) {
  return {bytes.begin(), bytes.end()};
}

/// A NAT in front of one end. Its mappings are independent of the destination, or, if symmetric,
/// one for each; what comes in must come from where something went to.
struct Nat {
  IpAddress address;
  bool is_symmetric = false;
  std::map<std::pair<Endpoint, Endpoint>, Endpoint> mappings;  // inside and destination -> outside
  std::map<Endpoint, Endpoint> inside;                         // outside -> inside
  std::set<std::pair<Endpoint, Endpoint>> opened;              // outside, destination
  std::uint16_t next_port = 40000;

  Endpoint out(const Endpoint& from, const Endpoint& to) {
    const auto key = std::pair{from, is_symmetric ? to : Endpoint{}};
    auto [at, is_new] = mappings.try_emplace(key, Endpoint{address, next_port});
    if (is_new) {
      ++next_port;
      inside[at->second] = from;
    }
    opened.insert({at->second, to});
    return at->second;
  }
};

/// One end: an agent, and what it said.
struct End {
  End(std::uint64_t seed, Config config) : random{seed}, agent{random, std::move(config)} {}

  template <class E>
  std::vector<E> of() const {
    std::vector<E> found;
    for (const Event& event : events) {
      if (const auto* is = std::get_if<E>(&event)) found.push_back(*is);
    }
    return found;
  }

  std::vector<State> states() const {
    std::vector<State> found;
    for (const StateChanged& change : of<StateChanged>()) found.push_back(change.state);
    return found;
  }

  std::optional<PairStats> selected() const {
    for (const PairStats& stats : agent.pair_stats()) {
      if (stats.id == agent.selected_pair()) return stats;
    }
    return std::nullopt;
  }

  Candidate candidate(CandidateId id) const {
    for (const CandidateStats& stats : agent.candidate_stats()) {
      if (stats.id == id) return stats.candidate;
    }
    return {};
  }

  SeededRandom random;
  Agent agent;
  std::optional<Nat> nat;
  std::set<Endpoint> bases;
  std::set<Endpoint> listening;
  std::vector<Event> events;
  std::vector<std::string> received;
  int packets_sent = 0;
};

class Lab {
 public:
  static constexpr Duration kDelay = 20ms;  // one way

  explicit Lab(Config alice_config = {}, Config bob_config = {})
      : alice{1, with_role(std::move(alice_config), Role::Controlling)},
        bob{2, with_role(std::move(bob_config), Role::Controlled)} {}

  static Config with_role(Config config, Role role) {
    config.role = role;
    return config;
  }

  static Server stun_server() { return {Server::Kind::Stun, Carrier::Udp, kServer, {}}; }

  static Server turn_server(Carrier carrier = Carrier::Udp) {
    return {Server::Kind::Turn, carrier, kServer, {"alice", "wonder"}};
  }

  void start_server() {
    turn::Config config;
    config.users = {{"alice", "wonder"}};
    server.emplace(std::move(config), server_random,
                   std::chrono::sys_seconds{std::chrono::seconds{1'800'000'000}});
    server->set_own_addresses({kServer.address});
  }

  void add(End& end, const Endpoint& base) {
    end.bases.insert(base);
    end.agent.add_local_address(now, base);
  }

  void listen(End& end, const Endpoint& base) {
    end.listening.insert(base);
    end.agent.add_local_tcp_address(now, base);
  }

  /// Alice at 192.0.2.1, Bob at 192.0.2.2.
  void add_hosts() {
    add(alice, kAlice);
    add(bob, kBob);
  }

  End& peer_of(End& end) { return &end == &alice ? bob : alice; }

  void exchange_credentials(bool bob_is_lite = false) {
    EXPECT_TRUE(bob.agent.set_remote_credentials(now, alice.agent.local_credentials()));
    EXPECT_TRUE(
        alice.agent.set_remote_credentials(now, bob.agent.local_credentials(), bob_is_lite));
  }

  /// Addresses are complete, credentials and candidates go to the other end.
  void start(bool bob_is_lite = false) {
    alice.agent.end_of_local_addresses(now);
    bob.agent.end_of_local_addresses(now);
    exchange_credentials(bob_is_lite);
    trickles = true;
    for (End* end : {&alice, &bob}) {
      for (const auto& found : end->of<LocalCandidateFound>()) tell(peer_of(*end), found.candidate);
    }
    collect();
  }

  void tell(End& end, const Candidate& candidate) {
    const auto read = Candidate::parse(candidate.serialize());
    ASSERT_TRUE(read.has_value());
    end.agent.add_remote_candidate(now, *read);
  }

  void end_candidates() {
    alice.agent.end_of_remote_candidates(now);
    bob.agent.end_of_remote_candidates(now);
    collect();
  }

  bool run_until(const std::function<bool()>& is_done, Duration limit = 60s) {
    const Instant end = now + limit;
    collect();
    for (int idle = 0; !is_done();) {
      const auto next = next_time();
      idle = next && *next <= now ? idle + 1 : 0;
      if (idle > 100) {
        ADD_FAILURE() << "a timeout that handle_timeout() doesn't take away";
        return false;
      }
      if (!next || *next > end) {
        now = end;
        return false;
      }
      now = std::max(now, *next);
      step();
    }
    return true;
  }

  void run_for(Duration duration) {
    run_until([] { return false; }, duration);
  }

  bool are_connected() const {
    return alice.agent.selected_pair().has_value() && bob.agent.selected_pair().has_value();
  }

  bool send(End& end, std::string_view text) {
    const auto out = end.agent.send(now, as_bytes(text));
    if (!out) return false;
    carry(end, *out);
    return true;
  }

  /// A packet of nobody's: straight to an end.
  std::optional<std::span<const std::byte>> give(End& end, const Endpoint& base,
                                                 const Endpoint& from,
                                                 std::span<const std::byte> bytes) {
    given_ = copy(bytes);
    const auto payload = end.agent.handle_datagram(now, base, from, given_);
    return payload;
  }

  void collect() {
    for (bool is_busy = true; is_busy;) {
      is_busy = false;
      for (End* end : {&alice, &bob}) {
        while (const auto out = end->agent.poll_transmit(now)) {
          carry(*end, *out);
          is_busy = true;
        }
        while (const auto event = end->agent.poll_event()) {
          end->events.push_back(*event);
          act(*end, *event);
          is_busy = true;
        }
      }
      is_busy = take_from_server() || is_busy;
    }
  }

  static inline const Endpoint kAlice = endpoint("192.0.2.1", 5000);
  static inline const Endpoint kBob = endpoint("192.0.2.2", 6000);
  static inline const Endpoint kServer = endpoint("198.51.100.1", 3478);

  Instant now{1000s};
  SeededRandom server_random{3};
  std::optional<turn::Server> server;
  End alice;
  End bob;
  bool trickles = false;
  bool resolves = true;
  std::function<bool(const Endpoint& from, const Endpoint& to)> is_blocked;
  std::function<void(End& from, std::span<const std::byte> bytes)> on_packet;

 private:
  struct Flight {
    Instant at;
    Endpoint from;
    Endpoint to;
    std::vector<std::byte> bytes;
    std::function<void()> deed;  // instead of a packet
  };

  struct Wire {
    End* from = nullptr;
    StreamId id;
    End* to = nullptr;  // null: the relay
    StreamId other;
    turn::Path path;
  };

  void later(std::function<void()> deed) {
    flights_.push_back({now + kDelay, {}, {}, {}, std::move(deed)});
  }

  void carry(End& end, const Outgoing& out) {
    std::vector<std::byte> bytes = copy(out.head_view());
    bytes.insert(bytes.end(), out.payload.begin(), out.payload.end());
    bytes.resize(bytes.size() + out.padding);
    EXPECT_EQ(bytes.size(), out.size());
    ++end.packets_sent;
    if (on_packet) on_packet(end, bytes);
    if (out.route.stream != StreamId{})
      return carry_stream(end, out.route.stream, std::move(bytes));
    EXPECT_TRUE(end.bases.contains(out.route.local)) << out.route.local.to_string();
    const Endpoint from =
        end.nat ? end.nat->out(out.route.local, out.route.remote) : out.route.local;
    if (is_blocked && is_blocked(from, out.route.remote)) return;
    flights_.push_back({now + kDelay, from, out.route.remote, std::move(bytes), {}});
  }

  void carry_stream(End& end, StreamId id, std::vector<std::byte> bytes) {
    for (const Wire& wire : wires_) {
      if (wire.from != &end || wire.id != id) continue;
      later([this, wire, bytes = std::move(bytes)] { arrive(wire, bytes); });
      return;
    }
    ADD_FAILURE() << "no such stream";
  }

  void arrive(const Wire& wire, const std::vector<std::byte>& bytes) {
    if (wire.to == nullptr) {
      server->handle_client(now, wire.path, bytes);
      return;
    }
    const Frame frame = next_frame(Framing::Rfc4571, bytes);
    ASSERT_EQ(frame.kind, Frame::Kind::Whole);
    if (const auto payload = wire.to->agent.handle_frame(now, wire.other, frame.packet)) {
      wire.to->received.emplace_back(as_text(*payload));
    }
  }

  void act(End& end, const Event& event) {
    if (const auto* found = std::get_if<LocalCandidateFound>(&event)) {
      if (trickles) tell(peer_of(end), found->candidate);
    } else if (const auto* made = std::get_if<NameMade>(&event)) {
      names_[made->name] = made->address;
    } else if (const auto* wanted = std::get_if<ResolveWanted>(&event)) {
      later([this, &end, name = wanted->name] {
        const auto at = names_.find(name);
        const bool is_known = resolves && at != names_.end();
        end.agent.handle_resolved(now, name, is_known ? std::optional{at->second} : std::nullopt);
      });
    } else if (const auto* stream = std::get_if<StreamWanted>(&event)) {
      later([this, &end, stream = *stream] { connect(end, stream); });
    } else if (const auto* unwanted = std::get_if<StreamUnwanted>(&event)) {
      close_stream(end, unwanted->stream);
    }
  }

  void connect(End& end, const StreamWanted& wanted) {
    const Endpoint local{wanted.local.address, ++next_port_};
    if (wanted.framing == Framing::Stun) {
      if (!server) return end.agent.handle_stream_closed(now, wanted.stream);
      const turn::Path path{turn::Transport::Tcp, local, kServer, turn::ConnectionId{next_port_}};
      wires_.push_back({&end, wanted.stream, nullptr, {}, path});
      return end.agent.handle_stream_connected(now, wanted.stream);
    }
    End& peer = peer_of(end);
    std::optional<StreamId> other;
    if (peer.listening.contains(wanted.remote)) {
      other = peer.agent.handle_stream_accepted(now, wanted.remote, local);
    }
    if (!other) return end.agent.handle_stream_closed(now, wanted.stream);
    wires_.push_back({&end, wanted.stream, &peer, *other, {}});
    wires_.push_back({&peer, *other, &end, wanted.stream, {}});
    end.agent.handle_stream_connected(now, wanted.stream);
  }

  void close_stream(End& end, StreamId id) {
    const std::vector<Wire> wires = wires_;
    for (const Wire& wire : wires) {
      if (wire.from != &end || wire.id != id) continue;
      std::erase_if(wires_, [&](const Wire& w) {
        return (w.from == wire.from && w.id == wire.id) ||
               (wire.to != nullptr && w.from == wire.to && w.id == wire.other);
      });
      if (wire.to != nullptr)
        later([this, wire] { wire.to->agent.handle_stream_closed(now, wire.other); });
    }
  }

  bool take_from_server() {
    if (!server) return false;
    bool is_busy = false;
    while (server->poll_event()) is_busy = true;
    for (const turn::Transmit& transmit : server->poll_transmits()) {
      is_busy = true;
      std::vector<std::byte> bytes = copy(transmit.head_view());
      bytes.insert(bytes.end(), transmit.payload.begin(), transmit.payload.end());
      bytes.resize(bytes.size() + transmit.padding);
      if (transmit.to != turn::Transmit::To::Client) continue;
      if (!transmit.path.is_stream()) {
        if (is_blocked && is_blocked(kServer, transmit.path.client)) continue;
        flights_.push_back({now + kDelay, kServer, transmit.path.client, std::move(bytes), {}});
        continue;
      }
      for (const Wire& wire : wires_) {
        if (wire.to != nullptr || wire.path != transmit.path) continue;
        later([this, wire, bytes] {
          if (const auto payload = wire.from->agent.handle_frame(now, wire.id, bytes)) {
            wire.from->received.emplace_back(as_text(*payload));
          }
        });
      }
    }
    return is_busy;
  }

  void deliver(const Flight& flight) {
    if (flight.to == kServer) {
      if (!server) return;
      server_input_.push_back(flight.bytes);  // what it sends views it
      server->handle_client(now, {turn::Transport::Udp, flight.from, kServer, {}},
                            server_input_.back());
      collect();
      server_input_.clear();
      return;
    }
    for (End* end : {&alice, &bob}) {
      Endpoint to = flight.to;
      if (end->nat) {
        const auto at = end->nat->inside.find(flight.to);
        const bool is_inside = end->bases.contains(flight.to);
        if (at == end->nat->inside.end() && !is_inside) continue;
        if (is_inside) continue;  // a private address, from elsewhere
        if (!end->nat->opened.contains({flight.to, flight.from})) return;
        to = at->second;
      }
      if (!end->bases.contains(to)) continue;
      if (const auto payload = end->agent.handle_datagram(now, to, flight.from, flight.bytes)) {
        end->received.emplace_back(as_text(*payload));
      }
      return;
    }
  }

  std::optional<Instant> next_time() const {
    std::optional<Instant> next;
    const auto take = [&](std::optional<Instant> other) {
      if (other && (!next || *other < *next)) next = other;
    };
    for (const Flight& flight : flights_) take(flight.at);
    take(alice.agent.next_timeout());
    take(bob.agent.next_timeout());
    if (server) take(server->next_timeout());
    return next;
  }

  void step() {
    std::vector<Flight> due;
    for (auto at = flights_.begin(); at != flights_.end();) {
      if (at->at > now) {
        ++at;
        continue;
      }
      due.push_back(std::move(*at));
      at = flights_.erase(at);
    }
    for (const Flight& flight : due) {
      if (flight.deed) {
        flight.deed();
      } else {
        deliver(flight);
      }
      collect();
    }
    alice.agent.handle_timeout(now);
    bob.agent.handle_timeout(now);
    if (server) server->handle_timeout(now);
    collect();
  }

  std::deque<Flight> flights_;
  std::vector<Wire> wires_;
  std::map<std::string, IpAddress> names_;
  std::deque<std::vector<std::byte>> server_input_;
  std::vector<std::byte> given_;
  std::uint16_t next_port_ = 30000;
};

}  // namespace duet::ice
