// SPDX-License-Identifier: MIT
// Streams of what was negotiated, without a transport.
#include <duet/peer/media.hpp>

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace duet::peer {
namespace {

constexpr Instant kNow{1000s};

Transceiver sending(std::string mid) {
  Transceiver out;
  out.id = TransceiverId{1};
  out.current_direction = Direction::SendOnly;
  out.parameters.mid = std::move(mid);
  out.parameters.send = {
      {.payload_type = PayloadType{111}, .name = "opus", .clock_rate_hz = 48000, .channels = 2}};
  out.parameters.extensions = {{.id = 4, .uri = "urn:ietf:params:rtp-hdrext:sdes:mid"}};
  out.parameters.local.ssrc = Ssrc{1};
  out.parameters.cname = "c";
  return out;
}

TEST(PeerMedia, SendsAlsoWhereTheMidFitsNoPacket) {
  for (const std::size_t size : {1U, 16U, 17U, 64U, 65U, 8000U}) {
    SCOPED_TRACE(size);
    SeededRandom random{1};
    Media media{rtp::NtpClock{Instant{}, {}}, random};
    media.configure(kNow, {sending(std::string(size, 'm'))});
    constexpr std::array<std::byte, Media::kMaxPayload> kPayload{};
    ASSERT_TRUE(media.send(kNow, TransceiverId{1}, {.payload = kPayload}));
    std::array<std::byte, Media::kMinMemory> memory{};
    const auto packet = media.poll_transmit(kNow, memory);
    ASSERT_TRUE(packet);
    EXPECT_FALSE(packet->is_rtcp);
    EXPECT_GT(packet->size, kPayload.size());
  }
}

}  // namespace
}  // namespace duet::peer
