// SPDX-License-Identifier: MIT
// URLs of STUN and TURN servers become addresses.
#include <duet/rtc/server_list.hpp>

#include <utility>

namespace duet::rtc {

ServerList::ServerList(net::EventLoop& loop, std::function<void()> resolved)
    : resolved_{std::move(resolved)},
      resolver_{loop,
                [this](const std::vector<IpAddress>& addresses) { handle_resolved(addresses); }} {}

void ServerList::set(std::vector<IceServer> servers) {
  wanted_ = std::move(servers);
  next_ = 0;
  servers_.clear();
  go_on();
}

void ServerList::go_on() {
  for (; !is_resolved(); ++next_) {
    const IceServer& wanted = wanted_[next_];
    const auto address = IpAddress::parse(wanted.uri.host);
    if (address) {
      add(wanted, *address);
      continue;
    }
    if (!asked_.empty()) return;  // its answer, for an older list, comes first
    asked_ = wanted.uri.host;
    return resolver_.ask(asked_);
  }
  resolved_();
}

void ServerList::handle_resolved(const std::vector<IpAddress>& addresses) {
  const std::string name = std::exchange(asked_, {});
  if (is_resolved()) return;
  const IceServer wanted = wanted_[next_];
  if (wanted.uri.host == name) {
    for (const IpAddress& address : addresses) add(wanted, address);
    ++next_;
  }
  go_on();
}

void ServerList::add(const IceServer& wanted, const IpAddress& address) {
  using Scheme = stun::Uri::Scheme;
  const bool is_turn = wanted.uri.scheme == Scheme::Turn || wanted.uri.scheme == Scheme::Turns;
  const bool is_udp = wanted.uri.transport == stun::Uri::Transport::Udp && !wanted.uri.is_secure();
  if (!is_turn && !is_udp) return;  // stuns: and STUN over TCP tell nothing that UDP needs
  ice::Server server{.kind = is_turn ? ice::Server::Kind::Turn : ice::Server::Kind::Stun,
                     .carrier = is_udp                   ? ice::Carrier::Udp
                                : wanted.uri.is_secure() ? ice::Carrier::Tls
                                                         : ice::Carrier::Tcp,
                     .endpoint = {address, wanted.uri.port},
                     .credential = {}};
  server.credential.username = wanted.username;
  server.credential.password = wanted.credential;
  server.host = wanted.uri.host;
  servers_.push_back(std::move(server));
}

}  // namespace duet::rtc
