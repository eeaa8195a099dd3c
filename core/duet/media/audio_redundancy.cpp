// SPDX-License-Identifier: MIT
// From loss to redundancy.
#include <duet/media/audio_redundancy.hpp>

#include <algorithm>
#include <cmath>

namespace duet::media {
namespace {

constexpr double kUp = 0.6;          // of the way, with one report
constexpr double kDownSeconds = 5;   // to 37 % of the way
constexpr double kLeastLoss = 0.01;  // less is not worth FEC's bits
constexpr double kHysteresis = 0.6;  // of the aim, before there is less redundancy

}  // namespace

double AudioRedundancy::unrepaired(std::size_t redundant, double loss) const {
  double missing = std::pow(loss, static_cast<double>(redundant + 1));
  // A request and its answer must both arrive.
  if (abilities_.nack && round_trip_ <= kShortRoundTrip) missing *= 1 - (1 - loss) * (1 - loss);
  return missing;
}

void AudioRedundancy::handle_loss(Instant now, double fraction) {
  fraction = std::clamp(fraction, 0.0, 1.0);
  const double elapsed =
      std::clamp(static_cast<double>((now - reported_).count()) / 1e6, 0.0, 60.0);
  reported_ = now;
  const double part = fraction > loss_ ? kUp : 1 - std::exp(-elapsed / kDownSeconds);
  loss_ += part * (fraction - loss_);

  std::size_t needed = 0;
  if (abilities_.red) {
    while (needed < kMost && unrepaired(needed, loss_) > kAim) ++needed;
    // One less only if that has room, so that a loss near a limit doesn't change it all the time.
    std::size_t calmly = needed;
    while (calmly < kMost && unrepaired(calmly, loss_) > kAim * kHysteresis) ++calmly;
    if (wanted_ > needed) needed = std::min(wanted_, calmly);
  }
  wanted_ = needed;
  protect();
}

void AudioRedundancy::set_most(std::size_t most) {
  most_ = most;
  protect();
}

void AudioRedundancy::protect() {
  protection_.redundant = std::min(wanted_, most_);
  const bool needs_fec = abilities_.fec && protection_.redundant == 0 && loss_ >= kLeastLoss;
  protection_.expected_loss = needs_fec ? loss_ : 0;
}

}  // namespace duet::media
