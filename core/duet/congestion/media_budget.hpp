// SPDX-License-Identifier: MIT
// What of the rate is left for an encoder's bits.
#pragma once

#include <duet/congestion/rate_meter.hpp>

#include <cstddef>
#include <cstdint>

namespace duet::congestion {

/// Takes from the rate of the wire what sound, repairs, headers and waiting packets need.
class MediaBudget {
 public:
  enum class Kind : std::uint8_t { Sound, Picture, Repair, Padding };

  /// The least that an encoder is told: a small picture now and then.
  static constexpr double kLeastBps = 20'000;
  /// Of the path, what sound may take where there is too little for all: it is missed first.
  static constexpr double kSoundShare = 0.5;

  void handle_sent(Instant now, Kind kind, std::size_t wire_bytes) {
    meter(kind).add(now, wire_bytes);
    if (kind == Kind::Picture) {
      wire_bytes_ = wire_bytes_ * kKept + static_cast<double>(wire_bytes);
      packets_ = packets_ * kKept + 1;
    }
  }

  /// @param rate_bps       of the wire
  /// @param waiting_bytes  in the pacer
  /// @param overhead       bytes of a packet on the wire that no encoder made
  double media_bps(Instant now, double rate_bps, std::size_t waiting_bytes, std::size_t overhead) {
    const double sound = meter(Kind::Sound).rate_bps(now);
    // A path that loses half can be repaired; beyond that pictures would never arrive.
    const double repair = std::min(meter(Kind::Repair).rate_bps(now), rate_bps / 2);
    const double average = packets_ < 1 ? kUsualPacket : wire_bytes_ / packets_;
    const double payload = std::max(0.5, 1 - static_cast<double>(overhead) / average);
    const double left = (rate_bps - sound - repair) * payload;
    const double waiting = static_cast<double>(waiting_bytes) * 8 / rate_bps;  // seconds
    const double calm = 1 - std::clamp((waiting - kUsualWait) / kCatchUp, 0.0, 0.7);
    return std::max(left * calm, kLeastBps);
  }

  double sent_bps(Instant now, Kind kind) { return meter(kind).rate_bps(now); }

 private:
  static constexpr double kKept = 0.98;  // of the average over some fifty packets
  static constexpr double kUsualPacket = 1100;
  static constexpr double kUsualWait = 0.035;  // seconds: one frame
  static constexpr double kCatchUp = 0.4;      // seconds

  RateMeter& meter(Kind kind) { return meters_[static_cast<std::size_t>(kind)]; }

  std::array<RateMeter, 4> meters_;
  double wire_bytes_ = 0;
  double packets_ = 0;
};

}  // namespace duet::congestion
