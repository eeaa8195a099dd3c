// SPDX-License-Identifier: MIT
// Who goes next, and when.
#include <duet/peer/media_control.hpp>

#include <algorithm>
#include <cmath>

namespace duet::peer {
namespace {

/// Without pictures for so long there is nothing to probe for.
constexpr Duration kIdle = 500ms;
/// Of what is paced, the most that is left to sound.
constexpr double kMostBeside = 0.5;
/// RTP header with the usual extensions, and what the payload format adds.
constexpr std::size_t kHeaders = 12 + 8 + 6;

bool differ(double now, double told) {
  return std::abs(now - told) > MediaControl::kWorthTelling * told;
}

}  // namespace

MediaControl::MediaControl(const congestion::Config& config)
    : config_{config}, controller_{config}, pacer_{config_} {
  target_.media = static_cast<double>(config_.start_rate_bps);
  pacer_.set_rate(controller_.pacing_rate_bps());
}

void MediaControl::begin_probe(Instant now) {
  if (pacer_.probe() || !controller_.has_probe()) return;
  if (!picture_at_ || now - *picture_at_ > kIdle) {
    probe_since_.reset();
    return;
  }
  if (!probe_since_) probe_since_ = now;
  if (pictures_.empty() && now - *probe_since_ < kProbeWait) return;
  probe_since_.reset();
  if (const auto cluster = controller_.poll_probe(now)) pacer_.begin(now, *cluster);
}

std::optional<MediaControl::Kind> MediaControl::next(Instant now, bool has_repairs) {
  begin_probe(now);
  if (!pacer_.may_send(now)) return std::nullopt;
  const bool has_pictures = !pictures_.empty();
  if (has_repairs) {
    const bool is_much =
        budget_.sent_bps(now, Kind::Repair) > 0.5 * static_cast<double>(controller_.rate_bps());
    if (!has_pictures || !is_much) return Kind::Repair;
  }
  if (has_pictures) return Kind::Picture;
  if (pacer_.probe()) return Kind::Padding;
  return std::nullopt;
}

void MediaControl::handle_sent(Instant now, Kind kind, std::size_t size,
                               std::optional<rtp::SequenceNumber> sequence) {
  const std::size_t wire = size + config_.packet_overhead;
  budget_.handle_sent(now, kind, wire);
  if (kind == Kind::Picture) picture_at_ = now;
  const bool is_probe = kind != Kind::Sound && pacer_.probe();
  if (sequence) {
    controller_.handle_sent(now, *sequence, wire, is_probe ? pacer_.probe()->id : 0);
  }
  if (kind != Kind::Sound) pacer_.handle_sent(now, wire);
}

void MediaControl::handle_feedback(Instant now, const rtp::TransportFeedback& feedback) {
  controller_.handle_feedback(now, feedback);
  update(now);
}

void MediaControl::handle_report(Instant now, double fraction_lost,
                                 std::optional<Duration> round_trip) {
  controller_.handle_report(now, fraction_lost, round_trip);
  update(now);
}

void MediaControl::handle_remote_limit(Instant now, std::uint64_t rate_bps) {
  controller_.handle_remote_limit(rate_bps);
  update(now);
}

void MediaControl::handle_timeout(Instant now) {
  controller_.handle_timeout(now);
  update(now);
}

void MediaControl::update(Instant now) {
  const auto rate = static_cast<double>(controller_.rate_bps());
  // What waits is out within max_wait, whatever the path says: pictures that are later are of no
  // use to anybody, and the encoder has been told.
  const double waiting =
      static_cast<double>(pictures_.bytes()) * 8e6 / static_cast<double>(config_.max_wait.count());
  // Sound doesn't wait for its turn, so the others leave it room.
  const double paced = controller_.pacing_rate_bps();
  const double beside = std::min(budget_.sent_bps(now, Kind::Sound), kMostBeside * paced);
  pacer_.set_rate(std::max(paced - beside, waiting));
  target_ = {
      .media = budget_.media_bps(now, rate, pictures_.bytes(), kHeaders + config_.packet_overhead),
      .sound = rate * congestion::MediaBudget::kSoundShare};
}

std::optional<MediaControl::Target> MediaControl::poll_target() {
  if (!differ(target_.media, told_.media) && !differ(target_.sound, told_.sound))
    return std::nullopt;
  told_ = target_;
  return target_;
}

std::optional<Instant> MediaControl::next_timeout(bool has_repairs) const {
  std::optional<Instant> next = controller_.next_timeout();
  const auto look = [&next](Instant at) {
    if (!next || at < *next) next = at;
  };
  if (has_repairs || !pictures_.empty() || pacer_.probe()) look(pacer_.next_send());
  if (probe_since_ && controller_.has_probe()) {
    look(std::max(*probe_since_ + kProbeWait, pacer_.next_send()));
  }
  return next;
}

}  // namespace duet::peer
