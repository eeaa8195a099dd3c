// SPDX-License-Identifier: MIT
// A seat outlives the socket on it, and is not one.
#include <duet/room/seats.hpp>

#ifdef RIGHT
duet::room::Vacancy stand_up(duet::room::Seats& seats, duet::room::SeatId who) {
  return seats.free(who);
}
#else
duet::room::Vacancy stand_up(duet::room::Seats& seats, duet::socketio::SocketId who) {
  return seats.free(who);
}
#endif
