// SPDX-License-Identifier: MIT
// Rooms of two seats: who sits where, and for whom a seat is held.
#pragma once

#include <duet/base/address.hpp>
#include <duet/base/result.hpp>
#include <duet/base/strong.hpp>
#include <duet/base/time.hpp>
#include <duet/socketio/server.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace duet::room {

/// How long a seat waits for its holder: a reload or a change of network takes seconds, and a
/// stranger should not be kept out of an empty room for much longer than a minute.
constexpr Duration kHold = 60s;

/// One taken seat, from sitting down until it is freed: over holds and resumes it stays the same.
using SeatId = Strong<struct SeatIdTag, std::uint64_t>;

/// Whether a token comes with a seat. Only a seat with a token is held for who goes away.
enum class Token : std::uint8_t { Unwanted, Wanted };

/// What who sits down is told.
enum class Role : std::uint8_t {
  Created,  ///< the other seat is free
  Joined,   ///< the other seat is taken, or held for someone away
};

/// What Seats says when someone sits down.
struct Seating {
  SeatId seat{};
  Role role = Role::Created;
  /// Seats taken or held by others: 0 or 1.
  int taken_before = 0;
  /// The resume token; empty if there is none.
  std::string token;
  /// The connected socket in the other seat; nothing if it is free or held for someone away.
  std::optional<socketio::SocketId> mate;
  /// The socket that sat here until the token took the seat away from it.
  std::optional<socketio::SocketId> evicted;
};

enum class SeatError : std::uint8_t {
  Full,   ///< both seats are taken or held
  Limit,  ///< no more rooms
};

/// A seat that was freed.
struct Vacancy {
  std::string room;
  /// The connected socket in the other seat, which is to be told.
  std::optional<socketio::SocketId> mate;
};

/// The table of rooms. Operations are atomic and speak in values, so that a store shared by several
/// servers can stand behind the same interface. A room exists while one of its seats is taken.
class Seats {
 public:
  Seats() = default;
  Seats(const Seats&) = delete;
  Seats& operator=(const Seats&) = delete;
  virtual ~Seats() = default;

  /// Takes a free seat for `socket`.
  virtual Result<Seating, SeatError> take(std::string_view room, socketio::SocketId socket,
                                          Token token) = 0;
  /// Gives `socket` the seat in `room` that `token` belongs to, be it held or sat on. Nothing if
  /// there is no such seat.
  virtual std::optional<Seating> resume(std::string_view room, std::string_view token,
                                        socketio::SocketId socket) = 0;
  /// The token of a taken seat, made now if it has none yet.
  virtual std::string token_of(SeatId seat) = 0;
  /// Frees a taken seat.
  virtual Vacancy free(SeatId seat) = 0;
  /// The socket on `seat` is gone. A seat with a token is held for kHold; without one, or when too
  /// many are held for `source`, it is freed, and the vacancy returned.
  virtual std::optional<Vacancy> hold(Instant now, SeatId seat, const IpAddress& source) = 0;

  /// Frees one held seat whose time is over at `now`; nothing when there is none.
  virtual std::optional<Vacancy> poll_expired(Instant now) = 0;
  /// When to call poll_expired(); perhaps too early, never too late.
  virtual std::optional<Instant> next_timeout() const = 0;

  /// Seats of `room` that are taken or held: 0, 1 or 2.
  virtual int taken(std::string_view room) const = 0;
  /// The room of a taken seat. Valid until it is freed.
  virtual std::string_view room_of(SeatId seat) const = 0;
  virtual std::size_t room_count() const = 0;
  virtual std::size_t held_count() const = 0;
};

}  // namespace duet::room
