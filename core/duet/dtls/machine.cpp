// SPDX-License-Identifier: MIT
// The inside of Transport: what is let through to OpenSSL, and what comes of it.
#include <duet/base/check.hpp>
#include <duet/dtls/handshake_filter.hpp>
#include <duet/dtls/machine.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace duet::dtls {

namespace {

// The first wait for an answer (RFC 6347 §4.2.4.1 says one second where nothing is known; here ICE
// has measured). A peer needs a few milliseconds to compute, and OpenSSL takes the last 15 ms of an
// interval for its end.
constexpr Duration kSlack = 30ms;
constexpr Duration kMinTimeout = 50ms;
constexpr Duration kMaxTimeout = 1s;

// Without a datagram for so long a connection is idle and needs less memory. SCTP's heartbeats come
// every 30 s (RFC 9260 §16), so this costs an idle connection two wake-ups a minute.
constexpr Duration kRestAfter = 1s;

constexpr std::size_t kMinMtu = 256;    // what OpenSSL takes
constexpr std::size_t kMinData = 512;   // what OpenSSL lets a record be limited to
constexpr std::size_t kMaxMtu = 16384;  // a record of RFC 6347 §4.1

}  // namespace

Transport::Machine::Machine(Config given) : config{std::move(given)} {
  DUET_CHECK(config.identity);
  config.mtu = std::clamp(config.mtu, kMinMtu, kMaxMtu);
  config.max_data = std::clamp(config.max_data, kMinData, kMaxMtu);
}

Duration Transport::Machine::first_timeout() const {
  const Duration round_trip = config.round_trip.value_or(kUnknownRoundTrip);
  return std::clamp(round_trip + round_trip / 4 + kSlack, kMinTimeout, kMaxTimeout);
}

void Transport::Machine::set_role(Instant now, Role role) {
  if (state != State::Waits) return;
  config.role = role;
  state = State::Handshake;
  give_up_at = now + config.handshake_limit;
  association = std::make_unique<Association>(*config.identity, *this, role, config);
  if (role == Role::Client) {
    early_.clear();  // there can be no answer to what was never asked
    early_size_ = 0;
    advance(now, {});
  } else {
    judge_early(now);
  }
}

void Transport::Machine::set_remote_fingerprints(Instant now,
                                                 std::vector<Fingerprint> fingerprints) {
  if (state == State::Ended || fingerprints.empty()) return;
  config.remote_fingerprints = std::move(fingerprints);
  if (state == State::Unnamed || state == State::Connected) judge_peer(now);
}

void Transport::Machine::judge_peer(Instant now) {
  if (!matches(config.remote_fingerprints, association->peer_certificate())) {
    association->shut_down();
    return fail({.why = Failed::Why::WrongCertificate});
  }
  if (state == State::Unnamed) connect(now);
}

bool Transport::Machine::accepts(std::span<const std::byte> certificate) {
  // Without a name for it yet, the handshake goes on and ends in Unnamed.
  is_certificate_wrong_ =
      !config.remote_fingerprints.empty() && !matches(config.remote_fingerprints, certificate);
  return !is_certificate_wrong_;
}

void Transport::Machine::handle_datagram(Instant now, std::span<const std::byte> datagram) {
  if (state == State::Ended) return;
  if (state == State::Waits) {
    auto rest = datagram;
    const auto first = Record::parse(rest);
    if (!first || first->type != ContentType::Handshake || first->epoch != 0) {
      ++counters.malformed;
      return;
    }
    return keep(datagram);
  }
  while (const auto record = Record::parse(datagram)) {
    handle_record(now, *record);
    if (state == State::Ended) return;
  }
  if (!datagram.empty()) ++counters.malformed;
}

void Transport::Machine::handle_record(Instant now, const Record& record) {
  if (record.epoch == 0) return handle_clear(now, record);
  if (record.epoch == 1) return handle_protected(now, record);
  ++counters.unprotected;  // a renegotiation's; there is none
}

void Transport::Machine::handle_clear(Instant now, const Record& record) {
  const bool is_handshake =
      record.type == ContentType::Handshake || record.type == ContentType::ChangeCipherSpec;
  if (state == State::Handshake && is_handshake) {
    if (may_be_next(record)) return advance(now, record.bytes);
    ++counters.unexpected;
    return;
  }
  // Noted but not followed; its first byte is the level, the second what it says (RFC 5246 §7.2).
  if (state == State::Handshake && record.type == ContentType::Alert &&
      record.fragment.size() == 2) {
    alert_in_the_clear_ = std::to_integer<std::uint8_t>(record.fragment[1]);
  }
  // Retransmissions of a handshake that is over are no offence, but of no use either.
  if (!is_handshake) ++counters.unprotected;
}

bool Transport::Machine::may_be_next(const Record& record) const {
  // RFC 5246 §7.1: a byte of 1, and OpenSSL ends for another; one that is early it drops itself.
  if (record.type == ContentType::ChangeCipherSpec) {
    return record.fragment.size() == 1 && record.fragment[0] == std::byte{1};
  }
  return may_be_sent(record.fragment, *config.role);
}

void Transport::Machine::handle_protected(Instant now, const Record& record) {
  const bool is_data = record.type == ContentType::ApplicationData;
  if (is_data && state != State::Connected) return keep(record.bytes);
  if (state != State::Handshake) return read(now, record.bytes);
  if (protected_early_ == kMaxProtectedEarly || record.fragment.size() > kMaxProtectedEarlySize) {
    ++counters.early_overflow;
    return;
  }
  ++protected_early_;
  advance(now, record.bytes);
}

void Transport::Machine::keep(std::span<const std::byte> bytes) {
  if (early_.size() == kMaxEarly || early_size_ + bytes.size() > kMaxEarlySize) {
    ++counters.early_overflow;
    return;
  }
  early_size_ += bytes.size();
  early_.emplace_back(bytes.begin(), bytes.end());
}

void Transport::Machine::judge_early(Instant now) {
  early_size_ = 0;
  for (const auto& bytes : std::exchange(early_, {})) handle_datagram(now, bytes);
}

void Transport::Machine::advance(Instant now, std::span<const std::byte> record) {
  switch (association->handshake(record)) {
    case Association::Progress::Waits:
      return arm(now);
    case Association::Progress::Done:
      return finish_handshake(now);
    case Association::Progress::Broken:
      break;
  }
  const Broken& broken = association->broken();
  const auto why = is_certificate_wrong_      ? Failed::Why::WrongCertificate
                   : broken.alert.has_value() ? Failed::Why::Refused
                                              : Failed::Why::BadHandshake;
  fail({.why = why, .alert = broken.alert, .words = broken.words});
}

void Transport::Machine::finish_handshake(Instant now) {
  // RFC 7627 §5.4: without it, what was exported need not be this connection's alone.
  if (!association->has_extended_master_secret()) {
    association->shut_down();
    return fail({.why = Failed::Why::BadHandshake, .words = "no extended master secret"});
  }
  state = State::Unnamed;
  arm(now);
  // Also when accepts() has: fingerprints may have come since, and the certificate before them.
  if (!config.remote_fingerprints.empty()) judge_peer(now);
}

void Transport::Machine::connect(Instant now) {
  state = State::Connected;
  give_up_at.reset();
  rest_at = now + kRestAfter;
  connected_.emplace();
  if (const auto profile = association->profile()) {
    connected_->keys = association->export_keys(*config.role, *profile);
  }
  judge_early(now);
}

void Transport::Machine::read(Instant now, std::span<const std::byte> record) {
  rest_at = now + kRestAfter;
  const std::size_t at = data_.size();
  if (at + record.size() > kMaxUnread) {
    ++counters.unread_overflow;
    return;
  }
  data_.resize(at + record.size());  // the data is shorter than its record
  std::size_t size = 0;
  const auto progress = association->read(record, std::span{data_}.subspan(at), size);
  data_.resize(at + size);
  switch (progress) {
    case Association::Progress::Waits:
      return arm(now);  // a Finished that came again makes OpenSSL send its flight again
    case Association::Progress::Broken: {
      const Broken& broken = association->broken();
      return fail({.why = broken.alert ? Failed::Why::Refused : Failed::Why::BadHandshake,
                   .alert = broken.alert,
                   .words = broken.words});
    }
    case Association::Progress::Done:
      break;
  }
  if (size > 0) return sizes_.push_back(size);
  association->shut_down();  // RFC 5246 §7.2.1: answer a close_notify with one
  end();
  ended_ = Closed{};
}

Result<std::size_t, SendError> Transport::Machine::send(std::span<const std::byte> data,
                                                        std::span<std::byte> out) {
  if (state != State::Connected) return duet::fail(SendError::NotConnected);
  if (data.empty() || data.size() > config.max_data) {
    return duet::fail(SendError::TooLarge);
  }
  if (out.size() < data.size() + kMaxOverhead) return duet::fail(SendError::NoRoom);
  const std::size_t size = association->write(data, out);
  if (size == 0) return duet::fail(SendError::NotConnected);
  return size;
}

void Transport::Machine::handle_timeout(Instant now) {
  if (state == State::Ended) return;
  if (give_up_at && now >= *give_up_at) {
    return fail({.why = Failed::Why::TimedOut, .alert = alert_in_the_clear_});
  }
  if (rest_at && now >= *rest_at) {
    association->release_buffers();
    if (sizes_read_ == sizes_.size()) std::vector<std::byte>{}.swap(data_);
    rest_at.reset();
  }
  if (!retransmit_at || now < *retransmit_at) return;
  if (association->handle_timeout() == Association::Progress::Broken) {
    return fail({.why = Failed::Why::TimedOut, .alert = alert_in_the_clear_});
  }
  arm(now);
}

void Transport::Machine::arm(Instant now) {
  const auto left = association->timeout();
  retransmit_at = left ? std::optional{now + *left} : std::nullopt;
}

void Transport::Machine::close() {
  if (state == State::Connected || state == State::Unnamed) association->shut_down();
  if (state != State::Ended) end();
  connected_.reset();
  ended_.reset();
}

void Transport::Machine::fail(Failed failed) {
  end();
  ended_ = std::move(failed);
}

// What OpenSSL has still to say, an alert, goes out; its memory goes back.
void Transport::Machine::end() {
  if (association) {
    auto& last = association->outgoing();
    std::move(last.begin(), last.end(), std::back_inserter(outgoing_));
  }
  association.reset();
  state = State::Ended;
  retransmit_at.reset();
  give_up_at.reset();
  rest_at.reset();
  early_ = {};
}

std::optional<std::span<const std::byte>> Transport::Machine::poll_transmit() {
  if (association && !association->outgoing().empty()) {
    auto& more = association->outgoing();
    std::move(more.begin(), more.end(), std::back_inserter(outgoing_));
    more.clear();
  }
  if (sent_ == outgoing_.size()) {
    outgoing_ = {};
    sent_ = 0;
    return std::nullopt;
  }
  return outgoing_[sent_++];
}

std::optional<Event> Transport::Machine::poll_event() {
  if (connected_) {
    std::optional<Event> event{std::move(*connected_)};
    connected_.reset();
    return event;
  }
  return std::exchange(ended_, std::nullopt);
}

std::optional<std::span<const std::byte>> Transport::Machine::poll_data() {
  if (sizes_read_ == sizes_.size()) {
    data_.clear();
    sizes_.clear();
    data_read_ = sizes_read_ = 0;
    return std::nullopt;
  }
  const std::size_t size = sizes_[sizes_read_++];
  const std::span<const std::byte> data = std::span{data_}.subspan(data_read_, size);
  data_read_ += size;
  return data;
}

}  // namespace duet::dtls
