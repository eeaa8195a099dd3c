// SPDX-License-Identifier: MIT
// The one way to the peer: ICE, DTLS over it, SRTP by its keys.
#include <duet/peer/demux.hpp>
#include <duet/peer/transport.hpp>

#include <algorithm>
#include <utility>

namespace duet::peer {

namespace {

/// RFC 8122 names hashes as text; what we don't know, or don't believe in any more, is left out.
std::vector<dtls::Fingerprint> known(const std::vector<sdp::Fingerprint>& told) {
  std::vector<dtls::Fingerprint> fingerprints;
  for (const sdp::Fingerprint& one : told) {
    if (const auto fingerprint = dtls::Fingerprint::parse(one.algorithm, one.value)) {
      fingerprints.push_back(*fingerprint);
    }
  }
  return fingerprints;
}

constexpr ice::Role role_of(bool controlling) {
  return controlling ? ice::Role::Controlling : ice::Role::Controlled;
}

}  // namespace

Transport::Transport(Random& random, TransportConfig config)
    : random_{random}, config_{std::move(config)} {}

Transport::~Transport() = default;

void Transport::apply(Instant now, const TransportParameters& parameters) {
  const auto before = std::exchange(parameters_, parameters);
  if (parameters.local_ice) {
    const ice::Credentials ours{parameters.local_ice->ufrag, parameters.local_ice->pwd};
    if (!ice_) {
      make_agent(now, parameters);
    } else if (ice_->local_credentials() != ours) {
      // A rollback brings back what was, and the agent still knows it.
      ice_->cancel_restart(now);
      if (ice_->local_credentials() != ours) ice_->restart(now, ours);
    }
  }
  if (ice_ && parameters.controlling && parameters.controlling != before.controlling) {
    ice_->set_role(now, role_of(*parameters.controlling));
  }
  if (ice_ && parameters.remote_ice && parameters.remote_ice != before.remote_ice) {
    const ice::Credentials theirs{parameters.remote_ice->ufrag, parameters.remote_ice->pwd};
    // Somebody else has answered than last time, to an offer that restarted nothing: our own name
    // stays what the offer says.
    const auto& known = ice_->remote_credentials();
    if (known && known != theirs) ice_->restart(now, ice_->local_credentials());
    ice_->set_remote_credentials(now, theirs, parameters.remote_ice_lite);
  }
  const bool is_another_peer =
      !before.remote_fingerprints.empty() && !parameters.remote_fingerprints.empty() &&
      !share_certificate(parameters.remote_fingerprints, before.remote_fingerprints);
  if (is_another_peer && dtls_) {  // RFC 8842 §5.5: another association
    dtls_.reset();
    sender_.reset();
    receiver_.reset();
    failure_.reset();
    set_dtls_state(DtlsState::New);
  }
  if (dtls_ && !parameters.remote_fingerprints.empty()) {
    dtls_->set_remote_fingerprints(now, known(parameters.remote_fingerprints));
  }
  advance(now);
}

void Transport::make_agent(Instant now, const TransportParameters& parameters) {
  ice::Config config;
  config.role = role_of(parameters.controlling.value_or(true));
  config.policy = config_.policy;
  config.allows_loopback = config_.allows_loopback;
  config.hides_addresses = config_.hides_addresses;
  config.servers = config_.servers;
  config.credentials = {parameters.local_ice->ufrag, parameters.local_ice->pwd};
  ice_ = std::make_unique<ice::Agent>(random_, std::move(config));
  for (const LocalAddress& address : addresses_) {
    if (address.is_tcp) {
      ice_->add_local_tcp_address(now, address.base);
    } else {
      ice_->add_local_address(now, address.base);
    }
  }
  if (has_all_addresses_) ice_->end_of_local_addresses(now);
}

void Transport::make_dtls(Instant now) {
  dtls::Config config{.identity = config_.identity,
                      .remote_fingerprints = known(parameters_.remote_fingerprints)};
  config.round_trip = ice_->round_trip();
  config.max_data = config_.max_data;
  config.srtp_profiles = config_.srtp_profiles;
  dtls_ = std::make_unique<dtls::Transport>(now, std::move(config));
}

void Transport::add_local_address(Instant now, const Endpoint& base) {
  addresses_.push_back({base, false});
  if (ice_) ice_->add_local_address(now, base);
  advance(now);
}

void Transport::add_local_tcp_address(Instant now, const Endpoint& base) {
  addresses_.push_back({base, true});
  if (ice_) ice_->add_local_tcp_address(now, base);
}

void Transport::remove_local_address(Instant now, const Endpoint& base) {
  std::erase_if(addresses_, [&](const LocalAddress& address) { return address.base == base; });
  if (ice_) ice_->remove_local_address(now, base);
}

void Transport::end_of_local_addresses(Instant now) {
  has_all_addresses_ = true;
  if (ice_) ice_->end_of_local_addresses(now);
}

void Transport::set_servers(Instant now, std::vector<ice::Server> servers) {
  config_.servers = servers;
  if (ice_) ice_->set_servers(now, std::move(servers));
}

Incoming Transport::handle_datagram(Instant now, const Endpoint& base, const Endpoint& remote,
                                    std::span<std::byte> bytes) {
  if (!ice_) return {};
  const auto payload = ice_->handle_datagram(now, base, remote, bytes);
  if (!payload) {
    advance(now);
    return {};
  }
  const auto offset = static_cast<std::size_t>(payload->data() - bytes.data());
  return handle_payload(now, bytes.subspan(offset, payload->size()));
}

Incoming Transport::handle_frame(Instant now, ice::StreamId stream, std::span<std::byte> bytes) {
  if (!ice_) return {};
  const auto payload = ice_->handle_frame(now, stream, bytes);
  if (!payload) {
    advance(now);
    return {};
  }
  const auto offset = static_cast<std::size_t>(payload->data() - bytes.data());
  return handle_payload(now, bytes.subspan(offset, payload->size()));
}

Incoming Transport::handle_payload(Instant now, std::span<std::byte> payload) {
  const PacketKind kind = kind_of(payload);
  switch (kind) {
    case PacketKind::Dtls:
      // The peer's ClientHello may come before our own check is answered.
      if (!dtls_) make_dtls(now);
      dtls_->handle_datagram(now, payload);
      advance(now);
      return {Incoming::Kind::Data, {}};
    case PacketKind::Rtp:
    case PacketKind::Rtcp: {
      if (!receiver_) {
        ++counters_.early_media;
        return {};
      }
      const auto packet = kind == PacketKind::Rtp ? receiver_->unprotect_rtp(payload)
                                                  : receiver_->unprotect_rtcp(payload);
      if (!packet) {
        ++counters_.unauthentic;
        return {};
      }
      return {kind == PacketKind::Rtp ? Incoming::Kind::Rtp : Incoming::Kind::Rtcp, *packet};
    }
    case PacketKind::Unknown:
      break;
  }
  ++counters_.unknown;
  return {};
}

/// What one layer makes possible for the next.
void Transport::advance(Instant now) {
  if (!ice_ || dtls_state_ == DtlsState::Closed) return;
  if (parameters_.dtls_role && ice_->can_send(now)) {
    if (!dtls_) make_dtls(now);
    if (!dtls_->role()) {
      if (const auto round_trip = ice_->round_trip()) dtls_->set_round_trip(*round_trip);
      dtls_->set_role(now, *parameters_.dtls_role == DtlsRole::Client ? dtls::Role::Client
                                                                      : dtls::Role::Server);
      if (dtls_state_ == DtlsState::New) set_dtls_state(DtlsState::Connecting);
    }
  }
  handle_dtls_events();
}

void Transport::handle_dtls_events() {
  if (!dtls_) return;
  while (auto event = dtls_->poll_event()) {
    if (auto* connected = std::get_if<dtls::Connected>(&*event)) {
      if (connected->keys) {
        sender_.emplace(connected->keys->send);
        receiver_.emplace(connected->keys->receive);
      }
      set_dtls_state(DtlsState::Connected);
    } else if (auto* failed = std::get_if<dtls::Failed>(&*event)) {
      failure_ = std::move(*failed);
      sender_.reset();
      receiver_.reset();
      set_dtls_state(DtlsState::Failed);
    } else {
      sender_.reset();
      receiver_.reset();
      set_dtls_state(DtlsState::Closed);
    }
  }
}

void Transport::set_dtls_state(DtlsState state) {
  if (dtls_state_ == state) return;
  dtls_state_ = state;
  changes_.push_back({state});
}

void Transport::handle_timeout(Instant now) {
  if (ice_) ice_->handle_timeout(now);
  if (dtls_) dtls_->handle_timeout(now);
  advance(now);
}

std::optional<Instant> Transport::next_timeout() const {
  std::optional<Instant> next = ice_ ? ice_->next_timeout() : std::nullopt;
  const auto dtls = dtls_ ? dtls_->next_timeout() : std::nullopt;
  if (dtls && (!next || *dtls < *next)) next = dtls;
  return next;
}

std::optional<ice::Outgoing> Transport::poll_transmit(Instant now) {
  if (!ice_) return std::nullopt;
  if (auto outgoing = ice_->poll_transmit(now)) return outgoing;
  // Without a way nothing is taken from DTLS: it would be lost, and its timers don't know.
  if (!dtls_ || !ice_->can_send(now)) return std::nullopt;
  const auto datagram = dtls_->poll_transmit();
  if (!datagram) return std::nullopt;
  return ice_->send(now, *datagram);
}

std::optional<std::span<const std::byte>> Transport::poll_data() {
  return dtls_ ? dtls_->poll_data() : std::nullopt;
}

std::optional<ice::Outgoing> Transport::send_data(Instant now, std::span<const std::byte> data,
                                                  std::span<std::byte> memory) {
  if (!is_connected()) return std::nullopt;
  const auto size = dtls_->send(data, memory);
  if (!size) return std::nullopt;
  return ice_->send(now, memory.first(*size));
}

std::optional<ice::Outgoing> Transport::send_rtp(Instant now, std::span<std::byte> memory,
                                                 std::size_t size) {
  if (!sender_) return std::nullopt;
  const auto total = sender_->protect_rtp(memory, size);
  if (!total) return std::nullopt;
  return ice_->send(now, memory.first(*total));
}

std::optional<ice::Outgoing> Transport::send_protected(Instant now,
                                                       std::span<const std::byte> packet) {
  if (!sender_) return std::nullopt;
  return ice_->send(now, packet);
}

std::optional<ice::Outgoing> Transport::send_rtcp(Instant now, std::span<std::byte> memory,
                                                  std::size_t size) {
  if (!sender_) return std::nullopt;
  const auto total = sender_->protect_rtcp(memory, size);
  if (!total) return std::nullopt;
  return ice_->send(now, memory.first(*total));
}

std::optional<Transport::Event> Transport::poll_event() {
  if (ice_) {
    if (auto event = ice_->poll_event()) return *std::move(event);
  }
  if (changes_polled_ == changes_.size()) {
    changes_.clear();
    changes_polled_ = 0;
    return std::nullopt;
  }
  return changes_[changes_polled_++];
}

void Transport::close_dtls() {
  if (dtls_) dtls_->close();
}

void Transport::close(Instant now) {
  close_dtls();
  sender_.reset();
  receiver_.reset();
  set_dtls_state(DtlsState::Closed);
  if (!ice_) return;
  ice_->close(now);
}

std::optional<srtp::Profile> Transport::srtp_profile() const {
  return sender_ ? std::optional{sender_->profile()} : std::nullopt;
}

}  // namespace duet::peer
