// SPDX-License-Identifier: MIT
// The opening handshake, server side (RFC 6455 §4.2).
#pragma once

#include <duet/base/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace duet::websocket {

/// What an upgrade request says beyond that it is one; empty where absent.
struct OpeningHeaders {
  std::string_view method;
  std::string_view version;  ///< Sec-WebSocket-Version
  std::string_view key;      ///< Sec-WebSocket-Key
};

/// Whether a request wants to become a WebSocket at all: "upgrade: websocket" among its tokens.
/// @param connection, upgrade  the headers of these names, all of a name as one list
bool wants_websocket(std::string_view connection, std::string_view upgrade);

enum class OpeningError : std::uint8_t {
  BadMethod,          ///< not GET (§4.2.1 1)
  BadKey,             ///< not 16 bytes in base64 (§4.2.1 5)
  UnsupportedVersion  ///< not 13 (§4.4: answer 426 with Sec-WebSocket-Version: 13)
};

/// The value of Sec-WebSocket-Accept (§4.2.2 5.4).
Result<std::string, OpeningError> accept(const OpeningHeaders& headers);

}  // namespace duet::websocket
