// SPDX-License-Identifier: MIT
// The addresses of this machine, by getifaddrs() and rtnetlink.
#include <duet/net/socket_address.hpp>
#include <duet/rtc/local_addresses.hpp>

#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace duet::rtc {

namespace {

struct IfaddrsFree {
  void operator()(ifaddrs* list) const { ::freeifaddrs(list); }
};

/// The address that packets to the world leave from; unspecified if there is no route.
IpAddress preferred(IpAddress::Family family) {
  // Documentation addresses (RFC 5737, RFC 3849): connect() of UDP sends nothing.
  const Endpoint anywhere{
      *IpAddress::parse(family == IpAddress::Family::V4 ? "198.51.100.1" : "2001:db8::1"), 9};
  const net::SocketAddress to = net::to_socket_address(anywhere);
  const int descriptor = ::socket(to.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return {};
  net::SocketAddress from;
  const bool found = ::connect(descriptor, to.data(), to.size) == 0 &&
                     ::getsockname(descriptor, from.data(), &from.size) == 0;
  ::close(descriptor);
  return found ? net::to_endpoint(from).address : IpAddress{};
}

}  // namespace

std::optional<std::vector<IpAddress>> call_addresses(Loopback loopback) {
  ifaddrs* raw = nullptr;
  if (::getifaddrs(&raw) != 0) return std::nullopt;
  const std::unique_ptr<ifaddrs, IfaddrsFree> list{raw};
  std::vector<IpAddress> addresses;
  std::vector<IpAddress> loopbacks;
  for (const ifaddrs* at = raw; at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr == nullptr || (at->ifa_flags & IFF_UP) == 0) continue;
    const int family = at->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    net::SocketAddress address;
    std::memcpy(address.data(), at->ifa_addr,
                family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
    const IpAddress ip = net::to_endpoint(address).address;
    if (ip.is_link_local() || ip.is_unspecified()) continue;
    auto& to = ip.is_loopback() ? loopbacks : addresses;
    if (std::ranges::find(to, ip) == to.end()) to.push_back(ip);
  }
  if (loopback == Loopback::Only) return loopbacks;
  const std::array<IpAddress, 2> best{preferred(IpAddress::Family::V4),
                                      preferred(IpAddress::Family::V6)};
  std::stable_partition(addresses.begin(), addresses.end(),
                        [&](const IpAddress& ip) { return ip == best[0] || ip == best[1]; });
  if (loopback == Loopback::Included || addresses.empty()) {
    addresses.insert(addresses.end(), loopbacks.begin(), loopbacks.end());
  }
  return addresses;
}

AddressWatch::AddressWatch(net::EventLoop& loop) : loop_{loop}, timer_{loop, [this] { tell(); }} {
  const int descriptor =
      ::socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (descriptor < 0) return;
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_LINK;
  if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(descriptor);
    return;
  }
  watch_ = std::make_unique<net::Watch>(loop, descriptor, [this](net::Ready) {
    std::array<std::byte, 8192> buffer;  // NOLINT: what it says is asked for anew
    while (::recv(watch_->descriptor(), buffer.data(), buffer.size(), 0) > 0) {
    }
    watch_->wait(net::Ready::Read);
    known_.clear();
    timer_.set(loop_.now() + kSettle);
  });
  watch_->wait(net::Ready::Read);
}

AddressWatch::Subscription AddressWatch::subscribe(std::function<void()> changed) {
  std::erase_if(subscribers_, [](const auto& one) { return one.expired(); });
  auto subscription = std::make_shared<const std::function<void()>>(std::move(changed));
  subscribers_.push_back(subscription);
  return subscription;
}

std::optional<std::vector<IpAddress>> AddressWatch::addresses(Loopback loopback) {
  const Instant now = loop_.now();
  const auto known = known_.find(loopback);
  if (known != known_.end() && watch_ && now < known->second.at + kFresh) {
    return known->second.addresses;
  }
  auto addresses = call_addresses(loopback);
  if (addresses) known_[loopback] = {*addresses, now};
  return addresses;
}

void AddressWatch::tell() {
  known_.clear();
  const auto subscribers = subscribers_;  // which may change while they are told
  for (const auto& one : subscribers) {
    if (const auto subscriber = one.lock()) (*subscriber)();
  }
}

}  // namespace duet::rtc
