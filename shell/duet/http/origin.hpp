// SPDX-License-Identifier: MIT
// A server as a client reaches it.
#pragma once

#include <duet/net/outgoing_stream.hpp>

#include <optional>
#include <string>

namespace duet::http {

/// Where to connect, and what to say there.
struct Origin {
  Endpoint endpoint;
  std::optional<net::OutgoingStream::Tls> tls = {};
  std::string authority;  ///< for the Host header: "example.org:2022"
};

}  // namespace duet::http
