// SPDX-License-Identifier: MIT
// What a link does to packets, and words that change it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duet::link {

using Nanoseconds = std::chrono::nanoseconds;
using Time = std::chrono::time_point<std::chrono::steady_clock, Nanoseconds>;

/// One direction of a link.
struct Settings {
  double rate_bps = 0;             ///< of IP packets; 0: without end, and then no queue
  Nanoseconds delay{0};            ///< of each packet, after it was sent
  Nanoseconds queue{300'000'000};  ///< what comes while so much waits is dropped (drop-tail)
  double loss = 0;                 ///< share of packets, 0 to 1, lost after the queue
  double burst = 1;       ///< packets that are lost in a row, on average; 1: each by itself
  Nanoseconds jitter{0};  ///< further delay, evenly from 0 to this; order is kept
  double reorder = 0;     ///< share of packets that others overtake
};

enum class Key : std::uint8_t { Rate, Delay, Queue, Loss, Burst, Jitter, Reorder, Outage };

/// One thing that becomes different, in one direction or in both.
struct Change {
  bool ab = true;
  bool ba = true;
  Key key = Key::Rate;
  double value = 0;  ///< bits a second, seconds, a share or a number

  friend bool operator==(const Change&, const Change&) = default;
};

/// "rate=600k,ab.loss=5%,delay=25ms,outage=2s": rates in bits a second with k or M, times in ms or
/// s, shares in %. @return nothing if a word is not understood
std::optional<std::vector<Change>> parse_changes(std::string_view text);

/// "25ms", "0.3s".
std::optional<Nanoseconds> parse_time(std::string_view text);

/// An outage is no setting and changes nothing here.
void apply(Settings& settings, const Change& change);

/// Changes at their time since the schedule's start.
struct Step {
  Nanoseconds at{0};
  std::vector<Change> changes;
};

/// Lines of "20s rate=600k"; what follows # is for people. @return nothing if a line isn't one
std::optional<std::vector<Step>> parse_schedule(std::string_view text);

}  // namespace duet::link
