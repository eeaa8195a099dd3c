// SPDX-License-Identifier: MIT
// Sets up who talks to whom.
#include "fleet.hpp"

#include "forwarder.hpp"

#include <array>

namespace duet::bench {
namespace {

using Step = TurnClient::Step;

void take(std::vector<TurnClient*> clients, Step step) { take_steps(clients, std::array{step}); }

}  // namespace

std::vector<TurnClient*> Fleet::add_clients(std::size_t count) {
  std::vector<TurnClient*> added;
  for (std::size_t i = 0; i < count; ++i) {
    UdpSocket& socket = add_socket(places_.clients);
    socket.connect(i % 2 == 0 ? places_.server : places_.second_server);
    added.push_back(&clients_.emplace_back(socket, account_));
  }
  return added;
}

std::vector<TurnClient*> Fleet::allocate(std::size_t count) {
  auto clients = add_clients(count);
  take_steps(clients, std::array{Step::Challenge, Step::Allocate});
  return clients;
}

void Fleet::bind_in_pairs(const std::vector<TurnClient*>& clients) {
  for (std::size_t i = 0; i < clients.size(); ++i) clients[i]->set_peer(clients[i ^ 1]->relayed());
  take(clients, Step::Bind);
}

void Fleet::add_idle(std::size_t count) {
  const Endpoint peer = add_socket(places_.peers).local();
  const auto clients = allocate(count);
  for (TurnClient* client : clients) client->set_peer(peer);
  take(clients, Step::Bind);
}

void Fleet::add_idle_pairs(std::size_t count) { bind_in_pairs(allocate(count)); }

void Fleet::add_peers(std::size_t count, Framing framing) {
  const auto clients = allocate(count);
  for (TurnClient* client : clients) {
    UdpSocket& peer = add_socket(places_.peers);
    peer.connect(client->relayed());
    client->set_peer(peer.local());
    streams_.push_back({&client->socket(), &peer, framing, Framing::Bare, peer.local(), {}});
    streams_.push_back({&peer, &client->socket(), Framing::Bare, framing, {}, peer.local()});
  }
  take(clients, framing == Framing::Channel ? Step::Bind : Step::Permit);
}

void Fleet::add_pairs(std::size_t count) {
  const auto clients = allocate(count);
  bind_in_pairs(clients);
  for (std::size_t i = 0; i < count; ++i) {
    streams_.push_back({&clients[i]->socket(),
                        &clients[i ^ 1]->socket(),
                        Framing::Channel,
                        Framing::Channel,
                        {},
                        {}});
  }
}

void Fleet::add_binders(std::size_t count) {
  for (TurnClient* client : add_clients(count)) {
    streams_.push_back(
        {&client->socket(), &client->socket(), Framing::Binding, Framing::Binding, {}, {}});
  }
}

void Fleet::add_forwarded(std::size_t count) {
  for (TurnClient* client : add_clients(count)) {
    UdpSocket& peer = add_socket(places_.peers);
    peer.connect(ask_forwarder(client->socket(), peer.local()));
    streams_.push_back({&client->socket(), &peer, Framing::Bare, Framing::Bare, {}, {}});
    streams_.push_back({&peer, &client->socket(), Framing::Bare, Framing::Bare, {}, {}});
  }
}

void Fleet::add_direct() {
  UdpSocket& client = add_socket(places_.clients);
  UdpSocket& peer = add_socket(places_.peers);
  client.connect(peer.local());
  peer.connect(client.local());
  streams_.push_back({&client, &peer, Framing::Bare, Framing::Bare, {}, {}});
  streams_.push_back({&peer, &client, Framing::Bare, Framing::Bare, {}, {}});
}

}  // namespace duet::bench
