// SPDX-License-Identifier: MIT
// Two ICE agents without a socket: this loop is the network, and the time.
#include <duet/base/random.hpp>
#include <duet/ice/agent.hpp>

#include <iostream>
#include <vector>

using namespace duet;

namespace {

struct End {
  End(std::uint64_t seed, ice::Role role, const char* address)
      : random{seed}, agent{random, {.role = role}}, base{*IpAddress::parse(address), 5000} {}

  SeededRandom random;
  ice::Agent agent;
  Endpoint base;
};

/// What one end says goes to the other: candidates by signaling, packets by the network.
bool carry(Instant now, End& from, End& to) {
  bool any = false;
  while (const auto event = from.agent.poll_event()) {
    if (const auto* found = std::get_if<ice::LocalCandidateFound>(&*event)) {
      std::cout << "candidate " << found->candidate.serialize() << '\n';
      (void)to.agent.add_remote_candidate(now, found->candidate);
    } else if (const auto* selected = std::get_if<ice::PairSelected>(&*event)) {
      std::cout << "selected pair " << selected->pair.value() << '\n';
    }
    any = true;
  }
  while (const auto packet = from.agent.poll_transmit(now)) {
    const std::vector<std::byte> bytes{packet->payload.begin(), packet->payload.end()};
    to.agent.handle_datagram(now, packet->route.remote, packet->route.local, bytes);
    any = true;
  }
  return any;
}

}  // namespace

int main() {
  Instant now{1h};
  End alice{1, ice::Role::Controlling, "192.0.2.1"};
  End bob{2, ice::Role::Controlled, "192.0.2.2"};
  alice.agent.set_remote_credentials(now, bob.agent.local_credentials());
  bob.agent.set_remote_credentials(now, alice.agent.local_credentials());
  for (End* end : {&alice, &bob}) {
    end->agent.add_local_address(now, end->base);
    end->agent.end_of_local_addresses(now);
  }
  while (!alice.agent.selected_pair() || !bob.agent.selected_pair()) {
    if (carry(now, alice, bob) || carry(now, bob, alice)) continue;
    now = std::min(alice.agent.next_timeout().value_or(Instant::max()),
                   bob.agent.next_timeout().value_or(Instant::max()));
    alice.agent.handle_timeout(now);
    bob.agent.handle_timeout(now);
  }
  std::cout << "a packet may go: " << std::boolalpha << alice.agent.can_send(now) << '\n';
}
