// SPDX-License-Identifier: MIT
// Congestion control against a peer that lies: whatever feedback, reports and limits say, the rate
// stays within its bounds and what was sent, and every timeout leads to a later one.
#include "input.hpp"
#include <duet/base/check.hpp>
#include <duet/congestion/controller.hpp>

#include <cmath>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace duet;
  fuzz::Input input{data, size};
  const congestion::Config config{.min_rate_bps = 50'000, .max_rate_bps = 20'000'000};
  congestion::Controller controller{config};
  Instant now{1h};
  std::uint16_t next = static_cast<std::uint16_t>(input.next() << 8);
  congestion::ProbeId probe = 0;
  while (!input.empty()) {
    const std::uint8_t what = input.next();
    now += std::chrono::microseconds{input.next() * 250};
    switch (what % 8) {
      case 0:
      case 1:
      case 2:
        for (int i = 0; i < what / 8; ++i) {
          controller.handle_sent(now, rtp::SequenceNumber{next++},
                                 static_cast<std::size_t>(input.next() * 6), probe);
          now += 500us;
        }
        break;
      case 3:
      case 4: {
        // The base is near what was sent, or the bytes would hardly ever meet.
        std::vector<std::byte> control = input.take(8 + what / 8 * 4);
        if (control.size() >= 2 && what % 8 == 3) {
          const auto base = static_cast<std::uint16_t>(next - std::to_integer<int>(control[1]));
          control[0] = static_cast<std::byte>(base >> 8);
          control[1] = static_cast<std::byte>(base & 0xFF);
        }
        const auto feedback = rtp::TransportFeedback::parse(rtp::Feedback{
            .type = rtp::RtcpType::TransportFeedback, .format = 15, .control = control});
        if (feedback) controller.handle_feedback(now, *feedback);
        break;
      }
      case 5:
        if (const auto cluster = controller.poll_probe(now)) {
          DUET_CHECK(cluster->id != 0 && cluster->packets > 0 && cluster->rate_bps > 0);
          DUET_CHECK(cluster->rate_bps <= 2 * config.max_rate_bps);
          probe = cluster->id;
        } else {
          probe = 0;
        }
        break;
      case 6:
        controller.handle_report(now, input.next() / 256.0,
                                 std::chrono::milliseconds{input.next()});
        controller.handle_remote_limit(std::uint64_t{input.next()} << (input.next() % 40));
        break;
      case 7:
        now += std::chrono::milliseconds{input.next() * 4};
        controller.set_wanted_rate(std::uint64_t{input.next()} << (what / 8));
        if (const auto at = controller.next_timeout(); at && *at <= now) {
          controller.handle_timeout(now);
          const auto after = controller.next_timeout();
          DUET_CHECK(!after || *after > now);
        }
        break;
      default:
        break;
    }
    DUET_CHECK(controller.rate_bps() >= config.min_rate_bps);
    DUET_CHECK(controller.rate_bps() <= config.max_rate_bps);
    DUET_CHECK(std::isfinite(controller.pacing_rate_bps()) && controller.pacing_rate_bps() > 0);
    DUET_CHECK(controller.loss() >= 0 && controller.loss() <= 1);
    DUET_CHECK(controller.queue() >= Duration{0});
    DUET_CHECK(!controller.round_trip() || *controller.round_trip() >= Duration{0});
  }
  return 0;
}
