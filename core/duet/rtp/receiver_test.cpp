// SPDX-License-Identifier: MIT
// Tests of a stream that is received, and of retransmissions of it.
#include <duet/rtp/receiver.hpp>
#include <duet/rtp/rtx.hpp>
#include <duet/rtp/test_support.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace duet::rtp {
namespace {

using testing::ElementsAreArray;

constexpr Ssrc kMedia{1};
constexpr Ssrc kRtx{2};

Instant ms(std::int64_t count) { return Instant{count * 1ms}; }

PayloadMap payloads() {
  PayloadMap map;
  map.set(PayloadType{96}, {.role = Payload::Role::Media, .clock_rate = 90000});
  map.set(PayloadType{97},
          {.role = Payload::Role::Rtx, .repairs = PayloadType{96}, .clock_rate = 90000});
  map.set(PayloadType{98}, {.role = Payload::Role::Ulpfec, .clock_rate = 90000});
  map.set(PayloadType{63}, {.role = Payload::Role::Red, .clock_rate = 48000});
  map.set(PayloadType{99}, {.role = Payload::Role::Rtx, .repairs = PayloadType{50}});
  return map;
}

class ReceiverTest : public testing::Test {
 protected:
  std::optional<ReceivedPacket> give(Instant now, std::vector<std::byte> bytes) {
    memory_ = std::move(bytes);
    const auto packet = Packet::parse(memory_);
    EXPECT_TRUE(packet);
    return receiver_.handle_packet(now, *packet, memory_);
  }

  std::optional<ReceivedPacket> give(int sequence, Instant now = {}) {
    return give(now, make_packet({.sequence = static_cast<std::uint16_t>(sequence)}));
  }

  std::vector<std::byte> memory_;
  RtpReceiver receiver_{{.ssrc = kMedia, .rtx_ssrc = kRtx, .payloads = payloads(), .nack = true}};
};

TEST_F(ReceiverTest, GivesEachPacketOnce) {
  const auto first = give(65535);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->sequence, 65535);
  EXPECT_FALSE(first->recovered);
  EXPECT_EQ(give(1)->sequence, 65537);
  EXPECT_EQ(give(0)->sequence, 65536);
  EXPECT_FALSE(give(0));
  EXPECT_EQ(receiver_.stats().packets_received, 4u);
  EXPECT_EQ(receiver_.stats().packets_duplicated, 1u);
  EXPECT_EQ(receiver_.stats().bytes_received, 40u);
  EXPECT_EQ(receiver_.stats().header_bytes_received, 48u);
}

TEST_F(ReceiverTest, RestoresWhatWasRetransmitted) {  // RFC 4588 §4
  give(10);
  give(12);
  const auto lost = make_packet({.sequence = 11, .timestamp = 777, .marker = true});
  std::array<std::byte, 200> buffer{};
  const auto rtx = write_rtx(*Packet::parse(lost), {kRtx, PayloadType{97}, SequenceNumber{5}}, {},
                             buffer, kSrtpTailRoom);
  ASSERT_EQ(rtx.size(), lost.size() + kOsnSize);
  EXPECT_EQ(Packet::parse(rtx)->ssrc(), kRtx);
  EXPECT_EQ(receiver_.packets_missing(), 1u);
  const auto received = give(ms(3), {rtx.begin(), rtx.end()});
  ASSERT_TRUE(received);
  EXPECT_TRUE(received->recovered);
  EXPECT_EQ(received->sequence, 11);
  EXPECT_THAT(received->packet.bytes(), ElementsAreArray(lost));
  EXPECT_EQ(receiver_.packets_missing(), 0u);
  EXPECT_EQ(receiver_.packets_lost(), 1);
  EXPECT_EQ(receiver_.stats().retransmitted_packets_received, 1u);
  EXPECT_EQ(receiver_.stats().packets_received, 3u);
  EXPECT_FALSE(give(ms(4), {rtx.begin(), rtx.end()}));
}

TEST_F(ReceiverTest,
       RetransmissionsPointNowhereElse) {  // incident class: RTX headers that point outside
  give(10);
  const auto rtx = [](std::string_view payload, std::uint8_t type = 0x61) {
    auto bytes = from_hex("8000 0001 00000000 00000002");
    bytes[1] = std::byte{type};
    const auto rest = from_hex(payload);
    bytes.insert(bytes.end(), rest.begin(), rest.end());
    return bytes;
  };
  EXPECT_FALSE(give(ms(0), rtx("")));    // a probe
  EXPECT_FALSE(give(ms(0), rtx("00")));  // half a number
  EXPECT_EQ(receiver_.stats().padding_received, 2u);
  auto padded = rtx("00 0002");  // the padding would be the number
  padded[0] = std::byte{0xa0};
  EXPECT_FALSE(give(ms(0), padded));
  EXPECT_EQ(receiver_.stats().padding_received, 3u);
  EXPECT_FALSE(give(ms(0), rtx("7fff aa")));        // far from all that was sent
  EXPECT_FALSE(give(ms(0), rtx("000b aa", 0x63)));  // of a type that isn't there
  EXPECT_EQ(receiver_.stats().packets_discarded, 2u);
  const auto empty = give(ms(0), rtx("000b"));  // an original without payload
  ASSERT_TRUE(empty);
  EXPECT_TRUE(empty->packet.payload().empty());
  // A retransmission in the media's own stream would restore itself.
  auto own = rtx("000c aa");
  own[11] = std::byte{1};
  EXPECT_FALSE(give(ms(0), own));
}

TEST_F(ReceiverTest, DropsWhatWasNotNegotiated) {
  EXPECT_FALSE(give(ms(0), make_packet({.payload_type = 50})));
  EXPECT_FALSE(give(ms(0), make_packet({.ssrc = 77})));
  EXPECT_EQ(receiver_.stats().packets_discarded, 2u);
  EXPECT_FALSE(receiver_.take_report(ms(0)));
}

TEST_F(ReceiverTest, TellsTheMediaLayerWhichNumbersHaveNoFrame) {
  EXPECT_TRUE(give(ms(0), make_packet({.payload = 0}))->packet.payload().empty());
  const auto parity = give(ms(0), make_packet({.sequence = 1, .payload_type = 98}));
  ASSERT_TRUE(parity);
  EXPECT_EQ(parity->role, Payload::Role::Ulpfec);
  EXPECT_EQ(receiver_.stats().fec_packets_received, 1u);
}

TEST_F(ReceiverTest, WantsAKeyFrameAfterARestart) {
  give(10);
  give(12);
  EXPECT_FALSE(give(30000));
  const auto received = give(30001);
  ASSERT_TRUE(received);
  EXPECT_TRUE(received->restarted);
  EXPECT_TRUE(receiver_.poll_key_frame_wanted());
  EXPECT_FALSE(receiver_.poll_key_frame_wanted());
  EXPECT_EQ(receiver_.packets_missing(), 0u);
}

TEST_F(ReceiverTest, ReportsEchoTheSendersReport) {  // RFC 3550 §6.4.1
  give(10);
  EXPECT_EQ(receiver_.take_report(ms(0))->last_sender_report, 0u);
  receiver_.handle_sender_report(ms(1000), {.ntp = NtpTime{0x0000b70520000000}, .packet_count = 9});
  const auto block = receiver_.take_report(ms(6250));
  EXPECT_EQ(block->last_sender_report, 0xb7052000u);
  EXPECT_EQ(block->delay_since_last_sr, 0x00054000u);
  EXPECT_EQ(receiver_.remote_stats().packets_sent, 9u);
  receiver_.handle_round_trip(30ms);
  EXPECT_EQ(receiver_.remote_stats().total_round_trip, 30ms);
}

TEST_F(ReceiverTest, TellsWhenATimestampWasCaptured) {
  EXPECT_EQ(receiver_.capture_time(Timestamp{0}), std::nullopt);
  give(10);
  const NtpTime ntp = NtpTime::from_unix(1'000'000'000us);
  receiver_.handle_sender_report(ms(0), {.ntp = ntp, .rtp = Timestamp{90000}});
  EXPECT_EQ(receiver_.capture_time(Timestamp{180000}), ntp + 1s);
  EXPECT_EQ(receiver_.capture_time(Timestamp{45000}), ntp + -500ms);
}

TEST_F(ReceiverTest, TellsSoOfAStreamThatIsAllRed) {  // RFC 2198
  const NtpTime then = NtpTime::from_unix(1000s);
  give(ms(0), make_packet({.sequence = 1, .timestamp = 48000, .payload_type = 63}));
  receiver_.handle_sender_report(ms(0), {.ntp = then, .rtp = Timestamp{48000}});
  EXPECT_EQ(receiver_.capture_time(Timestamp{96000}), then + 1s);
  give(ms(30), make_packet({.sequence = 2, .timestamp = 48960, .payload_type = 63}));
  EXPECT_GT(receiver_.jitter(), 0);
}

}  // namespace
}  // namespace duet::rtp
