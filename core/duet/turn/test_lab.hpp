// SPDX-License-Identifier: MIT
// A server, clients that speak to it by hand, and peers, for the tests of this folder.
#pragma once

#include <duet/base/bytes.hpp>
#include <duet/stun/writer.hpp>
#include <duet/turn/server.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duet::turn {

using stun::AttributeType;
using stun::Class;
using stun::ErrorCode;
using stun::Method;

inline Endpoint endpoint(std::string_view address, std::uint16_t port) {
  return {*IpAddress::parse(address), port};
}

inline constexpr std::chrono::sys_seconds kWallClock{std::chrono::seconds{1'800'000'000}};
inline constexpr std::string_view kSecret = "north";

/// A packet as it was on the wire.
struct Packet {
  Transmit transmit;
  std::vector<std::byte> bytes;

  bool is_to_client() const { return transmit.to == Transmit::To::Client; }

  stun::Message message() const { return *stun::Message::parse(bytes); }

  /// 0 for a success, 1 for what is no answer.
  int code() const {
    const auto parsed = stun::Message::parse(bytes);
    if (!parsed) return 1;
    if (parsed->klass() == Class::Success) return 0;
    const auto value = parsed->find(AttributeType::ErrorCode);
    const auto error = value ? stun::parse_error_code(*value) : std::nullopt;
    return error ? static_cast<int>(error->code) : 1;
  }
};

class Lab {
 public:
  explicit Lab(Config config = standard()) : server{std::move(config), random, kWallClock} {}

  static Config standard() {
    Config config;
    config.users = {{"alice", "wonder"}, {"bob", "builder"}};
    config.secrets = {std::string{kSecret}};
    return config;
  }

  static Config with_ports() {
    Config config = standard();
    config.relay_ports = PortRange{50000, 50100};
    return config;
  }

  std::vector<Packet> take() {
    std::vector<Packet> packets;
    for (const Transmit& transmit : server.poll_transmits()) {
      Packet packet{transmit, {}};
      const auto head = transmit.head_view();
      packet.bytes.assign(head.begin(), head.end());
      packet.bytes.insert(packet.bytes.end(), transmit.payload.begin(), transmit.payload.end());
      packet.bytes.resize(packet.bytes.size() + transmit.padding);
      EXPECT_EQ(packet.bytes.size(), transmit.size());
      packets.push_back(std::move(packet));
    }
    return packets;
  }

  std::vector<Packet> give(const Path& path, std::span<const std::byte> bytes) {
    server.handle_client(now, path, bytes);
    return take();
  }

  void wait(Duration duration) {
    const Instant end = now + duration;
    while (server.next_timeout() && *server.next_timeout() <= end) {
      now = *server.next_timeout();
      server.handle_timeout(now);
    }
    now = end;
  }

  /// Takes what the server asks of the shell: sockets are opened, except on ports that are taken.
  std::vector<Packet> run_shell() {
    std::vector<Packet> packets;
    while (const auto event = server.poll_event()) {
      events.push_back(*event);
      const auto* open = std::get_if<OpenRelaySocket>(&*event);
      if (open == nullptr) continue;
      const auto& ports = open->local.address.is_v4() || taken_v6.empty() ? taken : taken_v6;
      const bool is_taken =
          std::find(ports.begin(), ports.end(), open->local.port) != ports.end() ||
          no_family == open->local.address.family();
      if (!is_taken) ++sockets;
      server.handle_relay_socket(now, open->relay, !is_taken);
      for (Packet& packet : take()) packets.push_back(std::move(packet));
    }
    return packets;
  }

  template <class E>
  std::vector<E> events_of() {
    run_shell();
    std::vector<E> found;
    for (const Event& event : events) {
      if (const auto* is = std::get_if<E>(&event)) found.push_back(*is);
    }
    return found;
  }

  std::uint64_t refused(Reason reason) const { return server.counters().of(reason); }

  SeededRandom random{7};
  Instant now{1000s};
  Server server;
  std::vector<Event> events;
  std::vector<std::uint16_t> taken;
  std::vector<std::uint16_t> taken_v6;         // of that family; empty: the same
  std::optional<IpAddress::Family> no_family;  // of which no socket opens
  int sockets = 0;
};

/// A client that signs by hand, so that it can do it wrong.
class TestClient {
 public:
  using Fill = std::function<void(stun::Writer&)>;

  TestClient(Lab& lab, Path at, Credential who = {"alice", "wonder"})
      : path{at}, credential{std::move(who)}, lab_{lab} {}

  static Path udp(std::string_view client, std::uint16_t port,
                  std::string_view local = "192.0.2.1") {
    return {Transport::Udp, endpoint(client, port), endpoint(local, 2022), {}};
  }

  static Path tcp(std::string_view client, std::uint16_t port, std::uint64_t connection = 1) {
    return {Transport::Tcp, endpoint(client, port), endpoint("192.0.2.1", 2022),
            ConnectionId{connection}};
  }

  std::vector<std::byte> unsigned_request(Method method, const Fill& fill) {
    std::array<std::byte, 4096> buffer{};
    next_id();
    stun::Writer writer{buffer, {Class::Request, method}, id};
    fill(writer);
    const auto bytes = writer.finish();
    return {bytes.begin(), bytes.end()};
  }

  std::vector<std::byte> signed_request(Method method, const Fill& fill) {
    return unsigned_request(method, [&](stun::Writer& writer) {
      fill(writer);
      if (use_userhash) {
        writer.add(AttributeType::Userhash, stun::userhash(credential.username, realm));
      } else {
        writer.add(AttributeType::Username, credential.username);
      }
      writer.add(AttributeType::Realm, realm);
      writer.add(AttributeType::Nonce, nonce);
      if (algorithm) {
        writer.add(AttributeType::PasswordAlgorithms, stun::kBothAlgorithms);
        writer.add(AttributeType::PasswordAlgorithm,
                   stun::serialize_password_algorithm(*algorithm));
      }
      const stun::LongTermKey key{algorithm.value_or(stun::PasswordAlgorithm::Md5),
                                  credential.username, realm, credential.password};
      if (sha256) {
        writer.add_integrity_sha256(key.bytes());
      } else {
        writer.add_integrity_sha1(key.bytes());
      }
      if (fingerprint) writer.add_fingerprint();
    });
  }

  /// Asks for a nonce, if there is none.
  void challenge() {
    const auto packets = lab_.give(path, unsigned_request(Method::Allocate, ask_udp));
    ASSERT_EQ(packets.size(), 1u);
    learn(packets[0]);
  }

  void learn(const Packet& packet) {
    const auto message = packet.message();
    if (message.has(AttributeType::Nonce)) nonce = message.text(AttributeType::Nonce);
    if (message.has(AttributeType::Realm)) realm = message.text(AttributeType::Realm);
  }

  /// A signed request, after a challenge if need be; the only packet that comes back.
  Packet ask(
      Method method, const Fill& fill = [](stun::Writer&) {}) {
    if (nonce.empty()) challenge();
    auto packets = lab_.give(path, signed_request(method, fill));
    for (Packet& packet : lab_.run_shell()) packets.push_back(std::move(packet));
    EXPECT_EQ(packets.size(), 1u);
    if (packets.empty()) return {};
    return packets[0];
  }

  Packet allocate(const Fill& fill = [](stun::Writer&) {}) {
    const Packet packet = ask(Method::Allocate, [&](stun::Writer& writer) {
      ask_udp(writer);
      fill(writer);
    });
    if (packet.code() == 0) {
      relayed = *stun::find_xor_address(packet.message(), AttributeType::XorRelayedAddress);
    }
    return packet;
  }

  Packet refresh(std::uint32_t seconds) {
    return ask(Method::Refresh,
               [&](stun::Writer& w) { w.add_u32(AttributeType::Lifetime, seconds); });
  }

  Packet permit(const std::vector<Endpoint>& peers) {
    return ask(Method::CreatePermission, [&](stun::Writer& w) {
      for (const Endpoint& peer : peers) w.add_xor_address(AttributeType::XorPeerAddress, peer);
    });
  }

  Packet bind(std::uint16_t channel, const Endpoint& peer) {
    return ask(Method::ChannelBind, [&](stun::Writer& w) {
      w.add_u32(AttributeType::ChannelNumber, static_cast<std::uint32_t>(channel) << 16);
      w.add_xor_address(AttributeType::XorPeerAddress, peer);
    });
  }

  std::vector<Packet> send(const Endpoint& peer, std::string_view text) {
    std::vector<std::byte> buffer(text.size() + 64);
    next_id();
    stun::Writer writer{buffer, {Class::Indication, Method::Send}, id};
    writer.add_xor_address(AttributeType::XorPeerAddress, peer);
    writer.add(AttributeType::Data, text);
    return lab_.give(path, sent_ = {writer.finish().begin(), writer.finish().end()});
  }

  std::vector<Packet> send_channel(std::uint16_t channel, std::string_view text) {
    const auto head = channel_header(channel, text.size());
    sent_.assign(head.begin(), head.end());
    const auto bytes = as_bytes(text);
    sent_.insert(sent_.end(), bytes.begin(), bytes.end());
    return lab_.give(path, sent_);
  }

  static void ask_udp(stun::Writer& writer) {
    writer.add_u32(AttributeType::RequestedTransport, 17u << 24);
  }

  Path path;
  Credential credential;
  std::string realm = "duet";
  std::string nonce;
  std::optional<stun::PasswordAlgorithm> algorithm;
  bool sha256 = false;
  bool use_userhash = false;
  bool fingerprint = false;
  stun::TransactionId id{};
  Endpoint relayed;

 private:
  void next_id() {
    for (std::byte& byte : id) {
      byte = static_cast<std::byte>(std::to_integer<unsigned>(byte) + 1);
      if (byte != std::byte{0}) break;
    }
  }

  Lab& lab_;
  std::vector<std::byte> sent_;
};

}  // namespace duet::turn
