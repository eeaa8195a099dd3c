// SPDX-License-Identifier: MIT
// What an Engine.IO request says in its query string.
#pragma once

#include <duet/socketio/engine_packet.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace duet::socketio {

/// The sid's 24 characters: see random_name().
using Sid = std::array<char, 24>;

/// Engine.IO protocol, "Handshake": the query parameters. Of a repeated one the first counts.
struct EngineQuery {
  std::optional<EngineVersion> version;  ///< nothing: missing, or not served
  std::optional<Transport> transport;    ///< nothing: missing, or unknown
  bool has_sid = false;                  ///< a sid that is not empty
  std::optional<Sid> sid;                ///< nothing if it can't be one of ours
  BinarySupport support = BinarySupport::Native;
  bool wants_jsonp = false;  ///< answers as scripts, for browsers before 2012: not served

  static EngineQuery parse(std::string_view query);
};

}  // namespace duet::socketio
