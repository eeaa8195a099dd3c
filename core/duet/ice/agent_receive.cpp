// SPDX-License-Identifier: MIT
// An ICE agent: what comes in. Nothing that isn't authentic changes anything but a counter.
#include <duet/ice/agent.hpp>

#include <algorithm>
#include <utility>

namespace duet::ice {
namespace {

using stun::AttributeType;
using stun::Class;
using stun::ErrorCode;
using stun::Method;

/// Silence of the pair in use that is asked about, while the peer's payload comes by another one.
constexpr Duration kElsewhere = 200ms;

/// RFC 7983 §7: what begins with 0 to 3 is STUN and nothing else.
bool is_meant_as_stun(std::span<const std::byte> bytes) {
  return bytes.empty() || bytes[0] <= std::byte{3};
}

}  // namespace

std::optional<std::span<const std::byte>> Agent::handle_datagram(Instant now, const Endpoint& base,
                                                                 const Endpoint& remote,
                                                                 std::span<const std::byte> bytes) {
  if (!queries_.empty() && stun::looks_like_stun(bytes)) {
    // Servers don't sign what they say of addresses, and need no FINGERPRINT.
    const auto message = stun::Message::parse(bytes);
    const bool is_answer = message && message->method() == Method::Binding &&
                           (message->klass() == Class::Success || message->klass() == Class::Error);
    if (is_answer && handle_query_answer(now, base, remote, *message)) return std::nullopt;
  }
  for (Relay& relay : relays_) {
    if (relay.carrier == Carrier::Udp && relay.to == remote && relay.base == base) {
      return handle_relay_packet(now, relay, bytes);
    }
  }
  return handle_packet(now, Source{base, {}, {}}, remote, bytes);
}

std::optional<std::span<const std::byte>> Agent::handle_relay_packet(
    Instant now, Relay& relay, std::span<const std::byte> bytes) {
  if (!relay.client) return std::nullopt;
  const auto received = relay.client->handle_server(now, bytes);
  if (!received) {
    update(now);  // an answer, perhaps
    return std::nullopt;
  }
  if (received->icmp) return std::nullopt;
  return handle_packet(now, Source{{}, relay.id, {}}, received->peer, received->payload);
}

std::optional<std::span<const std::byte>> Agent::handle_packet(Instant now, const Source& source,
                                                               const Endpoint& remote,
                                                               std::span<const std::byte> bytes) {
  if (is_closed_) return std::nullopt;
  if (is_meant_as_stun(bytes)) {
    handle_stun(now, source, remote, bytes);
    return std::nullopt;
  }
  Pair* pair = sending_;
  if (pair == nullptr || pair->source != source || pair->to != remote) {
    pair = current_.checklist.find(source, remote);
    if (pair == nullptr && previous_) pair = previous_->checklist.find(source, remote);
  }
  if (pair == nullptr || (!pair->is_valid && !pair->is_heard)) {
    drop(Drop::NotFromPeer);
    return std::nullopt;
  }
  if (pair != sending_ && sending_ != nullptr && now >= sending_->heard + kElsewhere) {
    doubt_selected(now);
  }
  ++counters_.packets_received;
  counters_.bytes_received += bytes.size();
  ++pair->counters.packets_received;
  pair->counters.bytes_received += bytes.size();
  pair->counters.last_received = now;
  pair->heard = now;
  return bytes;
}

void Agent::handle_stun(Instant now, const Source& source, const Endpoint& remote,
                        std::span<const std::byte> bytes) {
  const auto message = stun::Message::parse(bytes);
  // RFC 8445 §7.1: every check and every answer has a FINGERPRINT.
  if (!message || !message->has_fingerprint()) return drop(Drop::NotStun);
  if (message->method() != Method::Binding) return drop(Drop::OtherMethod);
  switch (message->klass()) {
    case Class::Request:
      return handle_request(now, source, remote, *message);
    case Class::Success:
    case Class::Error:
      return handle_answer(now, source, remote, *message);
    case Class::Indication:  // RFC 8445 §11: a keepalive, which says nothing
      return;
  }
}

/// RFC 8445 §7.3.
void Agent::handle_request(Instant now, const Source& source, const Endpoint& remote,
                           const stun::Message& request) {
  const std::string_view username = request.text(AttributeType::Username);
  const std::size_t colon = username.find(':');
  const std::string_view ours = username.substr(0, colon);
  const std::string_view theirs =
      colon == std::string_view::npos ? std::string_view{} : username.substr(colon + 1);
  Generation* generation = &current_;
  if (ours != current_.local.ufrag) generation = previous_.get();
  if (generation == nullptr || ours != generation->local.ufrag || theirs.empty() ||
      theirs.size() > 256) {
    return drop(Drop::UnknownUfrag);
  }
  // Departs from RFC 8489 §9.1.3, which answers with 400 and 401: to a stranger we say nothing.
  if (!request.check_integrity_sha1(as_bytes(generation->local.pwd))) {
    return drop(Drop::WrongIntegrity);
  }
  const bool is_expected =
      generation->remote ? theirs == generation->remote->ufrag
                         : generation->heard_ufrag.empty() || theirs == generation->heard_ufrag;
  if (!is_expected) return drop(Drop::UnknownUfrag);
  // Under a relay policy, and before addresses are there, what isn't ours isn't answered.
  const LocalCandidate* local = find_base(source);
  if (local == nullptr) return drop(Drop::NotFromPeer);

  std::array<std::byte, kMaxCheckSize> buffer;
  const auto unknown = unknown_in(request);
  const auto content = read_check(request);
  if (!unknown.empty() || !content) {
    drop(Drop::Malformed);
    const auto code = unknown.empty() ? ErrorCode::BadRequest : ErrorCode::UnknownAttribute;
    return transmit(source, remote,
                    write_refusal(buffer, request.id(), code, generation->local, unknown));
  }
  if (!settle_roles(*content)) {
    return transmit(
        source, remote,
        write_refusal(buffer, request.id(), ErrorCode::RoleConflict, generation->local));
  }
  transmit(source, remote, write_answer(buffer, request.id(), remote, generation->local));
  if (Stream* stream = find_stream(source.stream)) {
    stream->is_proven = true;
    stream->deadline.reset();
  }
  if (generation != &current_) {
    if (Pair* pair = generation->checklist.find(source, remote)) count_request(now, *pair);
    return;
  }
  if (!generation->remote) generation->heard_ufrag = theirs;
  Pair* pair = learn_pair(now, source, remote, *local, content->priority);
  if (pair != nullptr) {
    count_request(now, *pair);
    handle_check_from_peer(now, *pair, content->use_candidate);
  }
  update(now);
}

void Agent::count_request(Instant now, Pair& pair) {
  pair.is_heard = true;
  pair.heard = now;
  ++pair.counters.requests_received;
  ++pair.counters.responses_sent;
}

/// RFC 8445 §7.3.1.1. False: the peer is to change its role.
bool Agent::settle_roles(const CheckContent& content) {
  if (content.role != role_) return true;
  const bool is_ours_greater = tie_breaker_ >= content.tie_breaker;
  // The greater one controls.
  if (is_ours_greater == (role_ == Role::Controlling)) return false;
  set_role_now(other(role_));
  return true;
}

const LocalCandidate* Agent::find_base(const Source& source) {
  const Stream* stream = find_stream(source.stream);
  for (const LocalCandidate& local : locals_) {
    if (!local.is_paired()) continue;
    const bool is_udp = local.candidate.protocol == Protocol::Udp;
    const bool is_here = stream != nullptr ? !is_udp && local.base == stream->local
                         : source.relay != RelayId{}
                             ? local.relay == source.relay
                             : is_udp && local.relay == RelayId{} && local.base == source.base;
    if (is_here) return &local;
  }
  return nullptr;
}

/// RFC 8445 §7.3.1.3: the pair that a check came on, with a peer-reflexive candidate if nobody told
/// us of one. Null if there are too many.
Pair* Agent::learn_pair(Instant now, const Source& source, const Endpoint& remote,
                        const LocalCandidate& local, std::uint32_t priority) {
  if (Pair* known = current_.checklist.find(source, remote)) {
    known->is_ready = true;  // what came through shows that the relay lets it
    return known;
  }
  const bool is_tcp = local.candidate.protocol == Protocol::Tcp;
  std::size_t reflexive = 0;
  RemoteCandidate* found = nullptr;
  for (RemoteCandidate& candidate : current_.remotes) {
    if (!candidate.is_told) ++reflexive;
    const bool is_same = candidate.is_resolved && candidate.candidate.endpoint == remote &&
                         candidate.candidate.protocol == local.candidate.protocol;
    if (is_same) found = &candidate;
  }
  if (found == nullptr) {
    if (reflexive >= config_.limits.peer_reflexive && !forget_failed_remote()) {
      drop(Drop::TooMany);
      return nullptr;
    }
    RemoteCandidate made;
    made.is_told = false;
    made.candidate.type = CandidateType::PeerReflexive;
    made.candidate.protocol = local.candidate.protocol;
    if (is_tcp) made.candidate.tcp_type = TcpType::Active;
    made.candidate.endpoint = remote;
    made.candidate.priority = priority;
    made.foundation = last_id_ + 1;
    made.id = CandidateId{++last_id_};
    // RFC 8445 §7.3.1.3: "an arbitrary value, different from the foundations of all other".
    made.candidate.foundation = 'p' + std::to_string(made.foundation);
    found = &current_.remotes.emplace_back(std::move(made));
  }
  Pair* pair = form_pair(now, local, *found, source);
  if (pair != nullptr) pair->is_ready = true;
  return pair;
}

/// In a long call behind a NAT that changes its mappings: the oldest peer-reflexive candidate that
/// leads nowhere any more makes room. False if all of them may.
bool Agent::forget_failed_remote() {
  const auto gone =
      std::find_if(current_.remotes.begin(), current_.remotes.end(), [&](const auto& remote) {
        const auto& pairs = current_.checklist.pairs();
        return !remote.is_told && std::none_of(pairs.begin(), pairs.end(), [&](const auto& pair) {
          return pair->remote == remote.id && pair->state != PairState::Failed;
        });
      });
  if (gone == current_.remotes.end()) return false;
  erase_pairs(current_, [id = gone->id](const Pair& pair) { return pair.remote == id; });
  current_.remotes.erase(gone);
  return true;
}

/// RFC 8445 §7.3.1.4 and §7.3.1.5.
void Agent::handle_check_from_peer(Instant now, Pair& pair, bool use_candidate) {
  pair.is_wanted_by_peer = use_candidate;
  if (config_.is_lite) {
    // RFC 8445 §7.3.2.
    if (!pair.is_valid) pair.first_valid = now;
    pair.is_valid = true;
    pair.state = PairState::Succeeded;
    pair.answered = now;
    if (use_candidate) handle_peer_nomination(now, pair);
    return;
  }
  switch (pair.state) {
    case PairState::Succeeded:  // "nothing further is done"
      if (use_candidate) handle_peer_nomination(now, pair);
      break;
    case PairState::InProgress:
      // Departs from RFC 8445 §7.3.1.4, which has another check take the place of this one: where
      // a round trip takes longer than the wait before a check is sent again, the checks of both
      // ends would replace each other before they are answered, without end.
      if (pair.check && pair.check->hurry(now)) transmit_check(now, current_, pair);
      break;
    case PairState::Waiting:
    case PairState::Frozen:
    case PairState::Failed:
      current_.checklist.trigger(pair);
      doubt_selected(now);
      break;
  }
}

/// A peer that seeks another way may have left the one in use: it is asked at once.
void Agent::doubt_selected(Instant now) {
  Pair* selected = current_.selected_pair();
  if (selected != nullptr && !selected->check) {
    selected->consent_due = std::min(selected->consent_due, now);
  }
}

/// Which of several nominated pairs is used. An aggressive peer (RFC 5245 §8.1.1.2) has
/// USE-CANDIDATE in every check: the highest priority counts. A peer that changes its mind, as
/// browsers do, stops having it in checks of the pair that it leaves: then the new one counts.
void Agent::handle_peer_nomination(Instant now, Pair& pair) {
  if (role_ != Role::Controlled) return;
  const Pair* selected = current_.selected_pair();
  const bool is_better = selected == nullptr || pair.priority > selected->priority ||
                         !selected->is_wanted_by_peer || !is_usable(now, *selected);
  if (is_better) return select(now, pair);
  pair.is_nominated = true;
}

/// RFC 8445 §7.2.5.
void Agent::handle_answer(Instant now, const Source& source, const Endpoint& remote,
                          const stun::Message& answer) {
  for (Generation* generation : {&current_, previous_.get()}) {
    if (generation == nullptr || !generation->remote) continue;
    for (const auto& pair : generation->checklist.pairs()) {
      std::optional<Check> check;
      if (pair->check && pair->check->is_answered_by(answer.id())) {
        check = pair->check;
      } else if (pair->cancelled && pair->cancelled->is_answered_by(answer.id())) {
        check = pair->cancelled;
      }
      if (!check) continue;
      if (!answer.check_integrity_sha1(as_bytes(generation->remote->pwd))) {
        return drop(Drop::ForgedAnswer);
      }
      ++pair->counters.responses_received;
      pair->heard = now;
      // RFC 8445 §7.2.5.2.1: "non-symmetric".
      if (pair->source != source || pair->to != remote) {
        fail_pair(now, *generation, *pair, std::nullopt);
      } else if (answer.klass() == Class::Success) {
        handle_success(now, *generation, *pair, *check, answer);
      } else {
        handle_refusal(now, *generation, *pair, *check, answer);
      }
      return update(now);
    }
  }
  drop(Drop::UnknownAnswer);
}

/// RFC 8445 §7.2.5.3.
void Agent::handle_success(Instant now, Generation& generation, Pair& pair, const Check& check,
                           const stun::Message& answer) {
  const auto mapped = stun::find_xor_address(answer, AttributeType::XorMappedAddress);
  if (!mapped || !unknown_in(answer).empty()) {
    return fail_pair(now, generation, pair, std::nullopt);
  }
  const Duration round_trip = check.round_trip(now, answer.id());
  pair.round_trips.add(round_trip);
  pair.counters.current_round_trip = round_trip;
  pair.counters.total_round_trip += round_trip;
  pair.check.reset();
  pair.cancelled.reset();
  generation.checklist.untrigger(pair.id);
  pair.state = PairState::Succeeded;
  pair.answered = now;
  pair.consent_due = next_consent(now);
  if (!pair.is_valid) {
    pair.is_valid = true;
    pair.first_valid = now;
    pair.mapped = learn_mapped(now, pair, *mapped);
    generation.checklist.unfreeze(pair.foundation);
  }
  if (Stream* stream = find_stream(pair.source.stream)) stream->is_proven = true;
  emit(CheckAnswered{pair.id, check.is_nominating(), round_trip});
  if (&generation != &current_) return;
  if (check.is_nominating() && role_ == Role::Controlling) select(now, pair);
  if (pair.is_wanted_by_peer && role_ == Role::Controlled) handle_peer_nomination(now, pair);
}

/// RFC 8445 §7.2.5.3.1: as which of our candidates the peer sees us; a peer-reflexive one if none.
CandidateId Agent::learn_mapped(Instant now, const Pair& pair, const Endpoint& mapped) {
  const LocalCandidate* local = find_local(pair.local);
  if (local == nullptr) return {};
  std::size_t reflexive = 0;
  for (const LocalCandidate& known : locals_) {
    const bool is_same = known.address == mapped && known.base == local->base &&
                         known.candidate.protocol == local->candidate.protocol;
    if (is_same) return known.id;
    if (known.candidate.type == CandidateType::PeerReflexive) ++reflexive;
  }
  if (reflexive >= config_.limits.peer_reflexive) return pair.local;
  LocalCandidate made;
  made.candidate.type = CandidateType::PeerReflexive;
  made.candidate.protocol = local->candidate.protocol;
  made.candidate.tcp_type = local->candidate.tcp_type;
  made.candidate.related = local->base;
  made.address = mapped;
  made.base = local->base;
  made.local_preference = local->local_preference;
  made.is_told = false;
  const LocalCandidate* added = add_local(now, std::move(made));
  return added != nullptr ? added->id : pair.local;
}

/// RFC 8445 §7.2.5.1 and §7.2.5.2.
void Agent::handle_refusal(Instant now, Generation& generation, Pair& pair, const Check& check,
                           const stun::Message& answer) {
  // Of a check that was cancelled: another one is on its way, or the roles are settled.
  if (!pair.check || !pair.check->is_answered_by(answer.id())) return;
  const auto value = answer.find(AttributeType::ErrorCode);
  const auto error = value ? stun::parse_error_code(*value) : std::nullopt;
  if (!error) return fail_pair(now, generation, pair, std::nullopt);
  if (error->code == ErrorCode::RoleConflict && &generation == &current_) {
    set_role_now(other(role_));
    tie_breaker_ = random_.u64();  // RFC 8445 §7.2.5.1
    return;
  }
  if (check.kind() == Check::Kind::Consent && error->code != ErrorCode::Forbidden) return;
  // RFC 7675 §5.2: 403 takes consent back.
  if (error->code == ErrorCode::Forbidden) pair.answered = now - kConsent;
  fail_pair(now, generation, pair, error->code);
}

}  // namespace duet::ice
