// SPDX-License-Identifier: MIT
// Puts paced traffic on streams and counts what arrives as it should.
#pragma once

#include "stream.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

namespace duet::bench {

enum class SendWith : std::uint8_t { Sendmmsg, UdpSegment };

/// One kind of traffic.
struct Shape {
  std::size_t size = 0;  // bytes of a payload
  std::size_t burst = 1;
  std::size_t together = 1;  // streams that send their burst at the same moment
  SendWith send_with = SendWith::Sendmmsg;
};

struct Tally {
  std::uint64_t sent = 0;
  std::uint64_t arrived = 0;
  std::uint64_t wrong = 0;
};

/// Never sleeps, so that nobody pays for waking it.
class Traffic {
 public:
  Traffic(const std::vector<Stream>& streams, const Shape& shape);

  /// Bursts at even distances, the streams taking turns, for so long; then waits for what is still
  /// on its way. Time in which this process did not run is not made up for.
  /// @param rate  packets a second on all streams together
  void run(double rate, std::chrono::duration<double> time);

  Tally tally() const;

 private:
  void send_burst();
  void receive();
  std::uint64_t missing() const;

  Shape shape_;
  std::deque<Payloads> payloads_;
  std::size_t turn_ = 0;
  int poll_;
  Inbox inbox_;
};

}  // namespace duet::bench
