// SPDX-License-Identifier: MIT
// What this machine is called and where it can be reached.
#pragma once

#include <duet/base/address.hpp>

#include <string>
#include <vector>

namespace duet::tls {

/// Addresses of all interfaces that are up, sorted, each once; loopback included, without zones.
/// Empty if the system doesn't tell.
std::vector<IpAddress> local_addresses();

/// The host name, and NAME.local as multicast DNS has it (RFC 6762 §3), in lower case. A name that
/// is no host name (RFC 1123 §2.1) is left out.
std::vector<std::string> local_names();

/// local_names() for a host that calls itself `host_name`: "Box.example.com" gives
/// {"box.example.com", "box.local"}.
std::vector<std::string> names_of_host(std::string host_name);

/// What a server certificate should be about.
struct Machine {
  std::vector<IpAddress> addresses;
  std::vector<std::string> names;

  friend bool operator==(const Machine&, const Machine&) = default;
};

/// The machine as it is now.
Machine this_machine();

}  // namespace duet::tls
