// SPDX-License-Identifier: MIT
// Tests of RTCP between two ends.
#include <duet/rtp/session.hpp>
#include <duet/rtp/test_support.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace duet::rtp {
namespace {

using testing::ElementsAre;

Instant ms(std::int64_t count) { return Instant{count * 1ms}; }

PayloadMap payloads() {
  PayloadMap map;
  map.set(PayloadType{96}, {.role = Payload::Role::Media, .clock_rate = 90000});
  return map;
}

/// One end with a stream each way; what it says is given to the other by hand.
struct End {
  End(std::uint32_t own, std::uint32_t other, bool reduced_size, bool sends = true)
      : random{own},
        session{ms(0),
                NtpClock{ms(0), NtpTime::from_unix(1'700'000'000'000'000us)},
                random,
                {.ssrc = Ssrc{own + 50}, .cname = "end", .reduced_size = reduced_size}},
        sender{{.ssrc = Ssrc{own}, .payloads = payloads()}},
        receiver{{.ssrc = Ssrc{other}, .payloads = payloads(), .nack = true, .pli = true}},
        senders{&sender},
        receivers{&receiver} {
    if (!sends) streams.senders = {};
  }

  std::vector<std::byte> send(Instant now, bool arrives, End& to) {
    std::array<std::byte, 1500> buffer{};
    const auto payload = from_hex("0102");
    const auto written = sender.write(
        now, {.payload_type = PayloadType{96}, .captured_at = now, .payload = payload}, buffer);
    sender.handle_protected(now, written, written.size());
    std::vector<std::byte> packet(written.begin(), written.end());
    if (arrives) to.receiver.handle_packet(now, *Packet::parse(packet), packet);
    return packet;
  }

  std::vector<std::byte> poll(Instant now) {
    std::array<std::byte, 1200> buffer{};
    const auto out = session.poll_transmit(now, streams, arrivals, buffer);
    return {out.begin(), out.end()};
  }

  void handle(Instant now, const std::vector<std::byte>& bytes) {
    session.handle_packet(now, bytes, streams);
  }

  SeededRandom random;
  RtcpSession session;
  RtpSender sender;
  RtpReceiver receiver;
  std::array<RtpSender*, 1> senders;
  std::array<RtpReceiver*, 1> receivers;
  Streams streams{senders, receivers};
  Arrivals* arrivals = nullptr;
};

std::vector<int> types_in(std::span<const std::byte> bytes) {
  std::vector<int> types;
  const auto compound = RtcpCompound::parse(bytes);
  if (!compound) return types;
  for (const RtcpPacket packet : *compound) types.push_back(static_cast<int>(packet.type));
  return types;
}

TEST(RtcpSchedule, SpreadsReportsAroundTheInterval) {  // RFC 3550 §6.2, §6.3.1
  SeededRandom random{1};
  RtcpSchedule schedule{ms(0), random, {}};
  EXPECT_GE(schedule.next_timeout(), ms(250));
  EXPECT_LE(schedule.next_timeout(), ms(750));
  Instant now = schedule.next_timeout();
  Duration total{0};
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(schedule.is_due(now));
    schedule.handle_report_sent(now, 100);
    const Duration step = schedule.next_timeout() - now;
    EXPECT_GE(step, 500ms);
    EXPECT_LE(step, 1500ms);
    total += step;
    now = schedule.next_timeout();
  }
  EXPECT_NEAR(static_cast<double>(total.count()), 1e9, 3e7);
}

TEST(RtcpSchedule, StaysWithinItsRate) {
  SeededRandom random{1};
  RtcpSchedule schedule{ms(0), random, {.min_interval = 1ms, .bandwidth_bps = 10'000}};
  Instant now = schedule.next_timeout();
  int reports = 0;
  for (; now < ms(1'000'000); now = schedule.next_timeout(), ++reports) {
    schedule.handle_report_sent(now, 472);  // 500 bytes on the wire: of two ends, one in 0.8 s
  }
  EXPECT_NEAR(reports, 1250, 50);
}

TEST(RtcpSession, MeasuresTheRoundTripFromReports) {  // RFC 3550 §6.4.1
  End alice{1, 2, true};
  End bob{2, 1, true};
  alice.send(ms(0), true, bob);
  bob.send(ms(0), true, alice);
  const auto report = alice.poll(ms(1000));
  EXPECT_THAT(types_in(report), ElementsAre(200, 202));
  bob.handle(ms(1020), report);
  EXPECT_EQ(bob.receiver.remote_stats().packets_sent, 1u);
  const auto answer = bob.poll(ms(1500));
  EXPECT_THAT(types_in(answer), ElementsAre(200, 202));
  alice.handle(ms(1530), answer);
  ASSERT_TRUE(alice.session.round_trip());
  EXPECT_NEAR(static_cast<double>(alice.session.round_trip()->count()), 50'000, 50);
  EXPECT_EQ(alice.sender.remote_stats().reports, 1u);
  EXPECT_FALSE(bob.session.round_trip());
}

TEST(RtcpSession, MeasuresItByXrWhereItOnlyReceives) {  // RFC 3611 §4.4, §4.5
  End alice{1, 2, true, false};
  End bob{2, 1, true};
  bob.send(ms(0), true, alice);
  const auto report = alice.poll(ms(1000));
  EXPECT_THAT(types_in(report), ElementsAre(201, 202, 207));
  bob.handle(ms(1020), report);
  const auto answer = bob.poll(ms(1600));
  EXPECT_THAT(types_in(answer), ElementsAre(200, 202, 207));
  alice.handle(ms(1620), answer);
  ASSERT_TRUE(alice.session.round_trip());
  EXPECT_NEAR(static_cast<double>(alice.session.round_trip()->count()), 40'000, 50);
  EXPECT_EQ(alice.receiver.remote_stats().round_trip_measurements, 1u);
}

TEST(RtcpSession, SendsFeedbackAtOnce) {  // RFC 4585 §3.4
  End alice{1, 2, true};
  End bob{2, 1, true};
  EXPECT_TRUE(alice.poll(ms(10)).empty());
  bob.send(ms(10), true, alice);
  bob.send(ms(11), false, alice);
  bob.send(ms(12), true, alice);
  ASSERT_EQ(alice.session.next_timeout(alice.streams, nullptr), ms(17));
  const auto nack = alice.poll(ms(17));
  EXPECT_THAT(types_in(nack), ElementsAre(205));
  EXPECT_TRUE(alice.poll(ms(17)).empty());
  EXPECT_EQ(alice.receiver.stats().nack_count, 1u);
  bob.handle(ms(20), nack);
  EXPECT_TRUE(bob.sender.has_retransmissions());
}

TEST(RtcpSession, PutsAReportBeforeFeedbackWhereReducedSizeWasNotNegotiated) {  // RFC 4585 §3.1
  End alice{1, 2, false};
  alice.session.request_key_frame(Ssrc{2});
  EXPECT_THAT(types_in(alice.poll(ms(1))), ElementsAre(201, 202, 206));
  EXPECT_TRUE(alice.poll(ms(1)).empty());
}

TEST(RtcpSession, AsksForKeyFramesNotTooOften) {
  End alice{1, 2, true};
  End bob{2, 1, true};
  alice.session.request_key_frame(Ssrc{2});
  alice.session.request_key_frame(Ssrc{2});
  bob.handle(ms(1), alice.poll(ms(1)));
  const auto event = bob.session.poll_event();
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<KeyFrameRequest>(*event).ssrc, Ssrc{2});
  EXPECT_FALSE(bob.session.poll_event());
  EXPECT_EQ(bob.sender.stats().pli_count, 1u);
  EXPECT_EQ(alice.receiver.stats().pli_count, 1u);
  alice.session.request_key_frame(Ssrc{2}, KeyFrameMethod::Fir);
  EXPECT_TRUE(alice.poll(ms(50)).empty());
  EXPECT_EQ(alice.session.next_timeout(alice.streams, nullptr), ms(101));
  bob.handle(ms(101), alice.poll(ms(101)));
  EXPECT_TRUE(bob.session.poll_event());
  EXPECT_EQ(bob.sender.stats().fir_count, 1u);
}

TEST(RtcpSession, WantsAKeyFrameWhenPacketsWereGivenUp) {
  End alice{1, 2, true};
  End bob{2, 1, true};
  bob.send(ms(0), true, alice);
  bob.send(ms(0), false, alice);
  bob.send(ms(0), true, alice);
  // The last request and its end wake the session up by themselves.
  Instant now{};
  while (alice.receiver.packets_missing() > 0) {
    now = std::max(now, *alice.session.next_timeout(alice.streams, nullptr));
    ASSERT_LT(now, ms(5000));
    bob.handle(now, alice.poll(now));
  }
  const auto event = bob.session.poll_event();
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<KeyFrameRequest>(*event).ssrc, Ssrc{2});
  EXPECT_EQ(alice.receiver.stats().pli_count, 1u);
}

TEST(RtcpSession, TellsArrivals) {
  End alice{1, 2, true};
  End bob{2, 1, true};
  Arrivals arrivals;
  alice.arrivals = &arrivals;
  bob.send(ms(0), true, alice);
  arrivals.handle_packet(ms(0), SequenceNumber{7});
  EXPECT_EQ(alice.session.next_timeout(alice.streams, &arrivals), ms(50));
  const auto bytes = alice.poll(ms(50));
  const auto feedback = Feedback::parse(*RtcpCompound::parse(bytes)->begin());
  EXPECT_EQ(feedback->media, Ssrc{2});
  bob.handle(ms(60), bytes);
  const auto event = bob.session.poll_event();
  ASSERT_TRUE(event);
  EXPECT_EQ((*std::get<TransportFeedback>(*event).begin()).sequence, SequenceNumber{7});
}

TEST(RtcpSession, TellsItsRateNowAndWithEachReport) {  // draft-alvestrand-rmcat-remb-03
  End alice{1, 2, true};
  End bob{2, 1, true};
  alice.session.set_receive_rate(1'000'000);
  bob.handle(ms(1), alice.poll(ms(1)));
  EXPECT_EQ(std::get<RateRequest>(*bob.session.poll_event()).rate_bps, 1'000'000u);
  EXPECT_TRUE(alice.poll(ms(2)).empty());
  EXPECT_THAT(types_in(alice.poll(ms(1000))), ElementsAre(201, 202, 207, 206));
  alice.session.set_receive_rate(0);
  EXPECT_TRUE(alice.poll(ms(1001)).empty());
}

TEST(RtcpSession, SaysGoodbyeOnce) {  // RFC 3550 §6.3.7
  End alice{1, 2, true};
  End bob{2, 1, true};
  alice.session.close();
  const auto bye = alice.poll(ms(1));
  EXPECT_THAT(types_in(bye), ElementsAre(201, 202, 203));
  EXPECT_TRUE(alice.poll(ms(2)).empty());
  EXPECT_EQ(alice.session.next_timeout(alice.streams, nullptr), std::nullopt);
  bob.handle(ms(2), bye);
  EXPECT_EQ(std::get<Goodbye>(*bob.session.poll_event()).ssrc, Ssrc{1});
}

TEST(RtcpSession, CountsWhatItCannotUse) {
  End bob{2, 1, true};
  bob.handle(ms(1), from_hex("80c9ffff 00000001"));                    // a length that lies
  bob.handle(ms(1), from_hex("9fc90001 00000001"));                    // a count that lies
  bob.handle(ms(1), from_hex("81cd0003 00000001 00000063 00000000"));  // NACK of nobody's stream
  bob.handle(ms(1), from_hex("80cc0002 00000001 61626364"));           // APP
  bob.handle(ms(1), from_hex("83cd0004 00000001 00000000 00000002 00000000"));  // TMMBR
  bob.handle(ms(1), from_hex("82ce0003 00000001 00000002 00000000"));           // SLI
  bob.handle(ms(1), from_hex("80ff0001 00000001"));                             // nothing known
  EXPECT_EQ(bob.session.stats().malformed, 2u);
  EXPECT_EQ(bob.session.stats().astray, 1u);
  EXPECT_EQ(bob.session.stats().ignored, 4u);
  EXPECT_EQ(bob.session.stats().packets_received, 7u);
  EXPECT_FALSE(bob.session.poll_event());
}

TEST(RtcpSession, HearsOnlySoMuchFromOneDatagram) {
  End bob{2, 1, true};
  std::string hex = "9fcb001f";
  for (int i = 0; i < 31; ++i) hex += "000000" + std::to_string(10 + i);
  bob.handle(ms(1), from_hex(hex + hex + hex + hex));
  std::size_t events = 0;
  while (bob.session.poll_event()) ++events;
  EXPECT_EQ(events, RtcpSession::kMaxEvents);
}

TEST(RtcpSession, ReportsAllOfManyStreamsInTurn) {  // RFC 3550 §6.1
  End alice{1, 2, true};
  std::vector<RtpReceiver> receivers;
  std::vector<RtpReceiver*> pointers;
  for (std::uint32_t i = 0; i < 70; ++i) {
    receivers.emplace_back(ReceiverOptions{.ssrc = Ssrc{100 + i}, .payloads = payloads()});
  }
  for (RtpReceiver& receiver : receivers) {
    auto packet = make_packet({.ssrc = receiver.ssrc().value()});
    receiver.handle_packet(ms(0), *Packet::parse(packet), packet);
    pointers.push_back(&receiver);
  }
  alice.streams.receivers = pointers;
  std::vector<Ssrc> reported;
  for (int i = 1; i <= 3; ++i) {
    const auto bytes = alice.poll(ms(2000 * i));
    const auto report = ReceiverReport::parse(*RtcpCompound::parse(bytes)->begin());
    ASSERT_TRUE(report);
    EXPECT_EQ(report->blocks.size(), kMaxReportBlocks);
    for (const ReportBlock block : report->blocks) reported.push_back(block.ssrc);
  }
  std::ranges::sort(reported);
  reported.erase(std::unique(reported.begin(), reported.end()), reported.end());
  EXPECT_EQ(reported.size(), 70u);
}

}  // namespace
}  // namespace duet::rtp
