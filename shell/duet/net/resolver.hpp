// SPDX-License-Identifier: MIT
// Names to addresses, without waiting.
#pragma once

#include <duet/base/address.hpp>
#include <duet/net/event_loop.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace duet::net {

/// One question at a time to the system's resolver (getaddrinfo_a), looked after by a timer.
class Resolver {
 public:
  /// @param done  called from the loop with the addresses of a name; none if there are none
  Resolver(EventLoop& loop, std::function<void(std::vector<IpAddress>)> done);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// Asks, unless the question before is still open.
  void ask(const std::string& name);

 private:
  struct Question;

  void look();

  EventLoop& loop_;
  std::function<void(std::vector<IpAddress>)> done_;
  std::unique_ptr<Question> question_;
  Timer timer_;
};

}  // namespace duet::net
