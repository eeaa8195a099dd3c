// SPDX-License-Identifier: MIT
// The addresses of this machine that a call may use, and when they change.
#pragma once

#include <duet/base/address.hpp>
#include <duet/net/event_loop.hpp>
#include <duet/net/watch.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace duet::rtc {

enum class Loopback : std::uint8_t {
  LastResort,  ///< only where there is no other address
  Included,    ///< for calls that may be within one machine
  Only         ///< for calls within one process
};

/// Of interfaces that are up, the best first: those with a default route before others, IPv6
/// addresses that last before those that are about to be given up. Without link-local ones, which
/// name no place without their interface. Nothing if the system doesn't tell.
std::optional<std::vector<IpAddress>> call_addresses(Loopback loopback);

/// Calls back when an address came or went (rtnetlink), some time after: they come in flocks.
class AddressWatch {
 public:
  AddressWatch(net::EventLoop& loop, std::function<void()> changed);

 private:
  static constexpr Duration kSettle = 100ms;

  net::EventLoop& loop_;
  net::Timer timer_;
  std::unique_ptr<net::Watch> watch_;  // null where the kernel has no rtnetlink for us
};

}  // namespace duet::rtc
