// SPDX-License-Identifier: MIT
// An ICE agent under a peer that knows the password and means no good, under strangers, and under
// an owner that calls anything at any time: what a stranger sends changes a counter and nothing
// else, all that is kept has a bound, no timeout stays due, nothing is sent without consent, and a
// closed agent is silent.
#include "input.hpp"
#include <duet/base/check.hpp>
#include <duet/base/random.hpp>
#include <duet/ice/agent.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <vector>

namespace duet::ice {
namespace {

using stun::AttributeType;
using stun::Class;
using stun::ErrorCode;
using stun::Method;

using fuzz::Input;

const Endpoint kServer{IpAddress::v4({198, 51, 100, 1}), 3478};
const Limits kLimits{.local_addresses = 6,
                     .remote_candidates = 8,
                     .peer_reflexive = 4,
                     .pairs = 16,
                     .relays = 4,
                     .streams = 6,
                     .transmits = 32};

Config config(std::uint8_t bits) {
  Config config;
  config.role = (bits & 1) != 0 ? Role::Controlling : Role::Controlled;
  config.is_lite = (bits & 6) == 6;
  config.hides_addresses = (bits & 8) != 0;
  config.policy = (bits & 48) == 48 ? Policy::Relay : Policy::All;
  config.limits = kLimits;
  if ((bits & 64) != 0) config.servers.push_back({Server::Kind::Stun, Carrier::Udp, kServer, {}});
  if ((bits & 128) != 0) {
    config.servers.push_back({Server::Kind::Turn, Carrier::Udp, kServer, {"u", "p"}});
    config.servers.push_back({Server::Kind::Turn, Carrier::Tcp, kServer, {"u", "p"}});
  }
  return config;
}

Endpoint local(std::uint8_t how) {
  const std::uint8_t host = how % 3;
  const IpAddress address =
      how % 4 == 3 ? IpAddress::v6({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host})
                   : IpAddress::v4({192, 0, 2, host});
  return {address, static_cast<std::uint16_t>(5000 + how / 8 % 2)};
}

Endpoint remote(std::uint8_t how) {
  const std::uint8_t host = how % 4;
  const IpAddress address =
      how % 8 == 7 ? IpAddress::v6({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, host})
                   : IpAddress::v4({203, 0, 113, host});
  return {address, static_cast<std::uint16_t>(1 + how / 8 % 4)};
}

Credentials peer(int generation) {
  return {"peer" + std::to_string(generation), std::string(22, 'p')};
}

class World {
 public:
  explicit World(std::uint8_t bits) : agent_{random_, config(bits)} {}

  void run(Input input) {
    while (!input.empty()) {
      step(input);
      collect();
    }
    agent_.close(now_);
    is_closed_ = true;
    collect();
    // Relays are given back, in a bounded time.
    const Instant end = now_ + 3min;
    for (int steps = 0; agent_.next_timeout() && *agent_.next_timeout() <= end; ++steps) {
      DUET_CHECK(steps < 1000);
      wait_until(*agent_.next_timeout());
      collect();
    }
  }

 private:
  void wait_until(Instant at) {
    now_ = std::max(now_, at);
    agent_.handle_timeout(now_);
    collect();
    DUET_CHECK(!agent_.next_timeout() || *agent_.next_timeout() > now_);
  }

  void step(Input& input) {
    const std::uint8_t operation = input.next();
    const std::uint8_t how = input.next();
    switch (operation % 16) {
      case 0:
        return wait_until(now_ + std::chrono::milliseconds{how * how});
      case 1:
        if (const auto next = agent_.next_timeout()) wait_until(*next);
        return;
      case 2:
        return agent_.add_local_address(now_, local(how));
      case 3:
        return agent_.add_local_tcp_address(
            now_, {local(how).address, static_cast<std::uint16_t>(how < 128 ? 0 : 7000)});
      case 4:
        return rarely(how, input);
      case 5:
        return add_candidate(how, input);
      case 6:
        return strange(how, input);
      case 7:
        return give_payload(how, input);
      case 8:
      case 9:
        return give_request(how, input);
      case 10:
      case 11:
      case 12:
        return give_answer(how, input);
      case 13:
        return use_stream(how, input);
      case 14:
        agent_.handle_resolved(now_, how % 2 == 0 ? "a.local" : "b.local", remote(how).address);
        return;
      default:
        return send(how);
    }
  }

  void rarely(std::uint8_t how, Input& input) {
    switch (how % 9) {
      case 0:
        return agent_.remove_local_address(now_, local(input.next()));
      case 1:
        return agent_.end_of_local_addresses(now_);
      case 2:
        return agent_.end_of_remote_candidates(now_);
      case 3:
        agent_.set_remote_credentials(now_, peer(generation_), (how & 128) != 0);
        return;
      case 4:
        agent_.set_remote_credentials(now_, peer(++generation_));
        return;
      case 5:
        return agent_.restart(now_);
      case 6:
        return agent_.cancel_restart(now_);
      case 7:
        return agent_.set_role(now_, (how & 128) != 0 ? Role::Controlling : Role::Controlled);
      default:
        if (how < 240) return;
        agent_.close(now_);
        is_closed_ = true;
    }
  }

  void add_candidate(std::uint8_t how, Input& input) {
    Candidate candidate;
    candidate.foundation = std::to_string(how % 3);
    candidate.priority = 1 + input.next() * 1000u;
    candidate.endpoint = remote(how);
    candidate.type = static_cast<CandidateType>(how / 64);
    if (how % 5 == 0) {
      candidate.protocol = Protocol::Tcp;
      candidate.tcp_type = static_cast<TcpType>(how % 3);
    }
    if (how % 7 == 0) candidate.name = how % 2 == 0 ? "a.local" : "b.local";
    (void)agent_.add_remote_candidate(now_, candidate);
  }

  auto snapshot() const {
    return std::tuple{agent_.state(),
                      agent_.role(),
                      agent_.selected_pair(),
                      agent_.pair_stats().size(),
                      agent_.candidate_stats().size(),
                      agent_.can_send(now_),
                      agent_.next_timeout()};
  }

  /// Bytes of who knows nothing: any at all, or a check signed with another password.
  void strange(std::uint8_t how, Input& input) {
    std::vector<std::byte> bytes = input.take(how);
    if (how >= 128) {
      std::array<std::byte, kMaxCheckSize> buffer{};
      Credentials victim = agent_.local_credentials();
      victim.pwd = "not the password at all";
      const auto written = write_check(buffer, id(how), peer(generation_), victim,
                                       {Role::Controlling, ~std::uint64_t{0}, 1, true});
      bytes.assign(written.begin(), written.end());
    }
    const auto before = snapshot();
    const auto dropped = agent_.counters().total();
    const Endpoint from{IpAddress::v4({8, 8, 8, 8}), how};
    DUET_CHECK(!agent_.handle_datagram(now_, local(how), from, bytes));
    DUET_CHECK(snapshot() == before);
    DUET_CHECK(!agent_.poll_transmit(now_) && !agent_.poll_event());
    // An indication without meaning is neither taken nor dropped.
    DUET_CHECK(is_closed_ || agent_.counters().total() == dropped + 1 || bytes.size() >= 20);
  }

  void give_payload(std::uint8_t how, Input& input) {
    std::vector<std::byte> bytes = input.take(how % 8);
    bytes.insert(bytes.begin(), std::byte{0x80});
    const auto payload = agent_.handle_datagram(now_, local(how), remote(how), bytes);
    if (!payload) return;
    DUET_CHECK(!is_closed_ && heard_.contains({local(how), remote(how)}));
    DUET_CHECK(payload->data() == bytes.data() && payload->size() == bytes.size());
  }

  void give_request(std::uint8_t how, Input& input) {
    const std::uint8_t what = input.next();
    std::array<std::byte, kMaxCheckSize> buffer{};
    CheckContent content;
    content.role = (what & 1) != 0 ? Role::Controlling : Role::Controlled;
    content.use_candidate = (what & 2) != 0;
    content.tie_breaker = (what & 4) != 0 ? ~std::uint64_t{0} : 0;
    content.priority = what * 100000u;
    const auto bytes =
        write_check(buffer, id(what), peer(generation_), agent_.local_credentials(), content);
    heard_.insert({local(how), remote(how)});
    DUET_CHECK(!agent_.handle_datagram(now_, local(how), remote(how), bytes));
  }

  /// An answer to one of the last checks or questions.
  void give_answer(std::uint8_t how, Input& input) {
    if (asked_.empty()) return;
    const Asked asked = asked_[how % asked_.size()];
    const std::uint8_t what = input.next();
    std::array<std::byte, 512> buffer{};
    const bool is_error = (what & 3) == 3;
    stun::Writer writer{buffer, {is_error ? Class::Error : Class::Success, asked.method}, asked.id};
    if (is_error) {
      constexpr std::array kCodes = {ErrorCode::RoleConflict, ErrorCode::Forbidden,
                                     ErrorCode::BadRequest, ErrorCode::Unauthenticated,
                                     ErrorCode::TryAlternate};
      writer.add_error(kCodes[what / 4 % kCodes.size()]);
      writer.add_address(AttributeType::AlternateServer, remote(what));
      writer.add(AttributeType::Realm, "r");
      writer.add(AttributeType::Nonce, "n");
    } else if ((what & 4) != 0) {
      writer.add_xor_address(AttributeType::XorMappedAddress, remote(what));
    } else {
      writer.add_xor_address(AttributeType::XorMappedAddress, asked.route.local);
    }
    if (asked.method != Method::Binding) {
      writer.add_xor_address(AttributeType::XorRelayedAddress, remote(what));
      writer.add_integrity_sha1(
          stun::LongTermKey{stun::PasswordAlgorithm::Md5, "u", "r", "p"}.bytes());
    } else {
      writer.add_integrity_sha1(as_bytes(peer(generation_).pwd));
    }
    writer.add_fingerprint();
    if (asked.route.stream != StreamId{}) {
      DUET_CHECK(!agent_.handle_frame(now_, asked.route.stream, writer.finish()));
      return;
    }
    const bool is_elsewhere = (what & 8) != 0;
    const Endpoint from = is_elsewhere ? remote(what) : asked.route.remote;
    if (!is_elsewhere) heard_.insert({asked.route.local, from});
    DUET_CHECK(!agent_.handle_datagram(now_, asked.route.local, from, writer.finish()));
  }

  void use_stream(std::uint8_t how, Input& input) {
    const std::uint8_t which = input.next();
    const StreamId stream = streams_.empty() ? StreamId{which} : streams_[which % streams_.size()];
    switch (how % 4) {
      case 0:
        return agent_.handle_stream_connected(now_, stream);
      case 1:
        return agent_.handle_stream_closed(now_, stream);
      case 2: {
        const auto accepted = agent_.handle_stream_accepted(
            now_, {local(which).address, static_cast<std::uint16_t>(7000)}, remote(which));
        if (accepted) streams_.push_back(*accepted);
        return;
      }
      default: {
        std::array<std::byte, kMaxCheckSize> buffer{};
        const auto bytes =
            write_check(buffer, id(which), peer(generation_), agent_.local_credentials(),
                        {Role::Controlling, how, 1000u * how, (how & 16) != 0});
        DUET_CHECK(!agent_.handle_frame(now_, stream, bytes));
      }
    }
  }

  void send(std::uint8_t how) {
    const std::array payload = {std::byte{0x80}, std::byte{how}};
    const auto out = agent_.send(now_, payload);
    if (!out) return;
    DUET_CHECK(!is_closed_);
    DUET_CHECK(out->payload.data() == payload.data() && out->head_size <= out->head.size());
  }

  void collect() {
    std::size_t packets = 0;
    while (const auto out = agent_.poll_transmit(now_)) {
      DUET_CHECK(++packets < 200);
      remember(*out);
    }
    std::size_t events = 0;
    while (const auto event = agent_.poll_event()) {
      DUET_CHECK(++events < 2000);
      if (const auto* wanted = std::get_if<StreamWanted>(&*event)) {
        streams_.push_back(wanted->stream);
      }
      if (const auto* changed = std::get_if<StateChanged>(&*event)) {
        DUET_CHECK(changed->state == State::Closed || !is_closed_);
      }
    }
    check_bounds();
  }

  void check_bounds() const {
    // Twice: a restart keeps what was selected before.
    DUET_CHECK(agent_.pair_stats().size() <= kLimits.pairs + 1);
    std::size_t locals = 0;
    std::size_t remotes = 0;
    for (const CandidateStats& stats : agent_.candidate_stats())
      ++(stats.is_remote ? remotes : locals);
    DUET_CHECK(remotes <= 2 * (kLimits.remote_candidates + kLimits.peer_reflexive));
    DUET_CHECK(locals <= 4 * kLimits.local_addresses + kLimits.relays * 2 + kLimits.peer_reflexive);
    const auto selected = agent_.selected_pair();
    if (!selected) return;
    const auto pairs = agent_.pair_stats();
    DUET_CHECK(std::any_of(pairs.begin(), pairs.end(),
                           [&](const PairStats& pair) { return pair.id == *selected; }));
  }

  struct Asked {
    stun::TransactionId id;
    Method method;
    Route route;
  };

  void remember(const Outgoing& out) {
    const auto message = stun::Message::parse(out.payload);
    if (!message || message->klass() != Class::Request) return;
    DUET_CHECK(!is_closed_ || message->method() != Method::Binding);
    if (asked_.size() == 8) asked_.erase(asked_.begin());
    asked_.push_back({message->id(), message->method(), out.route});
  }

  stun::TransactionId id(std::uint8_t seed) {
    stun::TransactionId id{};
    id[0] = static_cast<std::byte>(seed);
    return id;
  }

  SeededRandom random_{3};
  Instant now_{1000s};
  Agent agent_;
  int generation_ = 0;
  bool is_closed_ = false;
  std::vector<Asked> asked_;  // the last ones
  std::vector<StreamId> streams_;
  std::set<std::pair<Endpoint, Endpoint>> heard_;  // who has shown the password
};

}  // namespace
}  // namespace duet::ice

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 2048) return 0;
  duet::ice::World world{data[0]};
  world.run({data + 1, size - 1});
  return 0;
}
