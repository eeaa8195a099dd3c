// SPDX-License-Identifier: MIT
// What this machine is called and where it can be reached.
#include <duet/crypto/certificate.hpp>
#include <duet/crypto/handle.hpp>
#include <duet/tls/machine.hpp>

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

namespace duet::tls {

namespace {

std::optional<IpAddress> address_of(const sockaddr* socket_address) {
  if (socket_address == nullptr) return std::nullopt;
  if (socket_address->sa_family == AF_INET) {
    std::array<std::uint8_t, 4> bytes{};
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(socket_address);
    std::memcpy(bytes.data(), &v4->sin_addr, bytes.size());
    return IpAddress::v4(bytes);
  }
  if (socket_address->sa_family == AF_INET6) {
    std::array<std::uint8_t, 16> bytes{};
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(socket_address);
    std::memcpy(bytes.data(), &v6->sin6_addr, bytes.size());
    return IpAddress::v6(bytes);
  }
  return std::nullopt;
}

}  // namespace

std::vector<IpAddress> local_addresses() {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return {};
  const crypto::Handle<ifaddrs, freeifaddrs> list{first};
  std::vector<IpAddress> addresses;
  for (const ifaddrs* at = first; at != nullptr; at = at->ifa_next) {
    if ((at->ifa_flags & IFF_UP) == 0) continue;
    const auto address = address_of(at->ifa_addr);
    if (address && !address->is_unspecified()) addresses.push_back(*address);
  }
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  return addresses;
}

std::vector<std::string> names_of_host(std::string host_name) {
  for (char& c : host_name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  std::vector<std::string> names;
  const auto take = [&](std::string name) {
    if (!crypto::is_host_name(name) || name == "localhost" || name == "localhost.local") return;
    if (IpAddress::parse(name)) return;
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(std::move(name));
    }
  };
  take(host_name);
  take(host_name.substr(0, host_name.find('.')) + ".local");
  return names;
}

std::vector<std::string> local_names() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return {};
  return names_of_host(name.data());
}

Machine this_machine() { return {.addresses = local_addresses(), .names = local_names()}; }

}  // namespace duet::tls
