// SPDX-License-Identifier: MIT
// A TURN server under clients that know their passwords and mean no good: nothing goes to a
// forbidden peer, what goes to clients is well-formed, and when all has ended nothing is left.
#include "input.hpp"
#include <duet/base/check.hpp>
#include <duet/base/random.hpp>
#include <duet/stun/writer.hpp>
#include <duet/turn/server.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace duet::turn {
namespace {

using fuzz::Input;
using stun::AttributeType;
using stun::Class;
using stun::Method;

constexpr std::size_t kClients = 4;
constexpr std::chrono::sys_seconds kWallClock{std::chrono::seconds{1'800'000'000}};

struct Client {
  Path path;
  std::string nonce;
  std::string ticket;
  std::string token;
  std::vector<Endpoint> relayed;
};

Config config(std::uint8_t bits) {
  Config config;
  config.users = {{"u", "p"}, {"v", "q"}};
  if ((bits & 1) != 0) config.relay_ports = PortRange{50000, 50015};
  config.mobility = (bits & 2) != 0;
  config.limits.allocations_per_user = 3;
  if ((bits & 4) != 0) config.limits = Limits::none();
  if ((bits & 8) != 0) config.software = "test";
  return config;
}

class World {
 public:
  explicit World(std::uint8_t bits)
      : has_ports_{(bits & 1) != 0}, server_{config(bits), random_, kWallClock} {
    server_.set_own_addresses({IpAddress::v4({198, 51, 100, 77})});
    if ((bits & 16) != 0) {
      server_.set_relay_address(
          {IpAddress::v6({0x2a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}), std::nullopt});
    }
    for (std::size_t c = 0; c < kClients; ++c) {
      clients_[c].path.client = {IpAddress::v4({203, 0, 113, 5}), static_cast<std::uint16_t>(c)};
      clients_[c].path.local = {IpAddress::v4({192, 0, 2, 1}), 2022};
      if (c % 2 == 1) {
        clients_[c].path.transport = Transport::Tcp;
        clients_[c].path.connection = ConnectionId{c};
      }
    }
  }

  void run(Input input) {
    while (!input.empty()) {
      step(input);
      collect();
    }
    for (int i = 0; i < 30 && server_.next_timeout(); ++i) {
      now_ = std::max(now_, *server_.next_timeout());
      server_.handle_timeout(now_);
      collect();
    }
    DUET_CHECK(!server_.next_timeout());
    DUET_CHECK(server_.counters().allocations == 0 && server_.counters().relays == 0);
    DUET_CHECK(alive_.empty() && sockets_.empty());
  }

 private:
  void step(Input& input) {
    const std::uint8_t operation = input.next() % 16;
    Client& client = clients_[input.next() % kClients];
    switch (operation) {
      case 0:
        now_ += std::chrono::seconds{input.next() * 4};
        return server_.handle_timeout(now_);
      case 1:
        return give(client, input.take(input.next()));
      case 2:
        if (client.path.is_stream()) server_.handle_stream_closed(now_, client.path);
        return;
      case 3: {
        if (sockets_.empty()) return;
        const std::uint8_t size = input.next();
        input_ = input.take(size % 16);
        auto at = sockets_.begin();
        std::advance(at, input.next() % sockets_.size());
        const Endpoint from = peer(input);
        if (size < 192) return server_.handle_peer(now_, *at, from, input_);
        return server_.handle_icmp(now_, *at, from, {input.next(), input.next(), 1400});
      }
      case 4: {
        Path moved = client.path;
        moved.client.port = static_cast<std::uint16_t>(moved.client.port + 16);
        if (moved.is_stream()) moved.connection = ConnectionId{moved.connection.value() + 16};
        client.path = moved;
        return;
      }
      case 5:
        taken_ = input.next() % 4 == 0;
        return;
      case 6:
      case 7:
        return channel_data(client, input);
      case 8:
        return indication(client, input);
      default:
        return request(client, operation, input);
    }
  }

  Endpoint peer(Input& input) {
    const std::uint8_t which = input.next();
    const auto port = static_cast<std::uint16_t>(1 + input.next());
    switch (which % 10) {
      case 0:
        return {IpAddress::v4({127, 0, 0, 1}), port};
      case 1:
        return {IpAddress::v4({198, 51, 100, 77}), port};
      case 2:
        return {IpAddress::v4({192, 0, 2, 1}), port};
      case 3:
        return {IpAddress::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1}), port};
      case 4:
        return {IpAddress::v6({0x2a, 1}), port};
      case 5:
        return {IpAddress::v4({8, 8, 8, port % 2 == 0 ? std::uint8_t{8} : std::uint8_t{9}}), port};
      case 6: {
        const auto bytes = input.take(4);
        std::array<std::uint8_t, 4> address{};
        for (std::size_t i = 0; i < bytes.size(); ++i) {
          address[i] = std::to_integer<std::uint8_t>(bytes[i]);
        }
        return {IpAddress::v4(address), port};
      }
      default: {
        const Client& other = clients_[which / 10 % kClients];
        if (other.relayed.empty()) return {};
        return other.relayed[port % other.relayed.size()];
      }
    }
  }

  void channel_data(Client& client, Input& input) {
    const auto number = static_cast<std::uint16_t>(0x4000 + input.next() % 4);
    const auto payload = input.take(input.next() % 16);
    const auto head = channel_header(number, payload.size());
    std::vector<std::byte> bytes(head.begin(), head.end());
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    give(client, std::move(bytes));
  }

  void indication(Client& client, Input& input) {
    std::array<std::byte, 512> buffer{};
    stun::Writer writer{buffer, {Class::Indication, Method::Send}, next_id()};
    writer.add_xor_address(AttributeType::XorPeerAddress, peer(input));
    if (input.next() % 8 == 0) writer.add_flag(AttributeType::DontFragment);
    writer.add(AttributeType::Data, input.take(input.next() % 16));
    give(client, {writer.finish().begin(), writer.finish().end()});
  }

  void request(Client& client, std::uint8_t operation, Input& input) {
    constexpr std::array kMethods = {
        Method::Allocate,         Method::Allocate,    Method::Refresh,    Method::CreatePermission,
        Method::CreatePermission, Method::ChannelBind, Method::ChannelBind};
    const Method method = kMethods[static_cast<std::size_t>(operation - 9) % kMethods.size()];
    const std::uint8_t how = input.next();
    std::array<std::byte, 2048> buffer{};
    stun::Writer writer{buffer, {Class::Request, method}, next_id()};
    if (method == Method::Allocate) {
      writer.add_u32(AttributeType::RequestedTransport, 17u << 24);
      if ((how & 1) != 0) writer.add_flag(AttributeType::MobilityTicket);
      if ((how & 6) == 2) writer.add(AttributeType::EvenPort, std::string_view{"\x80", 1});
      if ((how & 6) == 4) writer.add_u32(AttributeType::AdditionalAddressFamily, 2u << 24);
      if ((how & 6) == 6) {
        writer.add(AttributeType::ReservationToken, clients_[how / 8 % kClients].token);
      }
    }
    if (method == Method::Refresh) {
      if ((how & 1) != 0) writer.add_u32(AttributeType::Lifetime, (how & 2) == 0 ? 0 : 3000);
      if ((how & 4) != 0) {
        writer.add(AttributeType::MobilityTicket, clients_[how / 8 % kClients].ticket);
      }
      if ((how & 0x60) == 0x60) {
        writer.add_u32(AttributeType::RequestedAddressFamily, (how & 3u) << 24);
      }
    }
    if (method == Method::ChannelBind) {
      writer.add_u32(AttributeType::ChannelNumber, 0x40000000u + (how % 5u << 16));
    }
    if (method == Method::ChannelBind || method == Method::CreatePermission) {
      for (std::uint8_t i = 0; i <= how / 64; ++i) {
        writer.add_xor_address(AttributeType::XorPeerAddress, peer(input));
      }
    }
    const bool is_second = how == 255;
    writer.add(AttributeType::Username, is_second ? "v" : "u");
    writer.add(AttributeType::Realm, "duet");
    writer.add(AttributeType::Nonce, client.nonce);
    const stun::LongTermKey key{stun::PasswordAlgorithm::Md5, is_second ? "v" : "u", "duet",
                                is_second ? "q" : "p"};
    if ((how & 16) != 0) {
      writer.add_integrity_sha256(key.bytes());
    } else {
      writer.add_integrity_sha1(key.bytes());
    }
    if ((how & 32) != 0) writer.add_fingerprint();
    give(client, {writer.finish().begin(), writer.finish().end()});
  }

  void give(Client& client, std::vector<std::byte> bytes) {
    input_ = std::move(bytes);
    server_.handle_client(now_, client.path, input_);
  }

  void collect() {
    collect_packets();
    while (const auto event = server_.poll_event()) {
      if (const auto* open = std::get_if<OpenRelaySocket>(&*event)) {
        DUET_CHECK(has_ports_ && open->local.port >= 50000 && open->local.port <= 50015);
        if (!taken_) DUET_CHECK(sockets_.insert(open->relay).second);
        server_.handle_relay_socket(now_, open->relay, !taken_);
        collect_packets();
      } else if (const auto* close = std::get_if<CloseRelaySocket>(&*event)) {
        sockets_.erase(close->relay);
      } else if (const auto* made = std::get_if<AllocationMade>(&*event)) {
        DUET_CHECK(alive_.insert(made->allocation).second);
      } else if (const auto* ended = std::get_if<AllocationEnded>(&*event)) {
        DUET_CHECK(alive_.erase(ended->allocation) == 1);
      }
    }
  }

  void collect_packets() {
    for (const Transmit& transmit : server_.poll_transmits()) {
      if (transmit.to == Transmit::To::Peer) {
        check_to_peer(transmit);
      } else {
        check_to_client(transmit);
      }
    }
  }

  void check_to_peer(const Transmit& transmit) const {
    DUET_CHECK(has_ports_ && sockets_.contains(transmit.relay));
    DUET_CHECK(PeerPolicy{}.allows(transmit.peer.address));
    DUET_CHECK(transmit.peer.address != IpAddress::v4({198, 51, 100, 77}));
    DUET_CHECK(transmit.peer.address != IpAddress::v4({192, 0, 2, 1}));
    DUET_CHECK(transmit.head_size == 0 && transmit.padding == 0);
    DUET_CHECK(transmit.payload.empty() || (transmit.payload.data() >= input_.data() &&
                                            transmit.payload.data() + transmit.payload.size() <=
                                                input_.data() + input_.size()));
  }

  void check_to_client(const Transmit& transmit) {
    std::vector<std::byte> bytes(transmit.head_view().begin(), transmit.head_view().end());
    bytes.insert(bytes.end(), transmit.payload.begin(), transmit.payload.end());
    bytes.resize(bytes.size() + transmit.padding);
    if (std::to_integer<unsigned>(bytes.at(0)) >> 6 == 1) {
      DUET_CHECK(ChannelData::parse(bytes)->payload.size() == transmit.payload.size());
      return;
    }
    const auto message = stun::Message::parse(bytes);
    DUET_CHECK(message.has_value());
    DUET_CHECK(message->klass() != Class::Request);
    if (!message->has_integrity_sha1() && !message->has_integrity_sha256() &&
        message->klass() == Class::Error) {
      DUET_CHECK(bytes.size() <= 120);
    }
    for (Client& client : clients_) {
      if (client.path == transmit.path) learn(client, *message);
    }
  }

  static void learn(Client& client, const stun::Message& message) {
    if (message.has(AttributeType::Nonce)) client.nonce = message.text(AttributeType::Nonce);
    if (message.has(AttributeType::MobilityTicket)) {
      client.ticket = message.text(AttributeType::MobilityTicket);
    }
    if (message.type() != stun::MessageType{Class::Success, Method::Allocate}) return;
    client.token = message.text(AttributeType::ReservationToken);
    client.relayed.clear();
    for (const stun::Attribute attribute : message) {
      if (attribute.type != AttributeType::XorRelayedAddress) continue;
      client.relayed.push_back(*stun::parse_xor_address(attribute.value, message.id()));
    }
  }

  stun::TransactionId next_id() {
    stun::TransactionId id{};
    ++ids_;
    for (std::size_t i = 0; i < 4; ++i) id[i] = static_cast<std::byte>(ids_ >> 8 * i & 0xFF);
    return id;
  }

  SeededRandom random_{3};
  bool has_ports_;
  Instant now_{1000s};
  Server server_;
  std::array<Client, kClients> clients_;
  std::set<RelayId> sockets_;
  std::set<AllocationId> alive_;
  std::vector<std::byte> input_;
  std::uint32_t ids_ = 0;
  bool taken_ = false;
};

}  // namespace
}  // namespace duet::turn

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 4096) return 0;
  duet::turn::World world{data[0]};
  world.run({data + 1, size - 1});
  return 0;
}
