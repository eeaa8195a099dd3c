// SPDX-License-Identifier: MIT
// One direction of a link: rate, queue, delay, jitter, loss, reordering, duplication, outage.
#pragma once

#include <duet/base/random.hpp>
#include <duet/base/time.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

namespace duet::sim {

/// What a link does to packets. The default is a perfect one.
struct Link {
  std::optional<std::uint64_t> rate_bps;  // nothing: infinite
  Duration queue = 200ms;                 // what would wait longer for its turn is dropped
  Duration delay = 0ms;
  Duration jitter = 0ms;  // up to so much more, evenly; keeps the order
  double loss_percent = 0;
  /// Gilbert's model: in bad times, which last so many packets on average, all is lost.
  double burst_percent = 0;  // share of packets that are sent in bad times
  double burst_packets = 4;
  double duplicate_percent = 0;
  double reorder_percent = 0;  // so many come later than the ones after them, by up to
  Duration reorder_by = 20ms;
  bool is_down = false;
};

/// A number in [0, 1).
double uniform(Random& random);

/// True in `percent` of all calls.
bool happens(Random& random, double percent);

/// Carries `T`s from one end to the other as its Link says.
template <class T>
class Pipe {
 public:
  struct Counters {
    std::uint64_t sent = 0;
    std::uint64_t delivered = 0;
    std::uint64_t lost = 0;
    std::uint64_t dropped = 0;  // by the full queue
    std::uint64_t carried_bytes = 0;
  };

  Pipe(Link link, Random& random) : link_{link}, random_{&random} {}

  /// From now on. What is under way arrives as it would have.
  void change(Link link) { link_ = link; }

  const Link& link() const { return link_; }

  enum class Loss : std::uint8_t { AsTheLinkSays, None };

  /// @param size  bytes on the wire, all headers included
  /// @param loss  None: for what TCP would send again; only delayed
  void transmit(Instant now, T packet, std::size_t size, Loss loss = Loss::AsTheLinkSays) {
    ++counters_.sent;
    if (loss == Loss::AsTheLinkSays && is_lost()) {
      ++counters_.lost;
      return;
    }
    Instant sent = now;
    if (link_.rate_bps) {
      const Instant begin = std::max(now, idle_at_);
      if (begin - now > link_.queue && loss == Loss::AsTheLinkSays) {
        ++counters_.dropped;
        return;
      }
      sent = begin + Duration{static_cast<Duration::rep>(size * 8'000'000 / *link_.rate_bps)};
      idle_at_ = sent;
    }
    counters_.carried_bytes += size;
    Instant arrival = sent + link_.delay + part_of(link_.jitter);
    if (loss == Loss::AsTheLinkSays && happens(*random_, link_.reorder_percent)) {
      arrival += part_of(link_.reorder_by);
    } else {
      arrival = std::max(arrival, last_arrival_);
      last_arrival_ = arrival;
    }
    if (loss == Loss::AsTheLinkSays && happens(*random_, link_.duplicate_percent)) {
      under_way_.push({arrival + part_of(link_.reorder_by), ++order_, packet});
    }
    under_way_.push({arrival, ++order_, std::move(packet)});
  }

  std::optional<T> poll(Instant now) {
    if (under_way_.empty() || under_way_.top().arrival > now) return std::nullopt;
    ++counters_.delivered;
    T packet = std::move(const_cast<Entry&>(under_way_.top()).packet);  // popped on the next line
    under_way_.pop();
    return packet;
  }

  std::optional<Instant> next_timeout() const {
    if (under_way_.empty()) return std::nullopt;
    return under_way_.top().arrival;
  }

  /// How long a packet would now wait for its turn.
  Duration queued(Instant now) const {
    return std::max(Duration{0}, std::chrono::duration_cast<Duration>(idle_at_ - now));
  }

  const Counters& counters() const { return counters_; }

 private:
  struct Entry {
    Instant arrival;
    std::uint64_t order;
    T packet;

    bool operator>(const Entry& other) const {
      return std::pair{arrival, order} > std::pair{other.arrival, other.order};
    }
  };

  bool is_lost() {
    if (link_.is_down) return true;
    if (link_.burst_percent > 0) {
      // Mean length of bad times 1/leave; their share enter/(enter + leave).
      const double leave = 100 / link_.burst_packets;
      const double enter = leave * link_.burst_percent / (100 - link_.burst_percent);
      is_bad_time_ = is_bad_time_ ? !happens(*random_, leave) : happens(*random_, enter);
      if (is_bad_time_) return true;
    }
    return happens(*random_, link_.loss_percent);
  }

  Duration part_of(Duration most) {
    if (most == Duration{0}) return most;
    return Duration{
        static_cast<Duration::rep>(uniform(*random_) * static_cast<double>(most.count()))};
  }

  Link link_;
  Random* random_;
  Instant idle_at_{};
  Instant last_arrival_{};
  std::uint64_t order_ = 0;
  bool is_bad_time_ = false;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> under_way_;
  Counters counters_;
};

}  // namespace duet::sim
