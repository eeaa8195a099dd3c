// SPDX-License-Identifier: MIT
// Tests of the streams of transceivers over renegotiations.
#include <duet/base/random.hpp>
#include <duet/peer/media.hpp>
#include <duet/rtp/test_support.hpp>

#include <gtest/gtest.h>

#include <array>

namespace duet::peer {
namespace {

constexpr TransceiverId kSound{1};

struct MediaHoldTest : testing::Test {
  MediaHoldTest() {
    transceiver.id = kSound;
    transceiver.parameters.mid = "0";
    transceiver.parameters.cname = "c";
    transceiver.parameters.local.ssrc = Ssrc{9};
    transceiver.parameters.receive = {
        {.payload_type = PayloadType{111}, .name = "opus", .clock_rate_hz = 48'000, .channels = 2}};
    set_direction(Direction::RecvOnly);
  }

  void set_direction(Direction direction) {
    transceiver.current_direction = direction;
    media.configure(now, {transceiver});
  }

  std::optional<MediaReceived> receive(std::uint16_t sequence) {
    now += 20ms;
    packet = rtp::make_packet(
        {.sequence = sequence, .timestamp = sequence * 960u, .ssrc = 5, .payload_type = 111});
    return media.handle_rtp(now, packet);
  }

  Instant now{10s};
  SeededRandom random{1};
  Media media{rtp::NtpClock{Instant{}, rtp::NtpTime{}}, random};
  Transceiver transceiver;
  std::vector<std::byte> packet;
};

TEST_F(MediaHoldTest, CountsOnAfterAHold) {  // W3C webrtc-stats: counters only grow
  for (std::uint16_t sequence = 65'530; sequence != 4; ++sequence) {
    ASSERT_TRUE(receive(sequence));
  }
  set_direction(Direction::Inactive);
  ASSERT_EQ(media.receivers(kSound).size(), 1u);
  EXPECT_EQ(media.receivers(kSound)[0]->stats().packets_received, 10u);
  now += 5s;
  set_direction(Direction::RecvOnly);
  const auto next = receive(4);
  ASSERT_TRUE(next);
  EXPECT_EQ(media.receivers(kSound)[0]->stats().packets_received, 11u);
  // Jitter buffers outlast the hold, and would take a number that begins anew for an old one.
  EXPECT_EQ(next->packet.sequence, 65'540);
}

TEST_F(MediaHoldTest, AsksForNothingAndReportsNothingOnHold) {
  transceiver.parameters.receive[0].feedback = {"nack"};
  set_direction(Direction::RecvOnly);
  ASSERT_TRUE(receive(10));
  ASSERT_TRUE(receive(13));
  ASSERT_EQ(media.receivers(kSound)[0]->packets_missing(), 2u);
  set_direction(Direction::Inactive);
  EXPECT_EQ(media.receivers(kSound)[0]->packets_missing(), 0u);
  std::vector<std::byte> memory(Media::kMinMemory);
  for (int i = 0; i < 50; ++i) {
    now += 100ms;
    media.handle_timeout(now);
    while (media.poll_transmit(now, memory)) {
    }
  }
  EXPECT_EQ(media.receivers(kSound)[0]->stats().nack_count, 0u);
}

TEST_F(MediaHoldTest, KeepsWhatItCountedOfAStreamThatHasSaidBye) {
  ASSERT_TRUE(receive(10));
  ASSERT_TRUE(receive(11));
  constexpr std::array kBye = {std::byte{0x81}, std::byte{203}, std::byte{0}, std::byte{1},
                               std::byte{0},    std::byte{0},   std::byte{0}, std::byte{5}};
  media.handle_rtcp(now, kBye);  // RFC 3550 §6.6
  const auto event = media.poll_event();
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<StreamEnded>(*event).ssrc, Ssrc{5});
  ASSERT_EQ(media.receivers(kSound).size(), 1u);
  EXPECT_EQ(media.receivers(kSound)[0]->stats().packets_received, 2u);
  ASSERT_TRUE(receive(12));
  EXPECT_EQ(media.receivers(kSound).size(), 1u);
  EXPECT_EQ(media.receivers(kSound)[0]->stats().packets_received, 3u);
}

}  // namespace
}  // namespace duet::peer
