// SPDX-License-Identifier: MIT
// For tests: what a receiver would say of packets.
#pragma once

#include <duet/base/random.hpp>
#include <duet/congestion/controller.hpp>
#include <duet/congestion/pacer.hpp>
#include <duet/rtp/arrivals.hpp>
#include <duet/rtp/transport_feedback.hpp>

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace duet::congestion {

/// Feedback as rtp::Arrivals writes it.
class TestReceiver {
 public:
  explicit TestReceiver(Duration interval = 50ms) : arrivals_{interval} {}

  void handle_packet(Instant now, std::uint16_t sequence) {
    arrivals_.handle_packet(now, rtp::SequenceNumber{sequence});
  }

  /// Valid until the next call.
  std::optional<rtp::TransportFeedback> poll(Instant now) {
    const auto control = arrivals_.poll_feedback(now, memory_);
    if (control.empty()) return std::nullopt;
    return *rtp::TransportFeedback::parse(
        rtp::Feedback{.type = rtp::RtcpType::TransportFeedback, .format = 15, .control = control});
  }

 private:
  rtp::Arrivals arrivals_;
  std::array<std::byte, 1200> memory_{};
};

/// A sender that sends as much as it may over one bottleneck, without a peer connection.
class TestPath {
 public:
  double capacity_bps = 1e6;
  Duration depth = 300ms;
  Duration delay = 25ms;
  double loss = 0;  ///< 0 to 1
  double skew = 0;  ///< the receiver's clock runs so much faster
  bool drops_feedback = false;
  double media_bps = 1e9;  ///< the most that there is to send
  bool has_rival = false;  ///< a flow as TCP Reno's (RFC 5681) uses the path, too

  explicit TestPath(std::uint64_t seed, const Config& config = {})
      : random_{seed}, controller_{config}, pacer_{config} {}

  Controller& controller() { return controller_; }

  Instant now() const { return now_; }

  Duration queue() const { return std::max(Duration{0}, idle_at_ - now_); }

  std::uint64_t carried_bytes() const { return carried_; }

  std::uint64_t rival_bytes() const { return rival_carried_; }

  void run_for(Duration duration) {
    for (const Instant end = now_ + duration; now_ < end; now_ += 1ms) step();
  }

 private:
  static constexpr std::size_t kSize = 1200;

  void step() {
    while (!arriving_.empty() && arriving_.front().first <= now_) {
      const auto [at, sequence] = arriving_.front();
      arriving_.pop_front();
      receiver_.handle_packet(by_receiver(at), sequence);
    }
    while (auto feedback = receiver_.poll(by_receiver(now_))) {
      if (!drops_feedback) controller_.handle_feedback(now_, *feedback);
    }
    if (const auto at = controller_.next_timeout(); at && *at <= now_) {
      controller_.handle_timeout(now_);
    }
    if (has_rival) run_rival();
    if (!pacer_.probe()) {
      if (const auto cluster = controller_.poll_probe(now_)) pacer_.begin(now_, *cluster);
    }
    pacer_.set_rate(std::min(static_cast<double>(controller_.rate_bps()), media_bps));
    while (pacer_.may_send(now_)) {
      controller_.handle_sent(now_, rtp::SequenceNumber{next_}, kSize,
                              pacer_.probe() ? pacer_.probe()->id : 0);
      pacer_.handle_sent(now_, kSize);
      transmit(next_++);
    }
  }

  Instant by_receiver(Instant time) const {
    const auto since = static_cast<double>((time - Instant{1h}).count());
    return time + Duration{static_cast<Duration::rep>(since * skew)};
  }

  /// Acknowledgements come a round trip and the queue later; half the window at each loss, once a
  /// round trip, and a packet more each round trip else.
  void run_rival() {
    while (!rival_acks_.empty() && rival_acks_.front() <= now_) {
      rival_acks_.pop_front();
      window_ += window_ < threshold_ ? 1 : 1 / window_;
    }
    while (static_cast<double>(rival_acks_.size()) < window_) {
      if (queue() > depth) {
        if (now_ - halved_at_ > 2 * delay + depth) {
          threshold_ = window_ = std::max(window_ / 2, 2.0);
          halved_at_ = now_;
        }
        return;
      }
      idle_at_ = std::max(idle_at_, now_) +
                 Duration{static_cast<Duration::rep>(kSize * 8e6 / capacity_bps)};
      rival_carried_ += kSize;
      rival_acks_.push_back(idle_at_ + 2 * delay);
    }
  }

  void transmit(std::uint16_t sequence) {
    const bool is_lost = static_cast<double>(random_.u64() >> 11) * 0x1p-53 < loss;
    if (is_lost || queue() > depth) return;
    idle_at_ =
        std::max(idle_at_, now_) + Duration{static_cast<Duration::rep>(kSize * 8e6 / capacity_bps)};
    carried_ += kSize;
    arriving_.emplace_back(idle_at_ + delay, sequence);
  }

  SeededRandom random_;
  Controller controller_;
  Pacer pacer_;
  TestReceiver receiver_;
  Instant now_{1h};
  Instant idle_at_{};
  std::deque<std::pair<Instant, std::uint16_t>> arriving_;
  std::uint16_t next_ = 65000;
  std::uint64_t carried_ = 0;
  std::deque<Instant> rival_acks_;
  double window_ = 2;
  double threshold_ = 1e9;
  Instant halved_at_{};
  std::uint64_t rival_carried_ = 0;
};

}  // namespace duet::congestion
