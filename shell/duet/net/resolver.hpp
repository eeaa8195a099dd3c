// SPDX-License-Identifier: MIT
// Names to addresses, without waiting.
#pragma once

#include <duet/base/address.hpp>
#include <duet/net/event_loop.hpp>

#include <boost/asio/ip/udp.hpp>

#include <functional>
#include <string>
#include <vector>

namespace duet::net {

/// Asks the system's resolver from a thread that Asio keeps for it.
class Resolver {
 public:
  explicit Resolver(EventLoop& loop) : resolver_{loop.context()} {}

  /// Calls back from the loop with the addresses of `name`; none if there are none. The resolver
  /// may go before.
  void resolve(const std::string& name, std::function<void(std::vector<IpAddress>)> done);

 private:
  boost::asio::ip::udp::resolver resolver_;
};

}  // namespace duet::net
