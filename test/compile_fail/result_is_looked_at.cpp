// SPDX-License-Identifier: MIT
// A Result is not its value: who wants the value has to look.
#include <duet/room/seats.hpp>

#ifdef RIGHT
duet::room::Seating sit(duet::Result<duet::room::Seating, duet::room::SeatError> result) {
  return result.value_or(duet::room::Seating{});
}
#else
duet::room::Seating sit(duet::Result<duet::room::Seating, duet::room::SeatError> result) {
  return result;
}
#endif
