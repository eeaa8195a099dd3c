// SPDX-License-Identifier: MIT
// Tests of a stream that is sent, and of its history.
#include <duet/base/bytes.hpp>
#include <duet/base/random.hpp>
#include <duet/rtp/extension_value.hpp>
#include <duet/rtp/rtcp_writer.hpp>
#include <duet/rtp/rtx.hpp>
#include <duet/rtp/sender.hpp>
#include <duet/rtp/test_support.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <deque>

namespace duet::rtp {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

Instant ms(std::int64_t count) { return Instant{count * 1ms}; }

TEST(RtpSendHistory, FindsWhatItStillHas) {
  // Against a list without bounds of its own: each packet is either as it was or gone.
  SeededRandom random{3};
  const SendHistory::Limits limits{.packets = 100, .bytes = 20000, .age = 500ms};
  SendHistory history{limits};
  std::deque<std::pair<SequenceNumber, std::vector<std::byte>>> sent;
  SequenceNumber next{65500};
  Instant now{};
  for (int i = 0; i < 5000; ++i) {
    now += std::chrono::microseconds{random.u64() % 10000};
    std::vector<std::byte> packet(1 + random.u64() % 1200);
    random.fill(packet);
    history.add(now, next, packet);
    sent.emplace_back(next, packet);
    if (sent.size() > 300) sent.pop_front();
    next = next + (random.u64() % 20 == 0 ? 3 : 1);
    ASSERT_LE(history.packets(), limits.packets);
    ASSERT_LE(history.capacity(), limits.bytes);
    std::size_t found = 0;
    std::size_t bytes = 0;
    for (const auto& [number, expected] : sent) {
      const auto* const entry = history.find(number);
      if (entry == nullptr) continue;
      ASSERT_TRUE(std::ranges::equal(history.bytes(*entry), expected));
      ASSERT_LE(now - entry->sent_at, limits.age);
      ++found;
      bytes += expected.size();
    }
    ASSERT_LE(found, history.packets());
    ASSERT_NE(history.find(sent.back().first), nullptr);
    ASSERT_TRUE(i < 200 || found > 5);
    ASSERT_LE(bytes, limits.bytes);
  }
  EXPECT_EQ(history.find(next), nullptr);
}

TEST(RtpSendHistory, KnowsWhatWasLeftOut) {
  SendHistory history;
  history.add(ms(0), SequenceNumber{65534}, make_packet({}));
  history.add(ms(0), SequenceNumber{1}, make_packet({}));
  EXPECT_NE(history.find(SequenceNumber{65534}), nullptr);
  EXPECT_EQ(history.find(SequenceNumber{65535}), nullptr);
  EXPECT_EQ(history.find(SequenceNumber{0}), nullptr);
  EXPECT_NE(history.find(SequenceNumber{1}), nullptr);
}

TEST(RtpSendHistory, BeginsAnewAfterAJump) {
  SendHistory history;
  history.add(ms(0), SequenceNumber{1}, make_packet({}));
  history.add(ms(0), SequenceNumber{1 + SendHistory::kMaxGap + 2}, make_packet({}));
  EXPECT_EQ(history.find(SequenceNumber{1}), nullptr);
  EXPECT_EQ(history.packets(), 1u);
  const std::vector<std::byte> huge(2 * 1024 * 1024);
  history.add(ms(0), SequenceNumber{4}, huge);
  EXPECT_EQ(history.packets(), 0u);
}

constexpr Ssrc kMedia{1};
constexpr Ssrc kRtx{2};

SenderOptions options() {
  SenderOptions out{.ssrc = kMedia,
                    .rtx_ssrc = kRtx,
                    .first_sequence = SequenceNumber{65535},
                    .first_rtx_sequence = SequenceNumber{500},
                    .mid = "0",
                    .rid = "hi"};
  out.payloads.set(PayloadType{96}, {.role = Payload::Role::Media, .clock_rate = 90000});
  out.payloads.set(PayloadType{97}, {.role = Payload::Role::Rtx, .repairs = PayloadType{96}});
  out.extensions.set(ExtensionType::Mid, 1);
  out.extensions.set(ExtensionType::RtpStreamId, 2);
  out.extensions.set(ExtensionType::RepairedRtpStreamId, 3);
  out.extensions.set(ExtensionType::TransportSequence, 4);
  out.extensions.set(ExtensionType::AbsSendTime, 5);
  out.extensions.set(ExtensionType::VideoOrientation, 6);
  return out;
}

class SenderTest : public testing::Test {
 protected:
  Packet send(Instant now = {}, std::size_t size = 100) {
    const std::vector<std::byte> payload(size);
    const auto written = sender_.write(now,
                                       {.payload_type = PayloadType{96},
                                        .timestamp = Timestamp{9000},
                                        .captured_at = now,
                                        .head = head_,
                                        .payload = payload},
                                       buffer_);
    EXPECT_FALSE(written.empty());
    return *Packet::parse(written);
  }

  void nack(Instant now, std::initializer_list<int> numbers) {
    std::vector<SequenceNumber> lost;
    for (const int n : numbers) lost.push_back(SequenceNumber{static_cast<std::uint16_t>(n)});
    nack(now, lost);
  }

  void nack(Instant now, const std::vector<SequenceNumber>& lost) {
    std::vector<std::byte> bytes(20000);
    RtcpWriter writer{bytes};
    ASSERT_EQ(writer.add_nack(Ssrc{9}, kMedia, lost), lost.size());
    const auto compound = RtcpCompound::parse(writer.finish());
    sender_.handle_nack(now, *Nack::parse(*Feedback::parse(*compound->begin())));
  }

  std::vector<std::span<std::byte>> resent(Instant now) {
    std::vector<std::span<std::byte>> out;
    while (true) {
      const auto packet = sender_.poll_retransmission(now, buffer_);
      if (packet.empty()) return out;
      out.push_back(packet);
    }
  }

  std::array<std::byte, 1500> buffer_{};
  std::vector<std::byte> head_ = from_hex("abcd");
  RtpSender sender_{options()};
};

TEST_F(SenderTest, NumbersItsPacketsAndNamesItsStream) {
  const Packet first = send();
  EXPECT_EQ(first.sequence(), SequenceNumber{65535});
  EXPECT_EQ(as_text(*first.extension(1)), "0");
  EXPECT_EQ(as_text(*first.extension(2)), "hi");
  EXPECT_EQ(first.extension(4)->size(), 2u);
  EXPECT_EQ(first.payload().size(), 102u);
  EXPECT_EQ(send().sequence(), SequenceNumber{0});
  // Once the peer has reported the stream, it knows it.
  sender_.handle_report_block(ms(10), {}, {.ssrc = kMedia});
  const Packet third = send();
  EXPECT_FALSE(third.extension(1));
  EXPECT_FALSE(third.extension(2));
  EXPECT_EQ(sender_.stats().packets_sent, 3u);
  EXPECT_EQ(sender_.stats().bytes_sent, 306u);
}

TEST_F(SenderTest, LeavesOutExtensionsThatWereNotNegotiatedOrDoNotFit) {
  const auto write = [&](ExtensionType type, std::size_t size) {
    const std::vector<std::byte> value(size);
    const std::array extensions{OutgoingExtension{type, value}};
    const auto written =
        sender_.write(ms(0), {.payload_type = PayloadType{96}, .extensions = extensions}, buffer_);
    return Packet::parse(written)->extension(6).has_value();
  };
  EXPECT_TRUE(write(ExtensionType::VideoOrientation, 1));
  EXPECT_FALSE(write(ExtensionType::ColorSpace, 1));
  EXPECT_FALSE(write(ExtensionType::VideoOrientation, 17));
  SenderOptions mixed = options();
  mixed.mixed_extension_forms = true;
  sender_ = RtpSender{mixed};
  EXPECT_TRUE(write(ExtensionType::VideoOrientation, 17));
}

TEST_F(SenderTest, StampsPacketsWhenTheyLeave) {
  send();
  const auto packet = std::span{buffer_}.first(180);
  EXPECT_TRUE(stamp_departure(packet, sender_.options().extensions, SequenceNumber{0xABCD},
                              NtpTime{std::uint64_t{1} << 32}));
  const auto parsed = Packet::parse(packet);
  EXPECT_EQ(TransportSequence::parse(*parsed->extension(4))->sequence, SequenceNumber{0xABCD});
  EXPECT_EQ(AbsSendTime::parse(*parsed->extension(5))->value, 1u << 18);
  EXPECT_FALSE(stamp_departure(packet, {}, SequenceNumber{1}, {}));
}

TEST_F(SenderTest, SendsAgainInTheStreamOfRetransmissions) {  // RFC 4588 §4
  const auto payload_of = [](const Packet& p) {
    return std::vector<std::byte>(p.payload().begin(), p.payload().end());
  };
  const auto original = payload_of(send());
  send();
  nack(ms(50), {65535, 7});
  EXPECT_TRUE(sender_.has_retransmissions());
  const auto packets = resent(ms(50));
  ASSERT_EQ(packets.size(), 1u);
  const auto rtx = Packet::parse(packets[0]);
  EXPECT_EQ(rtx->ssrc(), kRtx);
  EXPECT_EQ(rtx->payload_type(), PayloadType{97});
  EXPECT_EQ(rtx->sequence(), SequenceNumber{500});
  EXPECT_FALSE(rtx->extension(2));
  EXPECT_EQ(as_text(*rtx->extension(3)), "hi");  // RFC 8852 §4.2
  auto expected = from_hex("ffff");
  expected.insert(expected.end(), original.begin(), original.end());
  EXPECT_THAT(rtx->payload(), ElementsAreArray(expected));
  EXPECT_EQ(sender_.stats().retransmitted_packets_sent, 1u);
  EXPECT_EQ(sender_.stats().retransmissions_refused, 1u);
  EXPECT_EQ(sender_.report(ms(50), {})->packet_count, 2u);
}

TEST_F(SenderTest, NamesTheStreamOfRetransmissionsUntilItIsReported) {
  sender_.handle_report_block(ms(0), {}, {.ssrc = kMedia});  // before the first packet: nobody's
  send();
  sender_.handle_report_block(ms(10), {}, {.ssrc = kMedia});
  EXPECT_FALSE(send().extension(1));
  nack(ms(50), {0});
  const auto packets = resent(ms(50));
  ASSERT_EQ(packets.size(), 1u);
  EXPECT_EQ(as_text(*Packet::parse(packets[0])->extension(1)), "0");
  EXPECT_EQ(as_text(*Packet::parse(packets[0])->extension(3)), "hi");
  EXPECT_EQ(as_text(*Packet::parse(sender_.write_padding(9, buffer_))->extension(3)), "hi");
  sender_.handle_rtx_reported();
  nack(ms(150), {0});
  EXPECT_FALSE(Packet::parse(resent(ms(150)).at(0))->extension(1));
}

TEST_F(SenderTest, LeavesOutNumbersThatAForwarderNeverHad) {
  send();
  const auto written =
      sender_.write(ms(1), {.payload_type = PayloadType{96}, .skipped = 2}, buffer_);
  EXPECT_EQ(Packet::parse(written)->sequence(), SequenceNumber{2});
  nack(ms(5), {65535, 0, 1, 2});
  EXPECT_EQ(resent(ms(5)).size(), 2u);
}

TEST_F(SenderTest, SendsAgainAsItWasWithoutSuchAStream) {
  SenderOptions plain = options();
  plain.rtx_ssrc = std::nullopt;
  sender_ = RtpSender{plain};
  const Packet packet = send();
  nack(ms(40), {65535});
  EXPECT_TRUE(resent(ms(40)).empty());  // it has not left yet
  std::vector<std::byte> bytes(packet.bytes().begin(), packet.bytes().end());
  const std::size_t size = bytes.size();
  bytes.resize(size + 16, std::byte{0xAA});
  sender_.handle_protected(ms(45), bytes, size);
  nack(ms(50), {65535});
  const auto packets = resent(ms(50));
  ASSERT_EQ(packets.size(), 1u);
  EXPECT_THAT(packets[0], ElementsAreArray(bytes));
  EXPECT_EQ(sender_.stats().retransmitted_bytes_sent, packet.payload().size());
  EXPECT_TRUE(sender_.write_padding(100, buffer_).empty());
}

TEST_F(SenderTest, AnswersTheSameRequestOncePerRoundTrip) {
  sender_.set_round_trip(100ms);
  send();
  nack(ms(0), {65535});
  nack(ms(0), {65535});
  EXPECT_EQ(resent(ms(0)).size(), 1u);
  nack(ms(85), {65535});
  EXPECT_EQ(resent(ms(85)).size(), 0u);
  nack(ms(95), {65535});
  EXPECT_EQ(resent(ms(95)).size(), 1u);
  for (int i = 2; i < 30; ++i) {
    nack(ms(i * 95), {65535});
    resent(ms(i * 95));
  }
  EXPECT_EQ(sender_.stats().retransmitted_packets_sent,
            static_cast<std::uint64_t>(RtpSender::kMaxResends));
}

TEST_F(SenderTest, AnswersTwiceWhereALostAnswerWouldBeSeen) {
  const auto answers = [&](Duration round_trip, std::uint8_t lost_of_256) {
    sender_ = RtpSender{options()};
    sender_.set_round_trip(round_trip);
    send();
    send();
    sender_.handle_report_block(ms(0), {}, {.fraction_lost = lost_of_256});
    nack(ms(0), {65535, 0});
    std::vector<int> again;
    while (sender_.has_retransmissions()) {
      const auto packet = Packet::parse(sender_.poll_retransmission(ms(0), buffer_));
      const auto payload = packet->payload();
      again.push_back(std::to_integer<int>(payload[0]) << 8 | std::to_integer<int>(payload[1]));
    }
    return again;
  };
  EXPECT_THAT(answers(100ms, 26), ElementsAre(65535, 0, 65535, 0));
  EXPECT_THAT(answers(50ms, 51), ElementsAre(65535, 0, 65535, 0));
  EXPECT_THAT(answers(50ms, 13), ElementsAre(65535, 0));
  EXPECT_THAT(answers(200ms, 5), ElementsAre(65535, 0));
}

TEST_F(SenderTest, AnswersAgainAfterAnAnswerThatWasRefused) {
  sender_.set_round_trip(100ms);
  send(ms(0), 1000);
  sender_.handle_report_block(ms(0), {}, {.fraction_lost = 64});
  nack(ms(0), {65535});
  EXPECT_TRUE(sender_.poll_retransmission(ms(0), std::span{buffer_}.first(100)).empty());
  EXPECT_EQ(sender_.stats().retransmissions_refused, 1u);
  nack(ms(100), {65535});
  EXPECT_EQ(resent(ms(100)).size(), 2u);
}

TEST_F(SenderTest, AnswersOnceWhereMoreIsAskedForThanIsSent) {
  sender_.set_round_trip(100ms);
  for (int i = 0; i < 100; ++i) send(ms(0), 1000);
  sender_.handle_report_block(ms(0), {}, {.fraction_lost = 128});
  const auto answers = [&](std::uint16_t first, std::uint16_t end) {
    for (; first < end; ++first) nack(ms(0), {first});
    return resent(ms(0)).size();
  };
  EXPECT_EQ(answers(0, 20), 40u);
  EXPECT_EQ(answers(20, 40), 20u);
}

TEST_F(SenderTest, AFloodOfNacksAtMostDoublesWhatIsSent) {  // incident class: NACK floods
  std::uint64_t sent = 0;
  std::uint64_t again = 0;
  std::vector<SequenceNumber> everything;
  for (int i = 0; i < 65536; i += 7)
    everything.push_back(SequenceNumber{static_cast<std::uint16_t>(i)});
  everything.resize(4000);
  for (int i = 0; i < 400; ++i) {
    sent += send(ms(i * 10), 1000).bytes().size();
    nack(ms(i * 10), everything);
    EXPECT_LE(sender_.stats().retransmitted_packets_sent, 400u * RtpSender::kMaxResends);
    for (const auto& packet : resent(ms(i * 10))) again += packet.size();
  }
  EXPECT_LE(again, sent + RtpSender::kResendBurst + 400 * RtpSender::kMaxResends * kOsnSize);
  EXPECT_GT(sender_.stats().retransmissions_refused, 0u);
  EXPECT_EQ(sender_.stats().nack_count, 400u);
}

TEST_F(SenderTest, ProbesOnlyOnceItHasSent) {
  EXPECT_TRUE(sender_.write_padding(100, buffer_).empty());
  send();
  const auto padding = Packet::parse(sender_.write_padding(100, buffer_));
  ASSERT_TRUE(padding);
  EXPECT_EQ(padding->ssrc(), kRtx);
  EXPECT_TRUE(padding->payload().empty());
  EXPECT_EQ(padding->padding_size(), 100u);
}

TEST_F(SenderTest, ProbesWithTheLongestPacketThatWasSentAgainLeastOften) {
  EXPECT_TRUE(sender_.write_probe(ms(0), buffer_).empty());
  send(ms(0), 100);
  send(ms(0), 900);
  send(ms(0), 400);
  const auto size = [&](Instant at) {
    const auto probe = Packet::parse(sender_.write_probe(at, buffer_));
    EXPECT_TRUE(probe);
    EXPECT_EQ(probe->ssrc(), kRtx);
    return probe->payload().size() - kOsnSize - head_.size();
  };
  EXPECT_EQ(size(ms(1)), 900u);
  EXPECT_EQ(size(ms(2)), 400u);
  EXPECT_EQ(size(ms(3)), 100u);
  EXPECT_EQ(size(ms(4)), 900u);
  EXPECT_EQ(sender_.stats().retransmitted_packets_sent, 0u);
  EXPECT_TRUE(sender_.write_probe(ms(1500), buffer_).empty());  // nobody wants them any more
}

TEST_F(SenderTest, SendsNothingAgainThatItWasToldToForget) {
  send(ms(0));
  send(ms(0));
  nack(ms(1), {65535});
  sender_.forget_sent();
  EXPECT_FALSE(sender_.has_retransmissions());
  nack(ms(2), {0});
  EXPECT_TRUE(resent(ms(2)).empty());
  const auto next = send(ms(3)).sequence();
  nack(ms(4), {next.value()});
  EXPECT_EQ(resent(ms(4)).size(), 1u);
}

TEST_F(SenderTest, ReportsTieTheTimestampToTheClock) {  // RFC 3550 §6.4.1
  EXPECT_FALSE(sender_.report(ms(0), {}));
  send(ms(1000));
  const auto info = sender_.report(ms(1500), NtpTime{7});
  ASSERT_TRUE(info);
  EXPECT_EQ(info->ntp, NtpTime{7});
  EXPECT_EQ(info->rtp, Timestamp{9000 + 45000});
  EXPECT_EQ(info->packet_count, 1u);
  EXPECT_EQ(info->octet_count, 102u);
  EXPECT_TRUE(sender_.is_active(ms(3000), 1s));
  EXPECT_FALSE(sender_.is_active(ms(3001), 1s));
}

TEST_F(SenderTest, LearnsFromTheReportsOfThePeer) {
  send();
  sender_.handle_report_block(ms(5), NtpTime{0x0000b71080000000},
                              {.ssrc = kMedia,
                               .fraction_lost = 64,
                               .cumulative_lost = 3,
                               .highest_sequence = 65635,
                               .last_sender_report = 0xb7052000,
                               .delay_since_last_sr = 0x00054000});
  const RemoteInboundStats& remote = sender_.remote_stats();
  EXPECT_EQ(remote.packets_lost, 3);
  EXPECT_EQ(remote.packets_received, 98);  // of 101
  EXPECT_EQ(remote.fraction_lost, 0.25);
  EXPECT_EQ(remote.round_trip, 6125ms);
  EXPECT_EQ(remote.round_trip_measurements, 1u);
}

TEST_F(SenderTest, TellsANewFullIntraRequestFromARepeatedOne) {  // RFC 5104 §4.3.1.2
  EXPECT_TRUE(sender_.handle_fir({kMedia, 0}));
  EXPECT_FALSE(sender_.handle_fir({kMedia, 0}));
  EXPECT_TRUE(sender_.handle_fir({kMedia, 1}));
  EXPECT_EQ(sender_.stats().fir_count, 2u);
}

}  // namespace
}  // namespace duet::rtp
