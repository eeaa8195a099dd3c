// SPDX-License-Identifier: MIT
// A stranger's program: two take the seats of a room, the third is told that it is full.
#include <duet/base/random.hpp>
#include <duet/room/memory_seats.hpp>

#include <cstdio>

int main() {
  using duet::room::SeatError, duet::room::Token;
  using duet::socketio::SocketId;

  duet::SeededRandom random{2022};
  duet::room::MemorySeats seats{{}, random};
  const auto alice = seats.take("green-otter", SocketId{1}, Token::Wanted);
  const auto bob = seats.take("green-otter", SocketId{2}, Token::Unwanted);
  const auto carol = seats.take("green-otter", SocketId{3}, Token::Unwanted);

  if (!alice || !bob || carol || carol.error() != SeatError::Full) return 1;
  std::printf("two seats taken, the third comer gets: full\n");
}
