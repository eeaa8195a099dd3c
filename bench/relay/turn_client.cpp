// SPDX-License-Identifier: MIT
// Asks a TURN server for allocations, permissions and channels.
#include "turn_client.hpp"

#include "framing.hpp"
#include <duet/stun/address.hpp>
#include <duet/stun/error_code.hpp>
#include <duet/stun/writer.hpp>

#include <array>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace duet::bench {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using stun::AttributeType;
using stun::Method;

constexpr std::size_t kInFlight = 32;     // so few that no socket's buffer overflows
constexpr auto kRetransmitAfter = 500ms;  // RFC 8489 §6.2.1
constexpr auto kGiveUpAfter = 10s;

Method method_of(TurnClient::Step step) {
  switch (step) {
    case TurnClient::Step::Challenge:
    case TurnClient::Step::Allocate:
      return Method::Allocate;
    case TurnClient::Step::Permit:
      return Method::CreatePermission;
    case TurnClient::Step::Bind:
      return Method::ChannelBind;
    case TurnClient::Step::Release:
      return Method::Refresh;
  }
  return Method::Binding;
}

std::uint32_t code_of(const stun::Message& message) {
  const auto value = message.find(AttributeType::ErrorCode);
  const auto error = value ? stun::parse_error_code(*value) : std::nullopt;
  return error ? static_cast<std::uint32_t>(error->code) : 0;
}

}  // namespace

void TurnClient::send(Step step) {
  step_ = step;
  std::uint64_t number = 0;
  std::memcpy(&number, id_.data(), sizeof number);
  ++number;
  std::memcpy(id_.data(), &number, sizeof number);
  send_again();
}

void TurnClient::send_again() const {
  std::array<std::byte, 1024> buffer{};
  stun::Writer writer{buffer, {stun::Class::Request, method_of(step_)}, id_};
  if (step_ == Step::Challenge || step_ == Step::Allocate) {
    writer.add_u32(AttributeType::RequestedTransport, std::uint32_t{IPPROTO_UDP} << 24);
  }
  if (step_ == Step::Bind) {
    writer.add_u32(AttributeType::ChannelNumber, std::uint32_t{kChannel} << 16);
  }
  if (step_ == Step::Bind || step_ == Step::Permit) {
    writer.add_xor_address(AttributeType::XorPeerAddress, peer_);
  }
  if (step_ == Step::Release) writer.add_u32(AttributeType::Lifetime, 0);
  if (step_ != Step::Challenge) {
    writer.add(AttributeType::Username, account_.name);
    writer.add(AttributeType::Realm, realm_);
    writer.add(AttributeType::Nonce, nonce_);
    writer.add_integrity_sha1(key_.bytes());
  }
  const Datagram datagram{view(writer.finish()), view({})};
  socket_->send_each({&datagram, 1});
}

void TurnClient::learn(const stun::Message& challenge) {
  realm_ = challenge.text(AttributeType::Realm);
  nonce_ = challenge.text(AttributeType::Nonce);
  key_ = {stun::PasswordAlgorithm::Md5, account_.name, realm_, account_.password};
}

bool TurnClient::handle(std::span<const std::byte> datagram) {
  const auto message = stun::Message::parse(datagram);
  if (!message || message->id() != id_ || message->method() != method_of(step_)) return false;
  const bool is_challenge = code_of(*message) == 401;
  if (step_ == Step::Challenge && is_challenge) {
    learn(*message);
    return true;
  }
  if (message->klass() != stun::Class::Success) {
    throw std::runtime_error("the server answers with error " + std::to_string(code_of(*message)));
  }
  if (step_ == Step::Allocate) {
    const auto relayed = find_xor_address(*message, AttributeType::XorRelayedAddress);
    if (!relayed) throw std::runtime_error("an answer without relayed address");
    relayed_ = *relayed;
  }
  return true;
}

namespace {

/// A client on its way through the steps.
struct Walk {
  TurnClient* client;
  std::size_t step;
  Clock::time_point started;
  Clock::time_point sent;
};

/// Sends the client's next request, if there is one.
bool go_on(Walk& walk, std::span<const TurnClient::Step> steps) {
  if (walk.step == steps.size()) return false;
  walk.client->send(steps[walk.step]);
  walk.sent = Clock::now();
  return true;
}

void watch(Walk& walk) {
  const auto now = Clock::now();
  if (now - walk.started > kGiveUpAfter) throw std::runtime_error("the server does not answer");
  if (now - walk.sent <= kRetransmitAfter) return;
  walk.client->send_again();
  walk.sent = now;
}

}  // namespace

void take_steps(std::span<TurnClient*> clients, std::span<const TurnClient::Step> steps) {
  Inbox inbox;
  std::vector<Walk> walks;
  std::size_t next = 0;
  while (next < clients.size() || !walks.empty()) {
    while (next < clients.size() && walks.size() < kInFlight) {
      walks.push_back({clients[next++], 0, Clock::now(), {}});
      go_on(walks.back(), steps);
    }
    std::erase_if(walks, [&](Walk& walk) {
      for (const auto& arrival : inbox.receive(walk.client->socket())) {
        if (!walk.client->handle(arrival.bytes)) continue;
        ++walk.step;
        return !go_on(walk, steps);
      }
      watch(walk);
      return false;
    });
  }
}

}  // namespace duet::bench
