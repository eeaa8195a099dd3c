// SPDX-License-Identifier: MIT
// An ICE agent: its own addresses and candidates.
#include <duet/crypto/digest.hpp>
#include <duet/ice/agent.hpp>
#include <duet/stun/writer.hpp>

#include <algorithm>
#include <cstdio>
#include <set>
#include <string>
#include <utility>

namespace duet::ice {
namespace {

/// RFC 8445 §11, Tr: a NAT keeps a mapping for longer than this (RFC 4787 §4.3: two minutes, in
/// practice half of one).
constexpr Duration kKeepalive = 15s;
constexpr int kMaxRedirects = 3;  // ALTERNATE-SERVER after ALTERNATE-SERVER (RFC 8489 §10)

/// A random UUID (RFC 4122 §4.4), as draft-ietf-mmusic-mdns-ice-candidates-03 §3.1.1 names hosts.
std::string random_uuid(Random& random) {
  std::array<std::byte, 16> bytes{};
  random.fill(bytes);
  bytes[6] = (bytes[6] & std::byte{0x0F}) | std::byte{0x40};
  bytes[8] = (bytes[8] & std::byte{0x3F}) | std::byte{0x80};
  std::string text = crypto::hex(bytes);
  for (const std::size_t at : {20, 16, 12, 8}) text.insert(at, 1, '-');
  return text;
}

constexpr turn::Client::Carrier stun_carrier(Carrier carrier) {
  return carrier == Carrier::Udp ? turn::Client::Carrier::Datagram : turn::Client::Carrier::Stream;
}

}  // namespace

const LocalAddress* Agent::find_address(const Endpoint& base, bool is_tcp) const {
  for (const LocalAddress& address : addresses_) {
    if (address.base == base && address.tcp.has_value() == is_tcp) return &address;
  }
  return nullptr;
}

Relay* Agent::find_relay(RelayId id) {
  const auto at = std::find_if(relays_.begin(), relays_.end(),
                               [&](const Relay& relay) { return relay.id == id; });
  return at == relays_.end() ? nullptr : &*at;
}

const LocalCandidate* Agent::find_local(CandidateId id) const {
  for (const LocalCandidate& local : locals_) {
    if (local.id == id) return &local;
  }
  return nullptr;
}

void Agent::add_local_address(Instant now, const Endpoint& base) {
  add_address(now, base, std::nullopt);
}

void Agent::add_local_tcp_address(Instant now, const Endpoint& base) {
  add_address(now, base, base.port == 0 ? TcpType::Active : TcpType::Passive);
}

bool Agent::is_allowed(const IpAddress& address) const {
  if (address.is_loopback()) return config_.allows_loopback;
  const unsigned first = address.bytes()[0];
  const bool is_multicast = address.is_v4() ? first >= 224 : first == 0xFF;
  return !is_multicast && !address.is_unspecified();
}

/// The first number that no address of this family has: addresses keep theirs while others go.
std::uint32_t Agent::rank_for(IpAddress::Family family) const {
  std::set<std::uint32_t> taken;
  for (const LocalAddress& address : addresses_) {
    if (address.base.address.family() == family) taken.insert(address.rank);
  }
  std::uint32_t rank = 0;
  while (taken.contains(rank)) ++rank;
  return rank;
}

std::string Agent::name_of(const IpAddress& ip) {
  for (const LocalAddress& address : addresses_) {
    if (address.base.address == ip) return address.name;
  }
  std::string name = random_uuid(random_) + ".local";
  emit(NameMade{name, ip});
  return name;
}

void Agent::add_address(Instant now, const Endpoint& base, std::optional<TcpType> tcp) {
  const IpAddress& ip = base.address;
  // A link-local IPv6 address means nothing without its zone, which candidates don't carry.
  const bool is_zoned = !ip.is_v4() && ip.is_link_local();
  if (is_closed_ || !is_allowed(ip) || is_zoned) return;
  if (find_address(base, tcp.has_value()) != nullptr) return;
  if (addresses_.size() >= config_.limits.local_addresses) return drop(Drop::TooMany);
  LocalAddress address{base, tcp, 0, {}};
  const auto same = std::find_if(addresses_.begin(), addresses_.end(),
                                 [&](const LocalAddress& a) { return a.base.address == ip; });
  address.rank = same != addresses_.end() ? same->rank : rank_for(ip.family());
  if (config_.hides_addresses && config_.policy == Policy::All) address.name = name_of(ip);
  addresses_.push_back(address);
  gathering_deadline_ = now + kGatherPatience;
  if (config_.policy == Policy::All) add_host(now, address);
  if (!config_.is_lite) ask_servers(now, address);
  update(now);
}

std::uint32_t Agent::foundation_of(CandidateType type, Protocol protocol, const IpAddress& base,
                                   const std::optional<Endpoint>& server) const {
  // RFC 8445 §5.1.1.3. Keyed, so that it doesn't tell an address that is hidden.
  std::string key{static_cast<char>(type), static_cast<char>(protocol)};
  key += base.to_string();
  if (server) key += '/' + server->address.to_string();
  return static_cast<std::uint32_t>(hash_(key));
}

void Agent::add_host(Instant now, const LocalAddress& address) {
  LocalCandidate host;
  Candidate& candidate = host.candidate;
  candidate.type = CandidateType::Host;
  candidate.protocol = address.tcp ? Protocol::Tcp : Protocol::Udp;
  candidate.tcp_type = address.tcp;
  candidate.name = address.name;
  host.address = address.base;
  host.base = address.base;
  if (address.tcp == TcpType::Active) host.address.port = kActivePort;
  host.local_preference =
      local_preference(address.base.address.family(), address.rank, 0, address.tcp);
  add_local(now, std::move(host));
}

/// Completes and adds a candidate; null if it is redundant (RFC 8445 §5.1.3): those of higher
/// priority are found first.
const LocalCandidate* Agent::add_local(Instant now, LocalCandidate local) {
  Candidate& candidate = local.candidate;
  for (const LocalCandidate& known : locals_) {
    const bool is_same = known.address == local.address && known.base == local.base &&
                         known.candidate.protocol == candidate.protocol &&
                         known.candidate.tcp_type == candidate.tcp_type;
    if (is_same) return nullptr;
  }
  local.id = CandidateId{++last_id_};
  const Relay* relay = find_relay(local.relay);
  const IpAddress& base = relay != nullptr ? relay->base.address : local.base.address;
  local.foundation = foundation_of(candidate.type, candidate.protocol, base, local.server_endpoint);
  candidate.foundation = std::to_string(local.foundation);
  candidate.priority =
      priority_of(type_preference(candidate.type, candidate.protocol,
                                  relay != nullptr ? relay->carrier : Carrier::Udp),
                  local.local_preference);
  candidate.endpoint.port = local.address.port;
  if (!candidate.is_named()) candidate.endpoint.address = local.address.address;
  if (candidate.type != CandidateType::Host) {
    // draft-ietf-mmusic-mdns-ice-candidates-03 §3.1.2.2: nor by way of raddr.
    const bool is_hidden = config_.hides_addresses || config_.policy == Policy::Relay;
    if (is_hidden || !candidate.related) candidate.related = Endpoint{};
    if (is_hidden && !base.is_v4()) candidate.related->address = IpAddress::v6({});
  }
  const LocalCandidate& added = locals_.emplace_back(std::move(local));
  if (added.is_told) tell(added);
  if (added.is_paired() && needs_better(now)) form_pairs(now);
  return &added;
}

void Agent::tell(const LocalCandidate& local) {
  emit(LocalCandidateFound{local.id, local.candidate});
}

void Agent::ask_relay(Instant now, std::size_t server, const LocalAddress& address) {
  if (relays_.size() >= config_.limits.relays) return drop(Drop::TooMany);
  const Server& asked = config_.servers[server];
  Relay relay;
  relay.id = RelayId{++last_id_};
  relay.server = server;
  relay.carrier = asked.carrier;
  relay.to = asked.endpoint;
  relay.base = address.base;
  relay.credential = asked.credential;
  relay.host = asked.host;
  relays_.push_back(std::move(relay));
  open_relay(now, relays_.back());
}

void Agent::open_relay(Instant now, Relay& relay) {
  relay.client.reset();
  if (relay.carrier == Carrier::Udp) {
    relay.client =
        std::make_unique<turn::Client>(now, random_, stun_carrier(relay.carrier), relay.credential);
    return;
  }
  relay.base.port = 0;
  relay.stream = want_stream(relay.carrier, Framing::Stun, relay.base, relay.to, relay.id);
  if (relay.stream == StreamId{}) relay.is_settled = true;
}

void Agent::handle_query_timeouts(Instant now) {
  for (Query& query : queries_) {
    const bool is_due = !query.request && query.again <= now && !current_.selected;
    if (is_due)
      query.request.emplace(now, random_, Check::Kind::Ordinary, 2 * config_.initial_rtt, false);
    if (!query.request) continue;
    switch (query.request->handle_timeout(now)) {
      case Check::Due::Nothing:
        break;
      case Check::Due::GiveUp:
        if (!query.is_settled) tell_failure(query.server, query.base, std::nullopt);
        query.is_settled = true;
        query.request.reset();
        query.again = now + kKeepalive;
        break;
      case Check::Due::Send: {
        std::array<std::byte, 64> buffer;
        stun::Writer writer{
            buffer, {stun::Class::Request, stun::Method::Binding}, query.request->id()};
        writer.add_fingerprint();
        transmit(Source{query.base, {}, {}}, query.to, writer.finish());
        break;
      }
    }
  }
}

bool Agent::handle_query_answer(Instant now, const Endpoint& base, const Endpoint& from,
                                const stun::Message& message) {
  const auto at = std::find_if(queries_.begin(), queries_.end(), [&](const Query& query) {
    return query.request && query.base == base && query.to == from &&
           query.request->is_answered_by(message.id());
  });
  if (at == queries_.end()) return false;
  Query& query = *at;
  query.request.reset();
  query.again = now + kKeepalive;
  const bool was_settled = std::exchange(query.is_settled, true);
  const auto mapped = stun::find_xor_address(message, stun::AttributeType::XorMappedAddress);
  if (message.klass() == stun::Class::Success && mapped) {
    add_reflexive(now, *mapped, base, query.server, from);
  } else if (!was_settled) {
    const auto value = message.find(stun::AttributeType::ErrorCode);
    const auto error = value ? stun::parse_error_code(*value) : std::nullopt;
    tell_failure(query.server, base, error ? std::optional{error->code} : std::nullopt);
  }
  update(now);
  return true;
}

void Agent::add_reflexive(Instant now, const Endpoint& mapped, const Endpoint& base,
                          std::size_t server, const Endpoint& at) {
  const LocalAddress* address = find_address(base, false);
  const bool is_useful = address != nullptr && config_.policy == Policy::All && mapped.port != 0 &&
                         is_allowed(mapped.address) &&
                         mapped.address.family() == base.address.family();
  if (!is_useful) return;
  // A NAT has changed the mapping: what it was before leads nowhere.
  std::erase_if(locals_, [&](const LocalCandidate& known) {
    return known.candidate.type == CandidateType::ServerReflexive && known.base == base &&
           known.server_endpoint == at && known.address != mapped;
  });
  LocalCandidate reflexive;
  reflexive.candidate.type = CandidateType::ServerReflexive;
  reflexive.candidate.related = base;
  reflexive.address = mapped;
  reflexive.base = base;
  if (server != kFormerServer) reflexive.server = server;
  reflexive.server_endpoint = at;
  reflexive.local_preference = local_preference(base.address.family(), address->rank,
                                                static_cast<std::uint32_t>(server), std::nullopt);
  add_local(now, std::move(reflexive));
}

void Agent::handle_relay_events(Instant now) {
  std::vector<std::pair<RelayId, turn::ClientEnded>> ended;
  for (Relay& relay : relays_) {
    if (!relay.client) continue;
    while (auto event = relay.client->poll_event()) {
      if (const auto* allocated = std::get_if<turn::Allocated>(&*event)) {
        handle_allocated(now, relay, *allocated);
      } else if (const auto* permitted = std::get_if<turn::Permitted>(&*event)) {
        relay.permitted.push_back(permitted->peer);
        for (const auto& pair : current_.checklist.pairs()) {
          const bool is_meant =
              pair->source.relay == relay.id && pair->to.address == permitted->peer;
          if (is_meant) pair->is_ready = true;
        }
      } else if (const auto* refused = std::get_if<turn::PermissionRefused>(&*event)) {
        std::erase(relay.permitted, refused->peer);
        for (const auto& pair : current_.checklist.pairs()) {
          const bool is_meant = pair->source.relay == relay.id && pair->to.address == refused->peer;
          if (is_meant) fail_pair(now, current_, *pair, refused->code);
        }
      } else if (auto* end = std::get_if<turn::ClientEnded>(&*event)) {
        ended.emplace_back(relay.id, std::move(*end));
      }
    }
  }
  for (const auto& [id, why] : ended) {
    if (Relay* relay = find_relay(id)) handle_relay_ended(now, *relay, why);
  }
}

void Agent::handle_allocated(Instant now, Relay& relay, const turn::Allocated& allocated) {
  relay.is_settled = true;
  relay.relayed = allocated.relayed_v4 ? allocated.relayed_v4 : allocated.relayed_v6;
  if (is_closed_ || !is_allowed(relay.relayed->address)) return;
  if (relay.carrier == Carrier::Udp) {
    // RFC 8445 §5.1.1.2.
    add_reflexive(now, allocated.mapped, relay.base, relay.server, relay.to);
  }
  const auto address = std::find_if(
      addresses_.begin(), addresses_.end(),
      [&](const LocalAddress& known) { return known.base.address == relay.base.address; });
  LocalCandidate local;
  local.candidate.type = CandidateType::Relay;
  local.candidate.related = allocated.mapped;
  local.address = *relay.relayed;
  local.base = *relay.relayed;
  local.relay = relay.id;
  if (relay.server != kFormerServer) local.server = relay.server;
  local.server_endpoint = relay.to;
  local.local_preference = local_preference(relay.relayed->address.family(),
                                            address == addresses_.end() ? 0 : address->rank,
                                            static_cast<std::uint32_t>(relay.server), std::nullopt);
  add_local(now, std::move(local));
}

void Agent::handle_relay_ended(Instant now, Relay& relay, const turn::ClientEnded& ended) {
  const bool is_redirected = ended.next == turn::ClientEnded::Next::Alternate && !is_closed_ &&
                             relay.carrier != Carrier::Tls && relay.redirects < kMaxRedirects &&
                             *ended.alternate != relay.to &&
                             ended.alternate->address.family() == relay.to.address.family() &&
                             is_allowed(ended.alternate->address);
  if (is_redirected) {
    ++relay.redirects;
    relay.to = *ended.alternate;
    if (relay.stream != StreamId{}) drop_stream(std::exchange(relay.stream, StreamId{}));
    return open_relay(now, relay);
  }
  if (!is_closed_ && !relay.relayed) tell_failure(relay.server, relay.base, ended.code);
  remove_relay(now, relay.id);
}

void Agent::remove_relay(Instant now, RelayId id) {
  const Relay* relay = find_relay(id);
  if (relay == nullptr) return;
  const StreamId stream = relay->stream;
  std::erase_if(relays_, [&](const Relay& r) { return r.id == id; });
  if (stream != StreamId{}) drop_stream(stream);
  erase_locals(now, [&](const LocalCandidate& local) { return local.relay == id; });
}

/// With candidates go their pairs; a selected one is lost now.
void Agent::erase_locals(Instant now, const std::function<bool(const LocalCandidate&)>& is_gone) {
  const auto is_dead = [&](const Pair& pair) {
    const LocalCandidate* local = find_local(pair.local);
    return local == nullptr || is_gone(*local);
  };
  const bool had_selected = current_.selected.has_value();
  erase_pairs(current_, is_dead);
  if (had_selected && !current_.selected) current_.lost = now;
  if (previous_) {
    erase_pairs(*previous_, is_dead);
    if (previous_->selected_pair() == nullptr) end_previous();
  }
  std::erase_if(locals_, is_gone);
}

void Agent::remove_local_address(Instant now, const Endpoint& base) {
  if (is_closed_) return;
  const auto is_here = [&](const Endpoint& other) {
    return other == base || (other.port == 0 && other.address == base.address);
  };
  std::erase_if(addresses_, [&](const LocalAddress& address) { return address.base == base; });
  const bool has_other = std::any_of(
      addresses_.begin(), addresses_.end(),
      [&](const LocalAddress& address) { return address.base.address == base.address; });
  std::erase_if(queries_, [&](const Query& query) { return query.base == base; });
  std::vector<RelayId> dead;
  for (const Relay& relay : relays_) {
    const bool is_dead =
        relay.carrier == Carrier::Udp ? relay.base == base : !has_other && is_here(relay.base);
    if (is_dead) dead.push_back(relay.id);
  }
  for (const RelayId id : dead) remove_relay(now, id);
  const bool had_selected = current_.selected.has_value();
  erase_locals(now, [&](const LocalCandidate& local) { return local.base == base; });
  update(now);
  if (had_selected && !current_.selected && state_ != State::Disconnected) handle_loss(now);
}

void Agent::end_of_local_addresses(Instant now) {
  has_all_addresses_ = true;
  if (!gathering_deadline_) gathering_deadline_ = now;
  update(now);
}

void Agent::update_gathering(Instant now) {
  const bool is_waiting =
      std::any_of(queries_.begin(), queries_.end(), [](const Query& q) { return !q.is_settled; }) ||
      std::any_of(relays_.begin(), relays_.end(), [](const Relay& r) { return !r.is_settled; });
  const bool is_over = !is_waiting || (gathering_deadline_ && now >= *gathering_deadline_);
  GatheringState next = gathering_state_;
  if (gathering_state_ == GatheringState::New && gathering_deadline_) {
    next = GatheringState::Gathering;
  } else if (gathering_state_ == GatheringState::Gathering && has_all_addresses_ && is_over) {
    next = GatheringState::Complete;
  }
  if (next == gathering_state_) return;
  gathering_state_ = next;
  emit(GatheringStateChanged{next});
  if (next == GatheringState::Gathering) update_gathering(now);
}

}  // namespace duet::ice
