// SPDX-License-Identifier: MIT
// Rooms of two seats: who sits where, and for whom a seat is held.
#pragma once

#include <duet/base/result.hpp>
#include <duet/base/time.hpp>
#include <duet/socketio/server.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace duet::room {

/// What Seats says when someone sits down. Operations are atomic and speak in values, so that a
/// store shared by several servers can stand behind the same interface.
struct Seating {
  enum class Role : std::uint8_t { Created, Joined };

  Role role = Role::Created;
  /// Taken seats before this one sat down: 0 or 1.
  int taken_before = 0;
  /// The resume token; empty unless asked for.
  std::string token;
  /// The connected socket in the other seat; nothing if it is free or held for someone away.
  std::optional<socketio::SocketId> mate;
  /// The socket that sat here before, if the token took the seat away from it.
  std::optional<socketio::SocketId> evicted;
};

enum class SeatError : std::uint8_t {
  Full,   ///< both seats are taken or held
  Limit,  ///< no more rooms
};

}  // namespace duet::room
