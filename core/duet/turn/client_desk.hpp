// SPDX-License-Identifier: MIT
// For tests: a TURN client, and the hand that writes its server's answers.
#pragma once

#include <duet/turn/channel_data.hpp>
#include <duet/turn/client.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace duet::turn {

using stun::AttributeType;
using stun::Class;
using stun::ErrorCode;
using stun::Method;
using Why = ClientEnded::Why;
using Next = ClientEnded::Next;
using Carrier = Client::Carrier;

inline Endpoint endpoint(std::string_view address, std::uint16_t port) {
  return {*IpAddress::parse(address), port};
}

inline const Endpoint kRelayed = endpoint("192.0.2.1", 50000);
inline const Endpoint kRelayedV6 = endpoint("2a00::7", 50002);
inline const Endpoint kMapped = endpoint("203.0.113.5", 4000);
inline const Endpoint kPeer = endpoint("8.8.8.8", 9000);
inline const std::string kNonce = stun::nonce_prefix({.password_algorithms = true}) + "1";

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

}  // namespace duet::turn
