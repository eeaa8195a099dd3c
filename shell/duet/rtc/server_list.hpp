// SPDX-License-Identifier: MIT
// URLs of STUN and TURN servers become addresses.
#pragma once

#include <duet/ice/config.hpp>
#include <duet/net/event_loop.hpp>
#include <duet/net/resolver.hpp>
#include <duet/rtc/peer_connection.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace duet::rtc {

/// Resolves the names one after another, and tells when all are known. A name that has no address
/// gives no server.
class ServerList {
 public:
  ServerList(net::EventLoop& loop, std::function<void()> resolved);

  /// Tells at once if there is nothing to look up.
  void set(std::vector<IceServer> servers);

  /// What is known so far; a server for each address of a name.
  const std::vector<ice::Server>& servers() const { return servers_; }

  bool is_resolved() const { return next_ == wanted_.size(); }

 private:
  void go_on();
  void handle_resolved(const std::vector<IpAddress>& addresses);
  void add(const IceServer& wanted, const IpAddress& address);

  std::function<void()> resolved_;
  std::vector<IceServer> wanted_;
  std::size_t next_ = 0;
  std::vector<ice::Server> servers_;
  net::Resolver resolver_;
  std::string asked_;  // of the resolver; empty while it isn't asked
};

}  // namespace duet::rtc
