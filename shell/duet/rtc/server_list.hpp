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

/// Asks for all names at once, for each once, and tells of those that are known whenever another
/// one is: a name whose name server is dead holds up no other. One that has no address gives no
/// server.
class ServerList {
 public:
  /// @param changed  there are other servers()
  ServerList(net::EventLoop& loop, std::function<void()> changed,
             net::Resolver::Lookup look_up = net::Resolver::ask_system);

  /// Tells at once of what needs no looking up. Where a whole list was told before, what takes its
  /// place is told as a whole too: relays of servers that are not in it would be given up.
  void set(std::vector<IceServer> servers);

  /// Those that were told: in the order of the list, a server for each address of a name.
  const std::vector<ice::Server>& servers() const { return servers_; }

  /// No name is looked up any more.
  bool is_resolved() const { return open_ == 0; }

 private:
  struct Name {
    std::unique_ptr<net::Resolver> resolver;
    std::vector<IpAddress> addresses;
  };

  void ask(const std::string& name);
  void tell();
  void add(const IceServer& wanted, const IpAddress& address);

  net::EventLoop& loop_;
  std::function<void()> changed_;
  net::Resolver::Lookup look_up_;
  std::vector<IceServer> wanted_;
  std::map<std::string, Name> names_;
  std::size_t open_ = 0;       // of names_
  bool has_told_all_ = false;  // of this list or one before
  std::vector<ice::Server> servers_;
};

}  // namespace duet::rtc
