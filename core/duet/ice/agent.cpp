// SPDX-License-Identifier: MIT
// An ICE agent: time, checks that go out, and the way of payload.
#include <duet/ice/agent.hpp>

#include <algorithm>
#include <utility>

namespace duet::ice {
namespace {

/// RFC 7675 §5.1: 5 s, times 0.8 to 1.2.
constexpr Duration kConsentInterval = 5s;
/// Where something came and then nothing comes for as long, consent is asked for early: so a path
/// that breaks under media is seen after a second, not after six.
constexpr Duration kSilence = 1s;

void take_earlier(std::optional<Instant>& earliest, std::optional<Instant> other) {
  if (other && (!earliest || *other < *earliest)) earliest = other;
}

}  // namespace

Agent::Agent(Random& random, Config config)
    : random_{random},
      config_{std::move(config)},
      hash_{random.u64(), random.u64()},
      role_{config_.role},
      tie_breaker_{random.u64()},
      current_{Checklist{config_.limits.pairs}} {
  current_.local = config_.credentials ? *config_.credentials : Credentials::make(random_);
}

Agent::~Agent() = default;

void Agent::emit(Event event) { events_.push_back(std::move(event)); }

std::optional<Event> Agent::poll_event() {
  if (events_polled_ == events_.size()) {
    events_.clear();
    events_polled_ = 0;
    return std::nullopt;
  }
  return std::move(events_[events_polled_++]);
}

void Agent::update(Instant now) {
  handle_relay_events(now);
  if (is_closed_) return;
  update_sending(now);
  check_consent(now);
  nominate(now);
  run_checks(now);
  update_gathering(now);
  update_state(now);
}

bool Agent::is_checking() const { return current_.remote && !config_.is_lite && !is_closed_; }

void Agent::run_checks(Instant now) {
  if (!is_checking()) return;
  while (pacer_.may_send(now)) {
    Pair* pair = current_.checklist.next();
    if (pair == nullptr) return;
    pacer_.take(now);
    start_check(now, *pair, Check::Kind::Ordinary);
  }
}

void Agent::start_check(Instant now, Pair& pair, Check::Kind kind) {
  if (kind == Check::Kind::Ordinary) pair.state = PairState::InProgress;
  if (pair.check) pair.cancelled = std::move(pair.check);
  pair.check.reset();
  const bool is_stream = !pair.is_udp;
  if (is_stream && pair.source.stream == StreamId{}) {
    const LocalCandidate* local = find_local(pair.local);
    if (local == nullptr) return fail_pair(now, current_, pair, std::nullopt);
    const StreamId stream =
        want_stream(Carrier::Tcp, Framing::Rfc4571, local->base, pair.to, RelayId{});
    if (stream == StreamId{}) return fail_pair(now, current_, pair, std::nullopt);
    find_stream(stream)->deadline = now + Check::kPatience;
    pair.source.stream = stream;
    return;  // the check begins with the connection
  }
  const Duration rto = pair.round_trips.rto(config_.initial_rtt);
  pair.check.emplace(now, random_, kind, rto, is_stream);
  Generation& generation = current_.checklist.find(pair.id) == &pair ? current_ : *previous_;
  transmit_check(now, generation, pair);
}

void Agent::transmit_check(Instant now, Generation& generation, Pair& pair) {
  switch (pair.check->handle_timeout(now)) {
    case Check::Due::Nothing:
      return;
    case Check::Due::GiveUp:
      return fail_pair(now, generation, pair, std::nullopt);
    case Check::Due::Send:
      break;
  }
  const LocalCandidate* local = find_local(pair.local);
  if (local == nullptr || !generation.remote) return;
  const CheckContent content{
      .role = role_,
      .tie_breaker = tie_breaker_,
      // RFC 8445 §7.1.1: what a peer-reflexive candidate found by this check would have.
      .priority =
          priority_of(type_preference(CandidateType::PeerReflexive, local->candidate.protocol),
                      local->local_preference),
      .use_candidate = pair.check->is_nominating(),
  };
  std::array<std::byte, kMaxCheckSize> buffer;
  transmit(pair.source, pair.to,
           write_check(buffer, pair.check->id(), generation.local, *generation.remote, content));
  if (pair.check->kind() == Check::Kind::Consent) {
    ++pair.counters.consent_requests_sent;
  } else {
    ++pair.counters.requests_sent;
  }
  emit(CheckSent{pair.id, pair.check->is_nominating(), pair.check->transmissions()});
}

void Agent::fail_pair(Instant now, Generation& generation, Pair& pair,
                      std::optional<stun::ErrorCode> code) {
  pair.check.reset();
  pair.cancelled.reset();
  pair.state = PairState::Failed;
  pair.is_valid = false;
  generation.checklist.untrigger(pair.id);
  emit(CheckFailed{pair.id, code});
  const LocalCandidate* local = find_local(pair.local);
  if (local != nullptr && local->candidate.tcp_type == TcpType::Active) {
    drop_stream(std::exchange(pair.source.stream, StreamId{}));  // may be opened again
  }
  if (generation.selected != pair.id) return;
  generation.selected.reset();
  generation.is_concluded = false;
  generation.lost = pair.answered;
  if (&generation == previous_.get()) previous_ends_ = now;
}

void Agent::erase_pairs(Generation& generation,
                        const std::function<bool(const Pair&)>& is_unwanted) {
  generation.checklist.erase_if([&](const Pair& pair) {
    if (!is_unwanted(pair)) return false;
    if (pair.source.stream != StreamId{}) drop_stream(pair.source.stream);
    if (sending_ == &pair) sending_ = nullptr;
    return true;
  });
  if (!generation.selected || generation.selected_pair() != nullptr) return;
  generation.selected.reset();
  generation.is_concluded = false;
}

void Agent::handle_check_timeouts(Instant now, Generation& generation) {
  for (const auto& pair : generation.checklist.pairs()) {
    if (pair->check && pair->check->next_timeout() <= now) transmit_check(now, generation, *pair);
    const bool is_in_use = pair.get() == sending_ || pair->id == generation.selected ||
                           (pair->check && pair->check->kind() == Check::Kind::Consent);
    if (is_in_use && now >= pair->answered + kConsent) {
      fail_pair(now, generation, *pair, std::nullopt);
    }
  }
}

Instant Agent::consent_due(const Pair& pair) const {
  const auto received = pair.counters.last_received;
  if (!received || *received <= pair.answered) return pair.consent_due;
  return std::min(pair.consent_due, *received + kSilence);
}

void Agent::check_consent(Instant now) {
  if (sending_ == nullptr || sending_->check || config_.is_lite) return;
  if (consent_due(*sending_) <= now) start_check(now, *sending_, Check::Kind::Consent);
}

Instant Agent::next_consent(Instant now) {
  const auto share = static_cast<std::int64_t>(random_.u64() % 4001);  // of ten thousand
  return now + kConsentInterval * 8 / 10 + kConsentInterval * share / 10000;
}

void Agent::handle_timeout(Instant now) {
  for (Relay& relay : relays_) {
    if (relay.client) relay.client->handle_timeout(now);
  }
  if (!is_closed_) {
    handle_stream_timeouts(now);
    handle_check_timeouts(now, current_);
    if (previous_) handle_check_timeouts(now, *previous_);
    if (previous_ends_ && *previous_ends_ <= now) end_previous();
    handle_query_timeouts(now);  // asked again once no pair is selected any more
  }
  update(now);
}

std::optional<Instant> Agent::next_timeout() const {
  std::optional<Instant> next;
  for (const Relay& relay : relays_) {
    if (relay.client) take_earlier(next, relay.client->next_timeout());
  }
  if (is_closed_) return next;
  for (const Query& query : queries_) {
    if (query.request) take_earlier(next, query.request->next_timeout());
    if (!query.request && !current_.selected) take_earlier(next, query.again);
  }
  for (const Stream& stream : streams_) take_earlier(next, stream.deadline);
  for (const Generation* generation :
       {&current_, static_cast<const Generation*>(previous_.get())}) {
    if (generation == nullptr) continue;
    for (const auto& pair : generation->checklist.pairs()) {
      if (pair->check) take_earlier(next, pair->check->next_timeout());
    }
  }
  if (is_checking() && current_.checklist.has_next()) take_earlier(next, pacer_.next());
  if (sending_ != nullptr) {
    take_earlier(next, sending_->answered + kConsent);
    if (!sending_->check && !config_.is_lite) take_earlier(next, consent_due(*sending_));
    const bool is_listening =
        config_.is_lite && (state_ == State::Connected || state_ == State::Completed);
    if (is_listening) take_earlier(next, sending_->answered + kLiteSilence);
  }
  take_earlier(next, previous_ends_);
  take_earlier(next, nominate_at_);
  const bool is_gathering = gathering_state_ == GatheringState::Gathering && has_all_addresses_;
  if (is_gathering) take_earlier(next, gathering_deadline_);
  // While something is pending, its own time comes first.
  const bool is_new = state_ == State::New || state_ == State::Checking;
  if (is_new && !current_.checklist.has_pending()) take_earlier(next, current_.give_up);
  if (state_ == State::Disconnected && current_.lost) take_earlier(next, *current_.lost + kConsent);
  return next;
}

void Agent::transmit(const Source& source, const Endpoint& to, std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  if (packets_.size() - packets_polled_ >= config_.limits.transmits) return drop(Drop::TooMany);
  packets_.push_back({source, to, {bytes.begin(), bytes.end()}});
}

std::optional<Outgoing> Agent::wrap(Instant now, const Source& source, const Endpoint& to,
                                    std::span<const std::byte> payload) {
  Outgoing out;
  out.payload = payload;
  if (source.relay != RelayId{}) {
    const Relay* relay = find_relay(source.relay);
    if (relay == nullptr || !relay->client) return std::nullopt;
    const auto wrapped = relay->client->send(now, to, payload);
    if (!wrapped) return std::nullopt;
    out.head = wrapped->head;
    out.head_size = wrapped->head_size;
    out.padding = wrapped->padding;
    out.route = {relay->stream, relay->base, relay->to};
    return out;
  }
  if (source.stream == StreamId{}) {
    out.route = {StreamId{}, source.base, to};
    return out;
  }
  const Stream* stream = find_stream(source.stream);
  if (stream == nullptr || !stream->is_open || payload.size() > kMaxPacket) return std::nullopt;
  const auto length = length_header(payload.size());
  std::copy(length.begin(), length.end(), out.head.begin());
  out.head_size = kLengthSize;
  out.route = {stream->id, stream->local, stream->remote};
  return out;
}

std::optional<Outgoing> Agent::poll_transmit(Instant now) {
  while (packets_polled_ < packets_.size()) {
    const Packet& packet = packets_[packets_polled_++];
    if (auto out = wrap(now, packet.source, packet.to, packet.bytes)) return out;
  }
  packets_.clear();
  packets_polled_ = 0;
  for (Relay& relay : relays_) {
    if (!relay.client) continue;
    if (const auto bytes = relay.client->poll_transmit()) {
      Outgoing out;
      out.route = {relay.stream, relay.base, relay.to};
      out.payload = *bytes;
      return out;
    }
  }
  return std::nullopt;
}

bool Agent::can_send(Instant now) const {
  return sending_ != nullptr && now < sending_->answered + kConsent;
}

std::optional<Outgoing> Agent::send(Instant now, std::span<const std::byte> payload) {
  if (!can_send(now)) return std::nullopt;
  auto out = wrap(now, sending_->source, sending_->to, payload);
  if (!out) return std::nullopt;
  ++counters_.packets_sent;
  counters_.bytes_sent += payload.size();
  PairCounters& counters = sending_->counters;
  ++counters.packets_sent;
  counters.bytes_sent += payload.size();
  counters.last_sent = now;
  return out;
}

void Agent::close(Instant now) {
  if (is_closed_) return;
  is_closed_ = true;
  sending_ = nullptr;
  previous_.reset();
  previous_ends_.reset();
  replaced_.reset();
  current_.selected.reset();
  current_.checklist.erase_if([](const Pair&) { return true; });
  packets_.clear();
  packets_polled_ = 0;
  queries_.clear();
  std::erase_if(relays_, [](const Relay& relay) { return !relay.client; });
  for (const Relay& relay : relays_) relay.client->release(now);
  std::vector<StreamId> unneeded;
  for (const Stream& stream : streams_) {
    if (find_relay(stream.relay) == nullptr) unneeded.push_back(stream.id);
  }
  for (const StreamId id : unneeded) drop_stream(id);
  state_ = State::Closed;
  emit(StateChanged{state_});
  update(now);
}

}  // namespace duet::ice
