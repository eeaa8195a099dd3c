// SPDX-License-Identifier: MIT
// Who the client is when a trusted proxy stands in front.
#pragma once

#include <duet/base/address.hpp>
#include <duet/http/message.hpp>

#include <vector>

namespace duet::host {

/// The client as far as it can be known.
struct Client {
  IpAddress address;
  bool secure = false;    ///< the client's own connection is HTTPS
  bool loopback = false;  ///< it is on this machine, and no proxy is in between
  bool proxied = false;   ///< a trusted proxy passed the request on
  bool shared = false;    ///< `address` is a trusted proxy's, which told no other: anybody's
};

/// X-Forwarded-For and X-Forwarded-Proto, or else Forwarded (RFC 7239), are believed of trusted
/// proxies, and of nobody else.
class ProxyTrust {
 public:
  explicit ProxyTrust(std::vector<IpPrefix> trusted = {});

  Client client_of(const http::Request& request) const;

 private:
  bool is_trusted(const IpAddress& address) const;

  std::vector<IpPrefix> trusted_;
};

}  // namespace duet::host
