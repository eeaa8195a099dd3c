// SPDX-License-Identifier: MIT
// One listening TCP socket.
#pragma once

#include <duet/base/address.hpp>
#include <duet/net/event_loop.hpp>
#include <duet/net/watch.hpp>

#include <functional>

namespace duet::net {

class Listener {
 public:
  /// @param out_of_descriptors  told each time that a connection has to wait for one
  /// @throws std::system_error if the endpoint can't be had
  Listener(EventLoop& loop, const Endpoint& endpoint, std::function<void(int)> accepted,
           std::function<void()> out_of_descriptors);

  /// Where it really listens: the port is never 0.
  const Endpoint& endpoint() const { return endpoint_; }

 private:
  void wait();
  void accept();

  Watch watch_;
  Endpoint endpoint_;
  std::function<void(int)> accepted_;  // a connected, non-blocking socket; the callee owns it
  std::function<void()> out_of_descriptors_;
  EventLoop& loop_;
  Timer retry_;
};

}  // namespace duet::net
