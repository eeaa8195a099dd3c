// SPDX-License-Identifier: MIT
// URLs of STUN and TURN servers become addresses.
#include <duet/rtc/server_list.hpp>

#include <utility>

namespace duet::rtc {

ServerList::ServerList(net::EventLoop& loop, std::function<void()> changed,
                       net::Resolver::Lookup look_up)
    : loop_{loop}, changed_{std::move(changed)}, look_up_{std::move(look_up)} {}

void ServerList::set(std::vector<IceServer> servers) {
  wanted_ = std::move(servers);
  names_.clear();
  open_ = 0;
  for (const IceServer& wanted : wanted_) {
    const std::string& host = wanted.uri.host;
    if (!IpAddress::parse(host) && !names_.contains(host)) ask(host);
  }
  tell();
}

void ServerList::ask(const std::string& name) {
  ++open_;
  Name& asked = names_[name];
  asked.resolver = std::make_unique<net::Resolver>(
      loop_,
      [this, &asked](std::vector<IpAddress> addresses) {
        asked.addresses = std::move(addresses);
        --open_;
        tell();
      },
      look_up_);
  asked.resolver->ask(name);
}

void ServerList::tell() {
  if (open_ > 0 && has_told_all_) return;
  has_told_all_ = open_ == 0;
  servers_.clear();
  for (const IceServer& wanted : wanted_) {
    if (const auto address = IpAddress::parse(wanted.uri.host)) {
      add(wanted, *address);
      continue;
    }
    for (const IpAddress& address : names_[wanted.uri.host].addresses) add(wanted, address);
  }
  changed_();
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
