// SPDX-License-Identifier: MIT
// That packets and reports allocate nothing on their way, once memory has warmed up.
#include <duet/base/test_allocations.hpp>
#include <duet/rtp/demuxer.hpp>
#include <duet/rtp/session.hpp>
#include <duet/rtp/test_support.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdint>

namespace duet::rtp {
namespace {

PayloadMap payloads() {
  PayloadMap map;
  map.set(PayloadType{96}, {.role = Payload::Role::Media, .clock_rate = 90000});
  map.set(PayloadType{97}, {.role = Payload::Role::Rtx, .repairs = PayloadType{96}});
  return map;
}

TEST(RtpMemory, ALossyCallAllocatesNothingOnceItRuns) {
  ExtensionMap extensions;
  extensions.set(ExtensionType::Mid, 1);
  extensions.set(ExtensionType::TransportSequence, 2);
  SeededRandom random{1};
  const NtpClock clock{Instant{}, NtpTime::from_unix(1'700'000'000'000'000us)};
  RtcpSession near{
      Instant{}, clock, random, {.ssrc = Ssrc{50}, .cname = "near", .reduced_size = true}};
  RtcpSession far{
      Instant{}, clock, random, {.ssrc = Ssrc{60}, .cname = "far", .reduced_size = true}};
  RtpSender sender{{.ssrc = Ssrc{1},
                    .rtx_ssrc = Ssrc{2},
                    .payloads = payloads(),
                    .extensions = extensions,
                    .mid = "0",
                    .history = {.packets = 256, .bytes = 64 * 1024}}};
  RtpReceiver receiver{{.ssrc = Ssrc{1}, .payloads = payloads(), .nack = true, .pli = true}};
  Demuxer demuxer;
  demuxer.set_sections(Instant{}, extensions, {{.mid = "0", .payloads = payloads()}});
  Arrivals arrivals;
  const std::array senders{&sender};
  const std::array receivers{&receiver};
  const Streams near_streams{senders, {}};
  const Streams far_streams{{}, receivers};
  const std::vector<std::byte> payload(1000);
  std::array<std::byte, 1500> buffer{};
  std::uint16_t transport_sequence = 0;
  std::uint64_t delivered = 0;

  const auto cross = [&](Instant now, std::span<std::byte> bytes) {
    stamp_departure(bytes, extensions, SequenceNumber{++transport_sequence}, clock.at(now));
    if (random.u64() % 20 == 0) return;
    arrivals.handle_packet(now, SequenceNumber{transport_sequence});
    const auto packet = Packet::parse(bytes);
    if (!demuxer.route(now, *packet)) return;
    delivered += receiver.handle_packet(now, *packet, bytes) ? 1 : 0;
  };
  const auto run = [&](int from, int to) {
    for (int i = from; i < to; ++i) {
      const Instant now{i * 2ms};
      cross(now, sender.write(now,
                              {.payload_type = PayloadType{96},
                               .timestamp = Timestamp{static_cast<std::uint32_t>(i) * 180},
                               .captured_at = now,
                               .payload = payload},
                              buffer));
      for (auto bytes = far.poll_transmit(now, far_streams, &arrivals, buffer); !bytes.empty();
           bytes = far.poll_transmit(now, far_streams, &arrivals, buffer)) {
        near.handle_packet(now, bytes, near_streams);
        while (near.poll_event()) {
        }
      }
      for (auto bytes = sender.poll_retransmission(now, buffer); !bytes.empty();
           bytes = sender.poll_retransmission(now, buffer)) {
        cross(now, bytes);
      }
      for (auto bytes = near.poll_transmit(now, near_streams, nullptr, buffer); !bytes.empty();
           bytes = near.poll_transmit(now, near_streams, nullptr, buffer)) {
        far.handle_packet(now, bytes, far_streams);
      }
    }
  };
  run(0, 5000);
  const std::uint64_t before = allocations;
  run(5000, 10000);
  EXPECT_EQ(allocations - before, 0u);
  EXPECT_GE(delivered, 9990u);
  EXPECT_GT(sender.stats().retransmitted_packets_sent, 400u);
  EXPECT_TRUE(near.round_trip());
}

}  // namespace
}  // namespace duet::rtp
