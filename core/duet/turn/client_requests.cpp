// SPDX-License-Identifier: MIT
// A TURN client's requests, and what becomes of them.
#include <duet/base/bytes.hpp>
#include <duet/base/check.hpp>
#include <duet/turn/client.hpp>

#include <algorithm>
#include <utility>

namespace duet::turn {
namespace {

using stun::AttributeType;
using stun::ErrorCode;
using stun::Method;
using Why = ClientEnded::Why;
using Next = ClientEnded::Next;
using Families = ClientOptions::Families;
using Port = ClientOptions::Port;

constexpr Duration kRefreshAhead = 60s;        // RFC 8656 §8: "roughly 1 minute before"
constexpr Duration kShortestRefresh = 5s;      // so that no server makes us ask without end
constexpr Duration kPermissionRefresh = 240s;  // of kPermissionLifetime, channels' as well
constexpr std::size_t kMaxTicket = 512;        // ours has 40 bytes; RFC 8016 sets no bound
constexpr std::size_t kMaxDomain = 255;        // RFC 8489 §14.16
// A nonce may run out at any time, and a realm change once; a server that always says so ends here.
constexpr int kMaxTries = 5;
// Longer than the longest: Login's and kMaxTicket's bounds, and 200 bytes of everything else.
constexpr std::size_t kMaxRequest = 3072;

/// What an answer may contain that its receiver must know.
bool is_known_in_answer(AttributeType type) {
  switch (type) {
    case AttributeType::MappedAddress:
    case AttributeType::Username:
    case AttributeType::ErrorCode:
    case AttributeType::UnknownAttributes:
    case AttributeType::ChannelNumber:
    case AttributeType::Lifetime:
    case AttributeType::XorPeerAddress:
    case AttributeType::Realm:
    case AttributeType::Nonce:
    case AttributeType::XorRelayedAddress:
    case AttributeType::RequestedAddressFamily:
    case AttributeType::EvenPort:
    case AttributeType::RequestedTransport:
    case AttributeType::DontFragment:
    case AttributeType::PasswordAlgorithm:
    case AttributeType::Userhash:
    case AttributeType::XorMappedAddress:
    case AttributeType::ReservationToken:
      return true;
    default:
      return !stun::is_comprehension_required(type);
  }
}

bool knows_everything_in(const stun::Message& answer) {
  for (const stun::Attribute attribute : answer) {
    if (!is_known_in_answer(attribute.type)) return false;
  }
  return true;
}

/// RFC 8489 §9.2.5: algorithms that the nonce promises and that are not there.
bool lacks_its_offer(const stun::Message& answer) {
  const auto features = stun::nonce_features(answer.text(AttributeType::Nonce));
  return features && features->password_algorithms &&
         !answer.has(AttributeType::PasswordAlgorithms);
}

bool lists(const stun::Message& answer, AttributeType type) {
  ByteReader in{answer.find(AttributeType::UnknownAttributes).value_or(std::span<std::byte>{})};
  while (in.size() >= 2) {
    if (in.u16() == static_cast<std::uint16_t>(type)) return true;
  }
  return false;
}

/// RFC 8656 §7.4.
Next next_after(ErrorCode code) {
  switch (code) {
    case ErrorCode::AllocationMismatch:
      return Next::AnotherPort;
    case ErrorCode::AllocationQuotaReached:
    case ErrorCode::InsufficientCapacity:
    case ErrorCode::ServerError:
      return Next::Wait;
    default:
      return Next::Nothing;
  }
}

ClientEnded refused(const stun::Message& answer, ErrorCode code) {
  ClientEnded ended{Why::Refused, next_after(code), code, {}, {}};
  if (code != ErrorCode::TryAlternate) return ended;
  const auto value = answer.find(AttributeType::AlternateServer);
  ended.alternate = value ? stun::parse_address(*value) : std::nullopt;
  if (!ended.alternate) return ended;
  ended.next = Next::Alternate;
  const std::string_view domain = answer.text(AttributeType::AlternateDomain);
  if (domain.size() <= kMaxDomain) ended.alternate_domain = domain;
  return ended;
}

constexpr ErrorCode kNoCode{};

/// The code in ERROR-CODE, or in ADDRESS-ERROR-CODE (RFC 8656 §18.12), which is alike.
ErrorCode code_in(const stun::Message& answer, AttributeType type) {
  const auto value = answer.find(type);
  if (!value) return kNoCode;
  const auto error = stun::parse_error_code(*value);
  return error ? error->code : kNoCode;
}

}  // namespace

void Client::ask(Instant now, Purpose purpose, const Endpoint& peer, int tries) {
  Method method{};
  switch (purpose) {
    case Purpose::Allocate:
      method = Method::Allocate;
      break;
    case Purpose::Refresh:
    case Purpose::Move:
    case Purpose::Release:
      method = Method::Refresh;
      break;
    case Purpose::Permit:
      method = Method::CreatePermission;
      break;
    case Purpose::Bind:
      method = Method::ChannelBind;
      break;
  }
  std::array<std::byte, kMaxRequest> buffer{};
  stun::TransactionId id{};
  random_.fill(id);
  stun::Writer writer{buffer, {stun::Class::Request, method}, id};
  if (method == Method::Allocate) write_allocate(writer);
  if (method == Method::Refresh) {
    if (purpose == Purpose::Release) {
      writer.add_u32(AttributeType::Lifetime, 0);
    } else if (options_.lifetime) {
      writer.add_u32(AttributeType::Lifetime,
                     static_cast<std::uint32_t>(options_.lifetime->count()));
    }
    if (is_on_new_path_) writer.add(AttributeType::MobilityTicket, ticket_);
  }
  if (method == Method::ChannelBind) {
    Channel* channel = find_channel(peer);
    DUET_CHECK(channel != nullptr);
    channel->asked = now;
    writer.add_u32(AttributeType::ChannelNumber, static_cast<std::uint32_t>(channel->number) << 16);
  }
  if (method == Method::ChannelBind || method == Method::CreatePermission) {
    writer.add_xor_address(AttributeType::XorPeerAddress, peer);
  }
  const auto signature = login_.sign(writer);
  const auto bytes = writer.finish();
  DUET_CHECK(!bytes.empty());
  requests_.push_back(
      {purpose, peer, {now, id, {bytes.begin(), bytes.end()}, carrier_}, signature, tries});
}

void Client::write_allocate(stun::Writer& writer) const {
  writer.add_u32(AttributeType::RequestedTransport, kUdp << 24);
  if (options_.lifetime) {
    writer.add_u32(AttributeType::Lifetime, static_cast<std::uint32_t>(options_.lifetime->count()));
  }
  if (options_.dont_fragment) writer.add_flag(AttributeType::DontFragment);
  if (options_.mobility) writer.add_flag(AttributeType::MobilityTicket);
  if (options_.reservation_token) {
    // RFC 8656 §7.1: it stands for everything that follows.
    writer.add(AttributeType::ReservationToken, *options_.reservation_token);
    return;
  }
  if (options_.port != Port::Any) {
    const bool next = options_.port == Port::EvenAndNext;
    writer.add(AttributeType::EvenPort, std::array{next ? std::byte{0x80} : std::byte{0}});
  }
  switch (options_.families) {
    case Families::Default:
      break;
    case Families::V4:
      writer.add_u32(AttributeType::RequestedAddressFamily, std::uint32_t{stun::kFamilyV4} << 24);
      break;
    case Families::V6:
      writer.add_u32(AttributeType::RequestedAddressFamily, std::uint32_t{stun::kFamilyV6} << 24);
      break;
    case Families::Both:
      writer.add_u32(AttributeType::AdditionalAddressFamily, std::uint32_t{stun::kFamilyV6} << 24);
      break;
  }
}

void Client::handle_answer(Instant now, const stun::Message& answer) {
  const auto at = std::find_if(requests_.begin(), requests_.end(),
                               [&](const Request& r) { return r.transaction.id() == answer.id(); });
  if (at == requests_.end()) return;
  const bool is_error = answer.klass() == stun::Class::Error;
  const auto code = is_error ? code_in(answer, AttributeType::ErrorCode) : kNoCode;
  const bool is_challenge = code == ErrorCode::Unauthenticated || code == ErrorCode::StaleNonce;
  // RFC 8489 §9.2.5: a challenge can't be signed. Everything else must be what only the server can
  // have made; refusals of a request that nobody signed are the exception.
  if (!is_challenge) {
    const bool is_signed = answer.has_integrity_sha1() || answer.has_integrity_sha256();
    if (lacks_its_offer(answer)) return;
    if (code == ErrorCode::BadRequest && !is_signed) return;
    const bool is_trusted = at->signature.version == 0 ? is_error || login_.is_anonymous()
                                                       : Login::is_authentic(answer, at->signature);
    if (!is_trusted) {
      at->is_forged = true;
      if (carrier_ == Carrier::Datagram) return;
      // Over a stream nothing better can come.
      const Request request = std::move(*at);
      requests_.erase(at);
      return handle_failure(now, request, {Why::Unprotected, Next::AnotherCarrier, {}, {}, {}});
    }
  }
  const Request request = std::move(*at);
  requests_.erase(at);
  if (is_challenge) return handle_challenge(now, request, answer, code);
  if (!knows_everything_in(answer) || (is_error && code == kNoCode)) {
    return handle_failure(now, request, {Why::Malformed, Next::Nothing, {}, {}, {}});
  }
  if (!is_error) return handle_success(now, request, answer);
  if (request.purpose == Purpose::Allocate && code == ErrorCode::UnknownAttribute &&
      options_.dont_fragment && lists(answer, AttributeType::DontFragment)) {
    // RFC 8656 §7.4: now we know.
    options_.dont_fragment = false;
    return ask(now, Purpose::Allocate, {}, request.tries);
  }
  handle_failure(now, request, refused(answer, code));
}

void Client::handle_challenge(Instant now, const Request& request, const stun::Message& answer,
                              ErrorCode code) {
  ClientEnded failure{Why::Refused, Next::Nothing, code, {}, {}};
  switch (login_.handle_challenge(answer, code, request.signature)) {
    case Login::Challenged::Retry:
      if (request.tries == kMaxTries) break;
      if (request.purpose == Purpose::Allocate && is_release_wanted_) return end({});
      return ask(now, request.purpose, request.peer, request.tries + 1);
    case Login::Challenged::Refused:
      break;
    case Login::Challenged::BidDown:
      failure.why = Why::BidDown;
      break;
    case Login::Challenged::Malformed:
      failure.why = Why::Malformed;
      break;
  }
  handle_failure(now, request, failure);
}

void Client::handle_success(Instant now, const Request& request, const stun::Message& answer) {
  switch (request.purpose) {
    case Purpose::Allocate:
      return handle_allocated(now, answer);
    case Purpose::Refresh:
    case Purpose::Move:
      return handle_refreshed(now, request, answer);
    case Purpose::Release:
      return end(farewell_);
    case Purpose::Permit: {
      Permission* permission = find_permission(request.peer.address);
      if (permission == nullptr) return;
      const bool is_new = !permission->expiry || *permission->expiry <= now;
      permission->expiry = now + kPermissionLifetime;
      if (!has_channel(permission->peer)) permission->due = now + kPermissionRefresh;
      if (is_new) events_.emplace_back(Permitted{permission->peer});
      return;
    }
    case Purpose::Bind: {
      Channel* channel = find_channel(request.peer);
      Permission* permission = find_permission(request.peer.address);
      if (channel == nullptr || permission == nullptr) return;
      const bool is_new = !channel->expiry || *channel->expiry <= now;
      channel->expiry = now + kChannelLifetime;
      // RFC 8656 §12.1: this refreshes the permission too, and permissions end earlier.
      channel->due = now + kPermissionRefresh;
      permission->expiry = now + kPermissionLifetime;
      if (is_new) events_.emplace_back(ChannelBound{channel->peer, channel->number});
      return;
    }
  }
}

void Client::set_lifetime(Instant now, const stun::Message& answer) {
  const Duration lifetime =
      std::chrono::seconds{answer.u32(AttributeType::Lifetime).value_or(kDefaultLifetime)};
  expiry_ = now + lifetime;
  refresh_at_ =
      now + std::max(kShortestRefresh,
                     lifetime > 2 * kRefreshAhead ? lifetime - kRefreshAhead : lifetime / 2);
}

void Client::learn_ticket(const stun::Message& answer) {
  const auto ticket = answer.find(AttributeType::MobilityTicket);
  if (!options_.mobility || !ticket || ticket->empty() || ticket->size() > kMaxTicket) return;
  ticket_.assign(ticket->begin(), ticket->end());
}

void Client::handle_allocated(Instant now, const stun::Message& answer) {
  phase_ = Phase::Allocated;
  set_lifetime(now, answer);
  learn_ticket(answer);
  if (is_release_wanted_) return give_back(now, {});
  Allocated made;
  for (const stun::Attribute attribute : answer) {
    if (attribute.type != AttributeType::XorRelayedAddress) continue;
    const auto relayed = stun::parse_xor_address(attribute.value, answer.id());
    if (!relayed || relayed->port == 0) continue;
    auto& place = relayed->address.is_v4() ? made.relayed_v4 : made.relayed_v6;
    if (!place) place = relayed;
  }
  const auto mapped = stun::find_xor_address(answer, AttributeType::XorMappedAddress);
  const bool has_wrong_family = (options_.families == Families::V4 && made.relayed_v6) ||
                                (options_.families == Families::V6 && made.relayed_v4);
  if (!mapped || (!made.relayed_v4 && !made.relayed_v6) || has_wrong_family) {
    // RFC 8656 §7.3: "MUST delete the allocation".
    return give_back(now, {Why::Malformed, Next::Nothing, {}, {}, {}});
  }
  made.mapped = *mapped;
  const ErrorCode lacking = code_in(answer, AttributeType::AddressErrorCode);
  if (lacking != kNoCode) made.lacking = lacking;
  const auto token = answer.find(AttributeType::ReservationToken);
  if (token && token->size() == ClientOptions::Token{}.size()) {
    std::copy(token->begin(), token->end(), made.next_port.emplace().begin());
  }
  events_.emplace_back(made);
  run_due(now);
}

void Client::handle_refreshed(Instant now, const Request& request, const stun::Message& answer) {
  set_lifetime(now, answer);
  learn_ticket(answer);
  if (request.purpose != Purpose::Move) return;
  is_on_new_path_ = false;
  phase_ = Phase::Allocated;
  events_.emplace_back(Moved{});
  run_due(now);
}

void Client::handle_failure(Instant now, const Request& request, ClientEnded failure) {
  switch (request.purpose) {
    case Purpose::Allocate:
      return end(is_release_wanted_ ? ClientEnded{} : std::move(failure));
    case Purpose::Release:
      return end(farewell_);  // RFC 8656 §8.3: what isn't there was given back
    case Purpose::Move:
      failure.next = Next::Again;
      return end(std::move(failure));
    case Purpose::Refresh:
    case Purpose::Permit:
    case Purpose::Bind:
      break;
  }
  if (failure.code == ErrorCode::AllocationMismatch) {  // RFC 8656 §8.3
    return end({Why::Lost, Next::Again, failure.code, {}, {}});
  }
  if (request.purpose == Purpose::Permit) return refuse_permission(now, request, failure);
  if (request.purpose == Purpose::Bind) return refuse_channel(now, request, failure);
  // The allocation is there until its time is over. Whom the server doesn't take any more waits for
  // another credential, everybody else tries again.
  if (failure.why != Why::Refused || failure.next == Next::Wait) {
    refresh_at_ = now + std::max(kShortestRefresh, (expiry_ - now) / 2);
  }
}

void Client::refuse_permission(Instant now, const Request& request, const ClientEnded& failure) {
  Permission* permission = find_permission(request.peer.address);
  if (permission == nullptr) return;
  if (!failure.code && permission->expiry) {  // granted before, and now no answer
    permission->due = now;
    return;
  }
  const IpAddress peer = permission->peer;
  std::erase_if(permissions_, [&](const Permission& p) { return p.peer == peer; });
  events_.emplace_back(PermissionRefused{peer, failure.code});
}

// Departs from RFC 8656 §12.3, which would have a 400 end the whole allocation: numbers are given
// once, so nothing can be out of step, and indications carry as well.
void Client::refuse_channel(Instant now, const Request& request, const ClientEnded& failure) {
  Channel* channel = find_channel(request.peer);
  if (channel == nullptr) return;
  if (!failure.code && channel->expiry) {
    channel->due = now;
    return;
  }
  channel->is_wanted = false;
  channel->expiry.reset();
  events_.emplace_back(ChannelRefused{channel->peer, failure.code});
  Permission* permission = find_permission(request.peer.address);
  if (permission != nullptr && !has_channel(permission->peer)) {
    permission->due = now;
    run_due(now);
  }
}

}  // namespace duet::turn
