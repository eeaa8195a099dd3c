// SPDX-License-Identifier: MIT
// What a seated socket costs while idle, and that relaying allocates nothing.
#include <duet/base/test_allocations.hpp>
#include <duet/room/signaling.hpp>
#include <duet/room/test_room.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace duet::room {
namespace {

/// Takes what comes and keeps nothing.
std::size_t discard(Signaling& signaling) {
  std::size_t count = 0;
  while (signaling.poll_emit()) ++count;
  while (signaling.poll_flow()) {
  }
  return count;
}

struct Crowd {
  explicit Crowd(std::uint64_t sockets) {
    for (std::uint64_t i = 1; i <= sockets; ++i) {
      signaling.handle_event(
          {}, {.type = Event::Type::Connected, .socket = SocketId{i}, .source = kSource});
      const std::string room = "\"green-otter-" + std::to_string(i / 2) + '"';
      signaling.handle_event({}, {.type = Event::Type::Received,
                                  .socket = SocketId{i},
                                  .arguments = room,
                                  .name = "create or join",
                                  .ack = AckId{0}});
      discard(signaling);
    }
  }

  static constexpr IpAddress kSource = IpAddress::v4({192, 0, 2, 1});
  SeededRandom random{1};
  MemorySeats seats{{}, random};
  Signaling signaling{seats, random};
};

TEST(Memory, OfAnIdleSeatedSocketIsAtMost300Bytes) {
  const std::int64_t before = live_bytes;
  constexpr std::uint64_t kSockets = 10'000;
  const Crowd crowd{kSockets};
  const double each = static_cast<double>(live_bytes - before) / kSockets;
  RecordProperty("bytes_per_socket", std::to_string(each));
  EXPECT_LE(each, 300);
  EXPECT_EQ(crowd.seats.room_count(), kSockets / 2 + 1);
}

TEST(Memory, RelayingAllocatesNothing) {
  Crowd crowd{3};
  const std::string arguments(2000, '1');
  const Event message{.type = Event::Type::Received,
                      .socket = SocketId{2},
                      .arguments = arguments,
                      .name = "message",
                      .ack = AckId{7}};
  crowd.signaling.handle_event({}, message);
  ASSERT_EQ(discard(crowd.signaling), 3U);
  const std::uint64_t before = allocations;
  for (int i = 0; i < 1000; ++i) {
    crowd.signaling.handle_event({}, message);
    discard(crowd.signaling);
  }
  EXPECT_EQ(allocations - before, 0U);
}

TEST(Memory, OfOneHugeMessageIsGivenBack) {
  Crowd crowd{3};
  const std::string arguments(1'000'000, '1');
  const std::int64_t before = live_bytes;
  crowd.signaling.handle_event({}, {.type = Event::Type::Received,
                                    .socket = SocketId{2},
                                    .arguments = arguments,
                                    .name = "message"});
  EXPECT_EQ(discard(crowd.signaling), 2U);
  EXPECT_LE(live_bytes - before, 100'000);
}

TEST(Memory, ComesBackWhenAllHaveGone) {
  Crowd crowd{10'000};
  const std::int64_t before = live_bytes;
  for (int storm = 0; storm < 3; ++storm) {
    for (std::uint64_t i = 1; i <= 10'000; ++i) {
      crowd.signaling.handle_event({}, {.type = Event::Type::Disconnected, .socket = SocketId{i}});
      discard(crowd.signaling);
    }
    crowd.signaling.handle_timeout(Instant{} + kHold);
    discard(crowd.signaling);
    EXPECT_EQ(crowd.seats.room_count(), 0U);
    for (std::uint64_t i = 1; i <= 10'000; ++i) {
      crowd.signaling.handle_event({}, {.type = Event::Type::Connected, .socket = SocketId{i}});
      crowd.signaling.handle_event({}, {.type = Event::Type::Received,
                                        .socket = SocketId{i},
                                        .arguments = "\"" + std::to_string(i / 2) + "\"",
                                        .name = "create or join",
                                        .ack = AckId{0}});
      discard(crowd.signaling);
    }
  }
  EXPECT_LE(static_cast<double>(live_bytes), static_cast<double>(before) * 1.1);
}

}  // namespace
}  // namespace duet::room
