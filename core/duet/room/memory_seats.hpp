// SPDX-License-Identifier: MIT
// The table of rooms of one server, in its memory.
#pragma once

#include <duet/base/hash.hpp>
#include <duet/base/random.hpp>
#include <duet/base/slot_map.hpp>
#include <duet/base/timer_queue.hpp>
#include <duet/room/seats.hpp>

#include <array>
#include <functional>
#include <unordered_map>
#include <utility>

namespace duet::room {

/// Bounds on what strangers can make the table keep. Nothing means no limit.
struct SeatLimits {
  /// Seats held at a time for clients of one address (IPv6: of one /64). Beyond that a seat is
  /// freed rather than held. A held seat costs some 300 bytes and keeps its room for a minute; a
  /// whole school behind one address comes back from an outage with this many.
  std::optional<std::size_t> held_per_address = 1000;
  /// Rooms in all. Beyond that no new room is made. 100,000 are about 40 MB and as many calls as
  /// one machine has sockets for.
  std::optional<std::size_t> rooms = 100'000;
};

/// Seats that live and end with the process.
class MemorySeats final : public Seats {
 public:
  /// @param random  for tokens and the key of the table; must outlive the seats
  MemorySeats(SeatLimits limits, Random& random);

  Result<Seating, SeatError> take(std::string_view room, socketio::SocketId socket,
                                  Token token) override;
  std::optional<Seating> resume(std::string_view room, std::string_view token,
                                socketio::SocketId socket) override;
  std::string token_of(SeatId seat) override;
  Vacancy free(SeatId seat) override;
  std::optional<Vacancy> hold(Instant now, SeatId seat, const IpAddress& source) override;
  std::optional<Vacancy> poll_expired(Instant now) override;

  std::optional<Instant> next_timeout() const override { return timers_.next(); }

  int taken(std::string_view room) const override;
  std::string_view room_of(SeatId seat) const override;

  std::size_t room_count() const override { return rooms_.size(); }

  std::size_t held_count() const override { return holds_.size(); }

 private:
  /// Its two seats; an all-zero SeatId is a free one.
  struct Room {
    std::array<SeatId, 2> seats{};
  };

  using Rooms = std::unordered_map<std::string, Room, KeyedHash, std::equal_to<>>;

  /// As long as random_name() makes it; all zero for none.
  using TokenText = std::array<char, 24>;

  struct Seat {
    Rooms::value_type* room = nullptr;  // nodes stay where they are
    std::optional<socketio::SocketId> socket;
    TokenText token{};
  };

  struct Hold {
    Instant until;
    IpAddress source;
  };

  /// Strangers choose their addresses, within limits.
  struct AddressHash {
    KeyedHash hash;
    std::size_t operator()(const IpAddress& address) const noexcept;
  };

  Seating seated(SeatId id) const;
  void give_token(Seat& seat);
  void end_hold(SeatId id);
  Seat& get(SeatId id);
  const Seat& get(SeatId id) const;

  SeatLimits limits_;
  Random& random_;
  SlotMap<SeatId, Seat> seats_;
  Rooms rooms_;
  std::unordered_map<SeatId, Hold> holds_;
  std::unordered_map<IpAddress, std::size_t, AddressHash> held_by_address_;
  TimerQueue<SeatId> timers_;
};

}  // namespace duet::room
