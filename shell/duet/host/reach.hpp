// SPDX-License-Identifier: MIT
// By which name and port a client reaches this server.
#pragma once

#include <duet/base/authority.hpp>
#include <duet/host/proxy.hpp>
#include <duet/http/message.hpp>

#include <array>
#include <cstddef>
#include <memory>

namespace duet::host {

/// What the Host header of a request says, since that is where the client's packets arrive, ports
/// mapped by a container or router included. A proxy carries HTTP alone: behind one, the name is
/// the header's and the port is the listener's. Where the header is missing or no authority, it is
/// the address that the connection arrived at.
Authority reach_of(const http::Request& request, const Client& client);

/// Makes equal ones share their memory: a server has a name or two, and many connections.
class Reaches {
 public:
  std::shared_ptr<const Authority> of(const http::Request& request, const Client& client);

 private:
  /// More than the names of one server. A stranger who makes up others has a copy for each
  /// connection, which is bounded as they are.
  static constexpr std::size_t kRecent = 8;

  std::array<std::shared_ptr<const Authority>, kRecent> recent_;
  std::size_t next_ = 0;
};

}  // namespace duet::host
