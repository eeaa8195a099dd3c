// SPDX-License-Identifier: MIT
// URLs of STUN and TURN servers become addresses.
#pragma once

#include <duet/ice/config.hpp>
#include <duet/net/event_loop.hpp>
#include <duet/net/resolver.hpp>
#include <duet/rtc/peer_connection.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace duet::rtc {

/// Asks for all names at once, for each once, and tells when all are known: one whose name server
/// is dead is waited for, but holds up no other. A name that has no address gives no server.
class ServerList {
 public:
  ServerList(net::EventLoop& loop, std::function<void()> resolved,
             net::Resolver::Lookup look_up = net::Resolver::ask_system);

  /// Tells at once if there is nothing to look up. A list that was set before is forgotten.
  void set(std::vector<IceServer> servers);

  /// In the order of the list, a server for each address of a name; none before all are known.
  const std::vector<ice::Server>& servers() const { return servers_; }

  bool is_resolved() const { return open_ == 0; }

 private:
  struct Name {
    std::unique_ptr<net::Resolver> resolver;
    std::vector<IpAddress> addresses;
  };

  void ask(const std::string& name);
  void finish();
  void add(const IceServer& wanted, const IpAddress& address);

  net::EventLoop& loop_;
  std::function<void()> resolved_;
  net::Resolver::Lookup look_up_;
  std::vector<IceServer> wanted_;
  std::map<std::string, Name> names_;
  std::size_t open_ = 0;  // of names_
  std::vector<ice::Server> servers_;
};

}  // namespace duet::rtc
