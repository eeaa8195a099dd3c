// SPDX-License-Identifier: MIT
// The RTP half of a connection with a peer in the hands of the test, through real protection.
#include <duet/peer/media.hpp>
#include <duet/rtp/rtcp_writer.hpp>
#include <duet/srtp/receiver.hpp>
#include <duet/srtp/sender.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duet::peer {
namespace {

using Bytes = std::vector<std::byte>;

constexpr Ssrc kStream{7};
constexpr PayloadType kVp8{96};

srtp::MasterKey key() {
  const std::array<std::byte, 16> secret{std::byte{1}};
  const std::array<std::byte, 12> salt{std::byte{2}};
  return {srtp::Profile::AeadAes128Gcm, secret, salt};
}

class PeerMediaRepair : public testing::TestWithParam<bool> {
 protected:
  PeerMediaRepair() : media_{{now_, rtp::NtpTime{}}, random_, {.congestion_control = GetParam()}} {
    Transceiver video;
    video.id = TransceiverId{1};
    video.kind = MediaKind::Video;
    video.current_direction = Direction::SendOnly;
    video.parameters.send = {{.payload_type = kVp8,
                              .name = "VP8",
                              .clock_rate_hz = 90'000,
                              .feedback = {"nack", "transport-cc"}}};
    video.parameters.extensions = {
        {.id = 3, .uri = std::string{rtp::extension_uri(rtp::ExtensionType::TransportSequence)}}};
    video.parameters.reduced_size = true;
    video.parameters.local = {.ssrc = kStream};
    video.parameters.cname = "test";
    media_.configure(now_, {video});
  }

  void send(std::size_t size) {
    const Bytes payload(size, std::byte{0x55});
    ASSERT_TRUE(media_.send(now_, TransceiverId{1},
                            {.timestamp = rtp::Timestamp{1000}, .payload = payload}));
  }

  /// What leaves within a second, as it is on the wire.
  std::vector<Bytes> departures() {
    std::vector<Bytes> out;
    for (const Instant end = now_ + 1s; now_ < end; now_ += 5ms) {
      media_.handle_timeout(now_);
      Bytes memory(Media::kMinMemory);
      while (const auto packet = media_.poll_transmit(now_, memory)) {
        if (packet->is_rtcp) continue;
        std::size_t size = packet->size;
        if (!packet->is_protected) {
          const auto total = sender_.protect_rtp(memory, packet->size);
          EXPECT_TRUE(total);
          size = total.value_or(0);
          media_.handle_protected(now_, std::span{memory}.first(size), packet->size);
        }
        out.emplace_back(memory.begin(), memory.begin() + static_cast<std::ptrdiff_t>(size));
      }
    }
    return out;
  }

  void ask_for(const Bytes& packet) {
    const rtp::SequenceNumber number = rtp::Packet::parse(packet)->sequence();
    std::array<std::byte, 200> buffer{};
    rtp::RtcpWriter writer{buffer};
    ASSERT_EQ(writer.add_nack(Ssrc{9}, kStream, std::span{&number, 1}), 1);
    media_.handle_rtcp(now_, writer.finish());
  }

  Instant now_{1s};
  SeededRandom random_{1};
  Media media_;
  srtp::Sender sender_{key()};
  srtp::Receiver receiver_{key()};
};

// Another ciphertext under the same number would give the key away (RFC 7714 §10.1), and a packet
// that leaves again has another transport-wide number: it has to be the same to the bit.
TEST_P(PeerMediaRepair, WithoutAStreamOfRetransmissionsAPacketGoesAgainAsTheBytesItBecame) {
  for (int i = 0; i < 3; ++i) send(400);
  const auto sent = departures();
  ASSERT_EQ(sent.size(), 3);
  ask_for(sent[1]);
  const auto again = departures();
  ASSERT_EQ(again.size(), 1);
  EXPECT_EQ(again[0], sent[1]);
  Bytes arrived = again[0];
  EXPECT_TRUE(receiver_.unprotect_rtp(arrived));
  EXPECT_EQ(media_.sender(TransceiverId{1})->stats().retransmitted_packets_sent, 1);
  EXPECT_EQ(media_.sender(TransceiverId{1})->stats().retransmitted_bytes_sent, 400);
}

INSTANTIATE_TEST_SUITE_P(PacedOrNot, PeerMediaRepair, testing::Bool());

}  // namespace
}  // namespace duet::peer
