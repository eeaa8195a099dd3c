// SPDX-License-Identifier: MIT
// The addresses of this machine that a call may use, and when they change.
#pragma once

#include <duet/base/address.hpp>
#include <duet/net/event_loop.hpp>
#include <duet/net/watch.hpp>

#include <cstdint>
#include <functional>
#include <map>
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

/// The addresses of this machine for all who want them: looked up once, and once more when one came
/// or went (rtnetlink), some time after: they come in flocks.
class AddressWatch {
 public:
  /// While it lives, `changed` is called.
  using Subscription = std::shared_ptr<const std::function<void()>>;

  explicit AddressWatch(net::EventLoop& loop);

  [[nodiscard]] Subscription subscribe(std::function<void()> changed);

  /// As call_addresses(), at most kFresh old: routes, which say what is best, change unheard.
  std::optional<std::vector<IpAddress>> addresses(Loopback loopback);

 private:
  static constexpr Duration kSettle = 100ms;
  static constexpr Duration kFresh = 1s;

  struct Known {
    std::vector<IpAddress> addresses;
    Instant at;
  };

  void tell();

  net::EventLoop& loop_;
  net::Timer timer_;
  std::map<Loopback, Known> known_;
  std::vector<std::weak_ptr<const std::function<void()>>> subscribers_;
  std::unique_ptr<net::Watch> watch_;  // null where the kernel has no rtnetlink for us
};

}  // namespace duet::rtc
