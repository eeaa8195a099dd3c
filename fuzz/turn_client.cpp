// SPDX-License-Identifier: MIT
// A TURN client under a server that knows the password and means no good: what it sends is
// well-formed and as much as it was asked for, what peers "send" comes from peers it permitted, its
// queues have ends, and once it is over it stays silent.
#include "input.hpp"
#include <duet/base/check.hpp>
#include <duet/base/random.hpp>
#include <duet/stun/writer.hpp>
#include <duet/turn/channel_data.hpp>
#include <duet/turn/client.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace duet::turn {
namespace {

using fuzz::Input;
using stun::AttributeType;
using stun::Class;
using stun::ErrorCode;
using stun::Method;

ClientOptions options(std::uint8_t bits) {
  ClientOptions options;
  options.families = static_cast<ClientOptions::Families>(bits & 3);
  options.mobility = (bits & 4) != 0;
  options.dont_fragment = (bits & 8) != 0;
  if ((bits & 16) != 0) options.lifetime = 900s;
  return options;
}

Client::Carrier carrier(std::uint8_t bits) {
  return (bits & 1) != 0 ? Client::Carrier::Stream : Client::Carrier::Datagram;
}

Endpoint peer(std::uint8_t number) {
  const std::uint8_t host = number % 4;
  const IpAddress address =
      number % 2 == 0 ? IpAddress::v4({8, 8, 8, host})
                      : IpAddress::v6({0x2a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host});
  return {address, static_cast<std::uint16_t>(1 + number / 4 % 2)};
}

class World {
 public:
  explicit World(std::uint8_t bits)
      : client_{now_, random_, carrier(bits >> 5), {"u", "p"}, options(bits)} {}

  void run(Input input) {
    collect();
    while (!input.empty()) {
      step(input);
      collect();
    }
    // The server is gone: the client finds out, in a bounded time and with bounded effort.
    const Instant end = now_ + kLifetime + 3min;
    for (int steps = 0; client_.next_timeout() && *client_.next_timeout() <= end; ++steps) {
      DUET_CHECK(steps < 20000);
      now_ = std::max(now_, *client_.next_timeout());
      client_.handle_timeout(now_);
      collect();
    }
    DUET_CHECK(is_over_ && !client_.has_allocation());
  }

 private:
  void step(Input& input) {
    const std::uint8_t operation = input.next();
    const std::uint8_t how = input.next();
    switch (operation % 12) {
      case 0:
        now_ += std::chrono::seconds{how};
        return client_.handle_timeout(now_);
      case 1:
        if (client_.permit(now_, peer(how).address)) wanted_.insert(peer(how).address);
        return;
      case 2:
        if (client_.bind(now_, peer(how))) wanted_.insert(peer(how).address);
        return;
      case 3:
        client_.forget(peer(how).address);
        wanted_.erase(peer(how).address);
        return;
      case 4:
        return send(how, input.take(how % 16));
      case 5:
        return give(input.take(how));
      case 6:
        return channel_data(how, input.take(how % 8));
      case 7:
        return indication(how, input.take(how % 8));
      case 8:
        return rarely(how, input.next());
      default:
        return answer(how, input);
    }
  }

  void rarely(std::uint8_t how, std::uint8_t more) {
    if (how < 64) return client_.set_credential(now_, {std::string(more, 'v'), "q"});
    if (how < 128) return client_.change_path(now_, carrier(more));
    if (how == 255) client_.release(now_);
  }

  void give(std::vector<std::byte> bytes) {
    packet_ = std::move(bytes);
    const auto received = client_.handle_server(now_, packet_);
    if (!received) return;
    DUET_CHECK(!is_over_ && wanted_.contains(received->peer.address));
    DUET_CHECK(received->payload.empty() || (received->payload.data() >= packet_.data() &&
                                             received->payload.data() + received->payload.size() <=
                                                 packet_.data() + packet_.size()));
  }

  void send(std::uint8_t how, std::vector<std::byte> payload) {
    const auto out = client_.send(now_, peer(how), payload, (how & 0x80) != 0);
    if (!out) return;
    DUET_CHECK(client_.has_allocation() && permitted_.contains(peer(how).address));
    std::vector<std::byte> bytes(out->head_view().begin(), out->head_view().end());
    bytes.insert(bytes.end(), out->payload.begin(), out->payload.end());
    bytes.resize(bytes.size() + out->padding);
    if (const auto data = ChannelData::parse(bytes)) {
      DUET_CHECK(
          std::equal(data->payload.begin(), data->payload.end(), payload.begin(), payload.end()));
      return;
    }
    const auto message = stun::Message::parse(bytes);
    DUET_CHECK(message && message->type() == (stun::MessageType{Class::Indication, Method::Send}));
    DUET_CHECK(stun::find_xor_address(*message, AttributeType::XorPeerAddress) == peer(how));
    const auto data = message->find(AttributeType::Data);
    DUET_CHECK(data && std::equal(data->begin(), data->end(), payload.begin(), payload.end()));
  }

  void channel_data(std::uint8_t how, std::vector<std::byte> payload) {
    const auto head = channel_header(static_cast<std::uint16_t>(0x4000 + how / 8 % 4),
                                     payload.size() + (how == 255 ? 1 : 0));
    std::vector<std::byte> bytes(head.begin(), head.end());
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    give(std::move(bytes));
  }

  void indication(std::uint8_t how, std::vector<std::byte> payload) {
    std::array<std::byte, 128> buffer{};
    stun::Writer writer{buffer, {Class::Indication, Method::Data}, {}};
    if (how % 16 != 15) writer.add_xor_address(AttributeType::XorPeerAddress, peer(how));
    if (how % 16 == 14) writer.add(AttributeType::Icmp, payload);
    writer.add(AttributeType::Data, payload);
    give({writer.finish().begin(), writer.finish().end()});
  }

  /// An answer to one of the last requests: right, or wrong in many ways.
  void answer(std::uint8_t how, Input& input) {
    if (asked_.empty()) return;
    const Asked& asked = asked_[how % asked_.size()];
    const std::uint8_t what = input.next();
    std::array<std::byte, 4096> buffer{};
    const bool is_error = (what & 1) != 0;
    stun::Writer writer{buffer, {is_error ? Class::Error : Class::Success, asked.method}, asked.id};
    if (is_error) {
      constexpr std::array kCodes = {ErrorCode::Unauthenticated, ErrorCode::StaleNonce,
                                     ErrorCode::StaleNonce,      ErrorCode::TryAlternate,
                                     ErrorCode::BadRequest,      ErrorCode::UnknownAttribute,
                                     ErrorCode::Forbidden,       ErrorCode::AllocationMismatch,
                                     ErrorCode::ServerError,     ErrorCode::RoleConflict};
      writer.add_error(kCodes[what / 2 % kCodes.size()]);
    }
    const std::uint8_t extras = input.next();
    if ((extras & 1) != 0) writer.add(AttributeType::Realm, "duet");
    if ((extras & 2) != 0) {
      writer.add(AttributeType::Nonce,
                 stun::nonce_prefix({.password_algorithms = (extras & 4) != 0,
                                     .username_anonymity = (extras & 8) != 0}) +
                     std::string(std::size_t{extras} / 64 * 300, 'n'));
    }
    if ((extras & 16) != 0) writer.add(AttributeType::PasswordAlgorithms, stun::kBothAlgorithms);
    const std::uint8_t parts = input.next();
    if ((parts & 1) != 0) writer.add_xor_address(AttributeType::XorRelayedAddress, peer(parts & 2));
    if ((parts & 4) != 0) writer.add_xor_address(AttributeType::XorRelayedAddress, peer(1));
    if ((parts & 8) != 0) writer.add_xor_address(AttributeType::XorMappedAddress, peer(0));
    if ((parts & 16) != 0) writer.add(AttributeType::MobilityTicket, input.take(parts));
    if ((parts & 32) != 0) writer.add_u32(AttributeType::Lifetime, input.next() * 16u);
    if ((parts & 64) != 0) writer.add(AttributeType::UnknownAttributes, input.take(4));
    if ((parts & 128) != 0) writer.add_u32(AttributeType{0x7FFF}, 0);
    sign(writer, asked);
    give({writer.finish().begin(), writer.finish().end()});
  }

  struct Asked {
    stun::TransactionId id;
    Method method;
    bool is_signed = false;
    bool sha256 = false;
    stun::PasswordAlgorithm algorithm = stun::PasswordAlgorithm::Md5;
  };

  static void sign(stun::Writer& writer, const Asked& asked) {
    if (!asked.is_signed) return;
    const stun::LongTermKey key{asked.algorithm, "u", "duet", "p"};
    if (asked.sha256) {
      writer.add_integrity_sha256(key.bytes());
    } else {
      writer.add_integrity_sha1(key.bytes());
    }
  }

  void collect() {
    std::size_t packets = 0;
    while (const auto bytes = client_.poll_transmit()) {
      DUET_CHECK(!is_over_ && ++packets < 600);  // 2 for each permission and channel there can be
      const auto message = stun::Message::parse(*bytes);
      DUET_CHECK(message && message->klass() == Class::Request && bytes->size() < 3072);
      remember(*message);
    }
    std::size_t events = 0;
    while (const auto event = client_.poll_event()) {
      DUET_CHECK(!is_over_ && ++events < 600);
      if (const auto* permitted = std::get_if<Permitted>(&*event)) {
        DUET_CHECK(wanted_.contains(permitted->peer));
        permitted_.insert(permitted->peer);
      } else if (const auto* bound = std::get_if<ChannelBound>(&*event)) {
        DUET_CHECK(wanted_.contains(bound->peer.address) && is_channel(bound->number));
        permitted_.insert(bound->peer.address);
      } else if (const auto* refused = std::get_if<PermissionRefused>(&*event)) {
        wanted_.erase(refused->peer);
      } else if (std::holds_alternative<ClientEnded>(*event)) {
        is_over_ = true;
      }
    }
    DUET_CHECK(!is_over_ || !client_.next_timeout());
  }

  void remember(const stun::Message& message) {
    Asked asked{message.id(), message.method()};
    asked.is_signed = message.has_integrity_sha1() || message.has_integrity_sha256();
    asked.sha256 = message.has_integrity_sha256();
    const auto algorithm = message.find(AttributeType::PasswordAlgorithm);
    if (algorithm) asked.algorithm = *stun::parse_password_algorithm(*algorithm);
    if (!ids_.insert(message.id()).second) return;  // sent again
    // Who was offered the better kind of protection once never signs with less.
    DUET_CHECK(!is_modern_ || !message.has_integrity_sha1());
    is_modern_ = is_modern_ || asked.sha256;
    if (asked_.size() == 8) asked_.erase(asked_.begin());
    asked_.push_back(asked);
  }

  SeededRandom random_{3};
  Instant now_{1000s};
  Client client_;
  static constexpr Duration kLifetime = 4080s;  // the longest that answer() grants
  std::vector<std::byte> packet_;
  std::vector<Asked> asked_;  // the last ones
  std::set<stun::TransactionId> ids_;
  std::set<IpAddress> wanted_;
  std::set<IpAddress> permitted_;
  bool is_modern_ = false;
  bool is_over_ = false;
};

}  // namespace
}  // namespace duet::turn

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 4096) return 0;
  duet::turn::World world{data[0]};
  world.run({data + 1, size - 1});
  return 0;
}
