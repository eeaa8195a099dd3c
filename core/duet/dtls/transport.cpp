// SPDX-License-Identifier: MIT
// DTLS-SRTP with one peer.
#include <duet/dtls/machine.hpp>
#include <duet/dtls/transport.hpp>

#include <utility>

namespace duet::dtls {

Transport::Transport(Instant now, Config config) {
  const auto role = config.role;
  machine_ = std::make_unique<Machine>(std::move(config));
  if (role) machine_->set_role(now, *role);
}

Transport::~Transport() = default;

void Transport::set_role(Instant now, Role role) { machine_->set_role(now, role); }

void Transport::set_remote_fingerprints(Instant now, std::vector<Fingerprint> fingerprints) {
  machine_->set_remote_fingerprints(now, std::move(fingerprints));
}

void Transport::set_round_trip(Duration round_trip) { machine_->config.round_trip = round_trip; }

void Transport::handle_datagram(Instant now, std::span<const std::byte> datagram) {
  machine_->handle_datagram(now, datagram);
}

void Transport::handle_timeout(Instant now) { machine_->handle_timeout(now); }

std::optional<Instant> Transport::next_timeout() const {
  std::optional<Instant> next = machine_->retransmit_at;
  for (const auto& at : {machine_->give_up_at, machine_->rest_at}) {
    if (at && (!next || *at < *next)) next = at;
  }
  return next;
}

std::optional<std::span<const std::byte>> Transport::poll_transmit() {
  return machine_->poll_transmit();
}

std::optional<Event> Transport::poll_event() { return machine_->poll_event(); }

std::optional<std::span<const std::byte>> Transport::poll_data() { return machine_->poll_data(); }

Result<std::size_t, SendError> Transport::send(std::span<const std::byte> data,
                                               std::span<std::byte> out) {
  return machine_->send(data, out);
}

void Transport::close() { machine_->close(); }

std::size_t Transport::max_data() const { return machine_->config.max_data; }

bool Transport::is_connected() const { return machine_->state == Machine::State::Connected; }

std::optional<Role> Transport::role() const { return machine_->config.role; }

std::vector<std::byte> Transport::remote_certificate() const {
  return machine_->association ? machine_->association->peer_certificate()
                               : std::vector<std::byte>{};
}

std::string Transport::cipher() const {
  return is_connected() ? machine_->association->cipher() : std::string{};
}

const Counters& Transport::counters() const { return machine_->counters; }

}  // namespace duet::dtls
