// SPDX-License-Identifier: MIT
// How sound divides what it may take of the path.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace duet::congestion {

/// Packets of 20 ms, fifty a second, each with what RTP, SRTP, UDP and IPv4 put around it.
class SoundPlan {
 public:
  /// Less than this spoils speech; it is sent whatever the path.
  static constexpr double kLeastBps = 12'000;
  /// Older packets are sent again only where this much is left for each.
  static constexpr double kGoodBps = 20'000;

  /// @param wire_bps  that sound may take
  explicit SoundPlan(std::uint64_t wire_bps) : wire_bps_{static_cast<double>(wire_bps)} {}

  /// How many older packets each may carry (RFC 2198): where a path is narrow, more of them are
  /// what makes it lose.
  std::size_t most_redundant(std::size_t wanted) const {
    while (wanted > 0 && share_bps(wanted) < kGoodBps) --wanted;
    return wanted;
  }

  /// Of the codec, when each packet carries so many older ones.
  /// @param best_bps  more is of no use
  std::uint64_t rate_bps(std::size_t redundant, std::uint64_t best_bps) const {
    const double share = std::max(share_bps(redundant), kLeastBps);
    return std::min(static_cast<std::uint64_t>(share), best_bps);
  }

 private:
  static constexpr double kHeadsBps = 50 * 8 * (12 + 8 + 10 + 8 + 20);
  static constexpr double kRedHeadBps = 50 * 8 * 4;

  double share_bps(std::size_t redundant) const {
    const auto older = static_cast<double>(redundant);
    return (wire_bps_ - kHeadsBps - older * kRedHeadBps) / (older + 1);
  }

  double wire_bps_;
};

}  // namespace duet::congestion
