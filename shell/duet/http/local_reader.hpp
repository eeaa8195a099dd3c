// SPDX-License-Identifier: MIT
// What a program on this machine has not read yet of a connection to us.
#pragma once

#include <duet/base/address.hpp>

#include <cstdint>
#include <optional>

namespace duet::http {

/// Asks the kernel about the other end of our connections where that end is here too: a browser
/// beside the server, or a proxy before it. Over loopback what TCP itself tells comes in steps of
/// up to 64 KB, for which a slow program reads half a minute.
class LocalReader {
 public:
  LocalReader() = default;
  ~LocalReader();
  LocalReader(const LocalReader&) = delete;
  LocalReader& operator=(const LocalReader&) = delete;

  /// Bytes that have arrived at the socket bound to `peer` and connected to `local`, and wait for
  /// its program to read them (Linux sock_diag(7), idiag_rqueue). Nothing if that socket is not on
  /// this machine, or in a network namespace of its own, or if the kernel does not say.
  std::optional<std::uint32_t> unread(const Endpoint& peer, const Endpoint& local);

 private:
  bool open();

  int descriptor_ = -1;  // from the first question on
  bool refused_ = false;
  std::uint32_t sequence_ = 0;
};

}  // namespace duet::http
