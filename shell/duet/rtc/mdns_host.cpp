// SPDX-License-Identifier: MIT
// Names on the local links, for all connections of a runtime.
#include <duet/base/ascii.hpp>
#include <duet/rtc/mdns_host.hpp>

#include <algorithm>
#include <system_error>
#include <utility>

namespace duet::rtc {

namespace {

constexpr Endpoint kGroups[]{{mdns::kGroupV4, mdns::kPort}, {mdns::kGroupV6, mdns::kPort}};

}  // namespace

MdnsHost::MdnsHost(net::EventLoop& loop, AddressWatch& addresses)
    : loop_{loop},
      watch_{addresses.subscribe([this] {
        if (!sockets_.empty()) open();
      })},
      timer_{loop, [this] {
               querier_.handle_timeout(loop_.now());
               responder_.handle_timeout(loop_.now());
               run();
             }} {}

MdnsHost::~MdnsHost() { *alive_ = false; }

void MdnsHost::resolve(std::string_view name, Done done) {
  const std::string lower = to_lower(name);
  const auto ours = responder_.find(lower);
  if (ours || !querier_.ask(loop_.now(), lower)) {
    loop_.defer([done = std::move(done), ours] { done(ours); });
    return;
  }
  waiting_.emplace(lower, std::move(done));
  schedule();
}

bool MdnsHost::add(std::string_view name, const IpAddress& address) {
  if (!responder_.add(name, address)) return false;
  ++names_;
  schedule();
  return true;
}

void MdnsHost::remove(std::string_view name) {
  if (!responder_.find(name)) return;
  responder_.remove(name);
  --names_;
  schedule();
}

/// At the end of the turn: not while a socket is telling us something.
void MdnsHost::schedule() {
  if (std::exchange(is_scheduled_, true)) return;
  loop_.defer([this, alive = alive_] {
    if (*alive) run();
  });
}

void MdnsHost::run() {
  is_scheduled_ = false;
  const bool is_needed = names_ > 0 || !waiting_.empty();
  if (is_needed && sockets_.empty()) open();
  while (const auto query = querier_.poll_transmit()) {
    for (const auto& socket : sockets_) socket->send(*query);
  }
  while (const auto message = responder_.poll_transmit()) transmit(*message);
  while (const auto event = querier_.poll_event()) finish(event->name, event->address);
  if (!is_needed) sockets_.clear();
  const auto asked = querier_.next_timeout();
  const auto told = responder_.next_timeout();
  if (!asked && !told) return timer_.cancel();
  timer_.set(std::min(asked.value_or(Instant::max()), told.value_or(Instant::max())));
}

/// Joins the links that are there now.
void MdnsHost::open() {
  const auto interfaces = net::multicast_interfaces();
  std::erase_if(sockets_, [&](const auto& socket) {
    return std::ranges::find(interfaces, socket->interface()) == interfaces.end();
  });
  for (const unsigned interface : interfaces) {
    for (const Endpoint& group : kGroups) {
      const bool is_open = std::ranges::any_of(sockets_, [&](const auto& socket) {
        return socket->interface() == interface && socket->group() == group;
      });
      if (is_open) continue;
      try {
        sockets_.push_back(std::make_unique<net::MulticastSocket>(
            loop_, group, interface,
            [this](const net::MulticastSocket& socket, const Endpoint& from,
                   std::span<const std::byte> bytes) { handle_received(socket, from, bytes); }));
      } catch (const std::system_error&) {
        // A link without that family, or one that is going
      }
    }
  }
}

void MdnsHost::handle_received(const net::MulticastSocket& socket, const Endpoint& from,
                               std::span<const std::byte> bytes) {
  const auto message = mdns::Message::parse(bytes);
  if (!message) return;
  if (!message->is_response) {
    responder_.handle_query(loop_.now(), *message, from,
                            {socket.interface(), socket.group().address.family()});
  } else if (from.port == mdns::kPort) {  // RFC 6762 §6: others are not believed
    querier_.handle_response(*message);
  }
  schedule();
}

void MdnsHost::transmit(const mdns::Transmit& message) {
  for (const auto& socket : sockets_) {
    const bool is_link = socket->interface() == message.link.interface &&
                         socket->group().address.family() == message.link.family;
    if (is_link) socket->send(message.bytes, message.to);
  }
}

void MdnsHost::finish(const std::string& name, const std::optional<IpAddress>& address) {
  while (!waiting_.empty()) {
    const auto found = waiting_.find(name);
    if (found == waiting_.end()) return;
    const Done done = std::move(found->second);
    waiting_.erase(found);
    done(address);
  }
}

}  // namespace duet::rtc
