// SPDX-License-Identifier: MIT
// A TURN server: what comes goes where it belongs, what ends is taken down.
#include <duet/turn/server.hpp>

#include <algorithm>

namespace duet::turn {
namespace {

using stun::AttributeType;
using stun::Class;
using stun::ErrorCode;
using stun::Method;

// After a burst, memory for this many answers and packets is kept.
constexpr std::size_t kKeptAnswers = 256;
constexpr std::size_t kKeptTransmits = 1024;
constexpr Duration kShortestLifetime = 600s;  // RFC 8656 §7.2
constexpr Duration kOpeningLifetime = 10s;    // the shell opens sockets at once; for a stuck one
constexpr Duration kNonceLifetime = 1h;       // RFC 8656 §5 asks for at least once an hour

/// What a request of TURN may contain that its receiver must know.
bool is_known_in_request(AttributeType type) {
  switch (type) {
    case AttributeType::Username:
    case AttributeType::Userhash:
    case AttributeType::Realm:
    case AttributeType::Nonce:
    case AttributeType::PasswordAlgorithm:
    case AttributeType::ChannelNumber:
    case AttributeType::Lifetime:
    case AttributeType::XorPeerAddress:
    case AttributeType::Data:
    case AttributeType::RequestedAddressFamily:
    case AttributeType::EvenPort:
    case AttributeType::RequestedTransport:
    case AttributeType::DontFragment:
    case AttributeType::ReservationToken:
      return true;
    default:
      return !stun::is_comprehension_required(type);
  }
}

}  // namespace

Server::Server(Config config, Random& random, std::chrono::sys_seconds unix_time)
    : config_{std::move(config)},
      random_{random},
      unix_epoch_{unix_time},
      credentials_{config_.realm, std::move(config_.users), std::move(config_.secrets)},
      nonces_{
          random,
          {.password_algorithms = true, .username_anonymity = credentials_.takes_every_userhash()},
          kNonceLifetime},
      policy_{config_.allowed_peers},
      hash_{random.u64(), random.u64()},
      unauthenticated_{config_.limits.unauthenticated_per_second,
                       config_.limits.unauthenticated_burst, random.u64(), random.u64()},
      failures_{config_.limits.failures_per_second, config_.limits.failures_burst, random.u64(),
                random.u64()},
      by_path_{0, AddressHash{random.u64(), random.u64()}},
      by_relayed_{0, AddressHash{random.u64(), random.u64()}},
      relayed_ips_{0, AddressHash{random.u64(), random.u64()}},
      per_source_{0, AddressHash{random.u64(), random.u64()}} {
  random.fill(ticket_key_);
  random.fill(indication_id_);
}

Server::~Server() = default;

void Server::set_relay_address(const RelayAddress& address) {
  relay_addresses_[address.advertised.is_v4() ? 0 : 1] = address;
}

void Server::set_unix_time(Instant now, std::chrono::sys_seconds unix_time) {
  unix_epoch_ = unix_time - now.time_since_epoch();
}

void Server::handle_client(Instant now, const Path& path, std::span<const std::byte> bytes) {
  if (polled_) clear_sent();
  if (bytes.size() < kChannelHeaderSize) return refuse(Reason::Malformed);
  const unsigned first = std::to_integer<unsigned>(bytes[0]) >> 6;
  if (first == 1) return handle_channel_data(now, path, bytes);
  if (first == 0) return handle_message(now, path, bytes);
  refuse(Reason::Malformed);
}

void Server::handle_message(Instant now, const Path& path, std::span<const std::byte> bytes) {
  const auto message = stun::Message::parse(bytes);
  if (!message) return refuse(Reason::Malformed);
  const auto known = by_path_.find(path);
  const AllocationId id = known == by_path_.end() ? AllocationId{} : known->second;
  Request request{.now = now,
                  .path = path,
                  .message = *message,
                  .id = id,
                  .allocation = allocations_.find(id),
                  .moving = {},
                  .auth = std::nullopt};
  if (message->klass() == Class::Indication) {
    if (message->method() == Method::Send) handle_send(request);
    return;  // RFC 8489 §6.3.2: others are dropped; a Binding indication keeps a NAT's mind fresh
  }
  if (message->klass() != Class::Request) return refuse(Reason::Malformed);
  if (message->method() == Method::Binding) return handle_binding(request);
  handle_request(request);
}

void Server::handle_binding(Request& request) {
  const Path& path = request.path;
  if (request.allocation == nullptr && !unauthenticated_.take(request.now, path.client.address)) {
    return refuse(Reason::RateLimited);
  }
  // Over a stream no answer could come from elsewhere, nor go there (RFC 5780 §6.1).
  const stun::BindingServer& binding = path.is_stream() ? plain_binding_ : binding_;
  std::span<std::byte> buffer = next_answer();
  const std::size_t padding = request.message.text(AttributeType::Padding).size();
  const bool is_long = padding > kAnswerSize / 2 && padding <= kMaxPadding;
  if (is_long) buffer = padded_answers_.emplace_back(kAnswerSize + padding);
  const auto answer = binding.answer(request.message, path.client, path.local, buffer);
  if (!answer) return refuse(Reason::BadRequest);
  if (!is_long) ++answers_used_;
  ++counters_.bindings;
  Transmit transmit;
  transmit.payload = answer->message;
  transmit.path = path;
  transmit.path.local = answer->from;
  transmit.path.client = answer->to;
  transmits_.push_back(transmit);
}

void Server::handle_request(Request& request) {
  const Method method = request.message.method();
  switch (method) {
    case Method::Allocate:
    case Method::Refresh:
    case Method::CreatePermission:
    case Method::ChannelBind:
      break;
    default:
      // RFC 8489 §6.3: an error for a method that isn't supported would only echo garbage.
      return refuse(Reason::BadRequest);
  }
  const bool has_ticket = request.message.has(AttributeType::MobilityTicket);
  if (method == Method::Refresh && has_ticket && request.allocation == nullptr) {
    request.moving = find_ticket(request.message.text(AttributeType::MobilityTicket));
  }
  if (!authenticate(request)) return;
  stun::UnknownAttributes unknown;
  for (const stun::Attribute attribute : request.message) {
    if (!is_known_in_request(attribute.type)) unknown.add(attribute.type);
  }
  if (!unknown.empty()) return send_unknown(request, unknown);
  if (method == Method::Allocate) return handle_allocate(request);
  if (method == Method::Refresh && has_ticket && request.allocation == nullptr) {
    return move_allocation(request);
  }
  // RFC 8656 §5, §10.2, §12.2: without allocation 437, of another user 441.
  if (request.allocation == nullptr || request.allocation->opening != 0) {
    return send_error(request, ErrorCode::AllocationMismatch, Reason::AllocationMismatch);
  }
  if (request.auth->username != request.allocation->username) {
    return send_error(request, ErrorCode::WrongCredentials, Reason::OtherUser);
  }
  if (method == Method::Refresh) return handle_refresh(request);
  if (method == Method::CreatePermission) return handle_create_permission(request);
  handle_channel_bind(request);
}

/// Taken when answers_used_ counts it.
std::span<std::byte> Server::next_answer() {
  if (answers_used_ == answers_.size()) answers_.emplace_back();
  return answers_[answers_used_];
}

stun::Writer Server::begin(stun::MessageType type, const stun::TransactionId& id) {
  return stun::Writer{next_answer(), type, id};
}

void Server::send(stun::Writer& writer, const Path& path) {
  const auto bytes = writer.finish();
  DUET_CHECK(!bytes.empty());  // kAnswerSize is longer than any answer
  ++answers_used_;
  Transmit transmit;
  transmit.payload = bytes;
  transmit.path = path;
  transmits_.push_back(transmit);
}

void Server::send_signed(stun::Writer& writer, const Path& path, std::span<const std::byte> key,
                         bool sha256, bool fingerprint) {
  if (!config_.software.empty()) {
    writer.add(AttributeType::Software, std::string_view{config_.software}.substr(0, 64));
  }
  if (sha256) {
    writer.add_integrity_sha256(key);
  } else {
    writer.add_integrity_sha1(key);
  }
  if (fingerprint) writer.add_fingerprint();
  send(writer, path);
}

stun::Writer Server::begin_success(const Request& request) {
  return begin({Class::Success, request.message.method()}, request.message.id());
}

void Server::send_answer(const Request& request, stun::Writer& writer) {
  send_signed(writer, request.path, request.auth->key.bytes(), request.auth->sha256,
              request.message.has_fingerprint());
}

void Server::send_error(const Request& request, ErrorCode code, Reason reason) {
  refuse(reason);
  auto writer = begin({Class::Error, request.message.method()}, request.message.id());
  writer.add_error(code);
  send_answer(request, writer);
}

void Server::send_unknown(const Request& request, const stun::UnknownAttributes& unknown) {
  refuse(Reason::UnknownAttribute);
  auto writer = begin({Class::Error, request.message.method()}, request.message.id());
  writer.add_error(ErrorCode::UnknownAttribute);
  writer.add(AttributeType::UnknownAttributes, unknown.value());
  send_answer(request, writer);
}

void Server::handle_stream_closed(Instant now, const Path& path) {
  if (polled_) clear_sent();
  const auto known = by_path_.find(path);
  if (known == by_path_.end()) return;
  const AllocationId id = known->second;
  Allocation& allocation = *allocations_.find(id);
  if (!allocation.mobile || allocation.opening != 0) {
    return end_allocation(now, id, AllocationEnded::Why::ConnectionClosed);
  }
  // RFC 8016 §3.2: who has a ticket may come back by another path until the lifetime ends.
  allocation.connected = false;
  by_path_.erase(known);
}

void Server::handle_timeout(Instant now) {
  if (polled_) clear_sent();
  while (const auto id = expiries_.pop(now)) {
    Allocation* allocation = allocations_.find(*id);
    if (allocation == nullptr) continue;
    if (allocation->expiry <= now || allocation->opening != 0) {
      end_allocation(now, *id, AllocationEnded::Why::Expired);
    } else {
      look_again(now, *id, *allocation);
    }
  }
  while (const auto id = reservation_ends_.pop(now)) {
    const Relay* relay = relays_.find(*id);
    if (relay != nullptr && relay->token != 0 && relay->reserved_until <= now) remove_relay(*id);
  }
}

// Every allocation has one entry, never further away than the shortest lifetime: so a Refresh,
// which can't make it end earlier than that entry, needs no other.
void Server::look_again(Instant now, AllocationId id, const Allocation& allocation) {
  const Duration longest = allocation.opening != 0 ? kOpeningLifetime : kShortestLifetime;
  expiries_.push(std::min(allocation.expiry, now + longest), id,
                 [&](AllocationId other) { return allocations_.find(other) != nullptr; });
}

std::optional<Instant> Server::next_timeout() const {
  const auto expiry = expiries_.next();
  const auto end = reservation_ends_.next();
  if (!expiry || !end) return expiry ? expiry : end;
  return std::min(*expiry, *end);
}

std::span<const Transmit> Server::poll_transmits() {
  if (polled_) clear_sent();
  polled_ = true;
  return transmits_;
}

void Server::clear_sent() {
  polled_ = false;
  transmits_.clear();
  if (transmits_.capacity() > kKeptTransmits) transmits_.shrink_to_fit();
  answers_used_ = 0;
  padded_answers_.clear();
  if (answers_.size() > kKeptAnswers) answers_.resize(kKeptAnswers);
}

std::optional<Event> Server::poll_event() {
  if (events_.empty()) return std::nullopt;
  const Event event = events_.front();
  events_.pop_front();
  return event;
}

void Server::end_allocation(Instant now, AllocationId id, AllocationEnded::Why why) {
  Allocation& allocation = *allocations_.find(id);
  remove_relays(allocation);
  if (allocation.connected) by_path_.erase(allocation.path);
  const auto give_back = [](auto& counts, const auto& key) {
    const auto at = counts.find(key);
    if (at != counts.end() && --at->second == 0) counts.erase(at);
  };
  give_back(per_user_, allocation.user);
  give_back(per_source_, allocation.source);
  if (allocation.announced) {
    events_.push_back(AllocationEnded{id, allocation.path.transport, why, now - allocation.made,
                                      allocation.totals});
  }
  allocations_.erase(id);
  counters_.allocations = allocations_.size();
}

void Server::remove_relay(RelayId id) {
  const Relay* relay = relays_.find(id);
  if (relay == nullptr) return;
  if (relay->has_socket || relay->opening) events_.push_back(CloseRelaySocket{id});
  if (relay->token != 0) reservations_.erase(relay->token);
  by_relayed_.erase(relay->address);
  const auto at = relayed_ips_.find(relay->address.address);
  if (at != relayed_ips_.end() && --at->second == 0) relayed_ips_.erase(at);
  relays_.erase(id);
  counters_.relays = relays_.size();
}

}  // namespace duet::turn
