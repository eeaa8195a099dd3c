// SPDX-License-Identifier: MIT
// The rate, from what feedback says.
#include <duet/congestion/controller.hpp>

#include <algorithm>
#include <cmath>

namespace duet::congestion {
namespace {

constexpr double kStartFactors[] = {3, 6};  // of the start rate, as libwebrtc begins
/// Of the highest rate, whatever feedback claims.
constexpr double kMostProbed = 2;
/// The capacity is measured over so much of a busy time, and at least the other.
constexpr Duration kMeasureMost = 250ms;
constexpr Duration kMeasureLeast = 40ms;
/// Arrivals so much slower than the capacity was are another capacity, not noise.
constexpr double kDropped = 0.85;
constexpr double kSmoothing = 0.2;
constexpr Duration kMeasureShort = 100ms;
constexpr Duration kDropWhole = 160ms;
constexpr Duration kDropPause = 500ms;
/// Beside others that fill the queue, what they would do at a loss (RFC 9438 §4.6), and a queue of
/// theirs worth the name.
constexpr double kYield = 0.75;
constexpr Duration kForeign = 15ms;
/// What is sent while the queue is below its target: a little more than arrives.
constexpr double kMostAbove = 1.06;
/// How far above what was really sent the rate may be.
constexpr double kUnproven = 1.15;
constexpr Duration kRoundTripMemory = 5s;
/// Losses in a silence that make it an outage of the path, not of its feedback alone.
constexpr int kOutage = 5;
constexpr double kAfterProbe = 0.92;
/// The share of the capacity below which a queue must drain: what is measured of it errs by a
/// tenth.
constexpr double kDraining = 0.9;
/// What arrives so much faster or slower than it left has met a bottleneck at work.
constexpr double kStretched = 0.05;

double seconds(Duration time) { return static_cast<double>(time.count()) * 1e-6; }

}  // namespace

Controller::Controller(const Config& config)
    : config_{config},
      path_{config_},
      prober_{config_},
      rate_{static_cast<double>(config.start_rate_bps)},
      wanted_{static_cast<double>(config.max_rate_bps)},
      probe_interval_{config.probe_interval_min} {}

void Controller::set_wanted_rate(std::uint64_t rate_bps) {
  wanted_ = std::clamp(static_cast<double>(rate_bps), static_cast<double>(config_.min_rate_bps),
                       static_cast<double>(config_.max_rate_bps));
}

std::uint64_t Controller::rate_bps() const {
  double rate = std::min(rate_, wanted_);
  if (is_relieved_) rate = std::min(rate, config_.relief * capacity_);
  if (remote_limit_ > 0) rate = std::min(rate, remote_limit_);
  return static_cast<std::uint64_t>(std::clamp(rate, static_cast<double>(config_.min_rate_bps),
                                               static_cast<double>(config_.max_rate_bps)));
}

double Controller::pacing_rate_bps() const {
  const auto rate = static_cast<double>(rate_bps());
  if (!feedback_at_) return rate * config_.pacing_factor_free;
  return std::max(rate * config_.pacing_factor,
                  std::min(rate * config_.pacing_factor_free, 0.85 * capacity_));
}

void Controller::set_rate(double rate) {
  rate_ = std::clamp(rate, static_cast<double>(config_.min_rate_bps),
                     static_cast<double>(config_.max_rate_bps));
}

void Controller::handle_sent(Instant now, rtp::SequenceNumber sequence, std::size_t size,
                             ProbeId probe) {
  if (!sent_.in_flight()) silence_checked_at_ = now;
  sent_.add(now, sequence, size, probe);
  if (started_) return;
  started_ = true;
  updated_at_ = now;
  for (const double factor : kStartFactors) {
    const double probe_rate = factor * static_cast<double>(config_.start_rate_bps);
    prober_.plan(std::min(probe_rate, 1.5 * wanted_));
  }
}

void Controller::handle_remote_limit(std::uint64_t rate_bps) {
  remote_limit_ = static_cast<double>(rate_bps);
}

void Controller::handle_feedback(Instant now, const rtp::TransportFeedback& feedback) {
  const auto results = sent_.handle_feedback(feedback);
  ++stats_.feedbacks;
  if (results.empty()) return;
  const bool was_silent = is_silent_;
  if (was_silent) {
    is_silent_ = false;
    silent_until_ = now;
    loss_.forget_current();
    const auto lost = std::ranges::count_if(
        results, [](const PacketResult& result) { return !result.arrived_at; });
    outage_ended_ = lost >= kOutage;
  }
  feedback_at_ = silence_checked_at_ = now;
  handle_arrivals(now, results);
  while (const auto result = prober_.poll_result(now, loss_.inherent())) handle_probe(now, *result);
  // What was lost while nothing came through says nothing of the path's rate.
  if (was_silent && path_.standing() < config_.queue_target) {
    set_rate(std::max(rate_, 0.75 * capacity_));
  }
  update(now);
}

void Controller::handle_arrivals(Instant now, std::span<const PacketResult> results) {
  std::size_t packets = 0;
  std::size_t lost = 0;
  bool queued = false;
  std::optional<Instant> newest;
  for (const PacketResult& result : results) {
    prober_.handle_result(result);
    if (result.arrived_at) {
      path_.handle_arrival(result, capacity_);
      queued = queued || path_.newest() > 3 * config_.queue_target;
      newest = result.sent_at;
    } else {
      ++stats_.packets_lost;
    }
    if (result.sent_at < silent_until_) continue;
    ++packets;
    if (!result.arrived_at) ++lost;
  }
  const auto rates = path_.rates(kMeasureMost);
  const bool is_shared = path_.foreign() > kForeign;
  queued = queued || is_shared;
  if (is_shared && lost > 0) yield(now);
  loss_.handle_results(now, packets, lost, rates ? rates->sent_bps : rate_, queued);
  if (!newest) return;
  const Duration measured = now - *newest;
  if (!round_trip_ || measured <= *round_trip_ || now - round_trip_at_ > kRoundTripMemory) {
    round_trip_ = measured;
    round_trip_at_ = now;
  }
}

/// A queue that others fill is full: each takes back something, once a round trip.
void Controller::yield(Instant now) {
  if (loss_.recent() < 2 * loss_.inherent()) return;  // it loses as much without them
  if (now - yielded_at_ < round_trip_.value_or(100ms) + path_.foreign()) return;
  yielded_at_ = now;
  capacity_ *= kYield;
  filled_ = capacity_;
  set_rate(std::min(rate_, capacity_));
}

void Controller::handle_probe(Instant now, const ProbeResult& result) {
  if (result.limited) {
    filled_ = result.arrived_bps;
    if (result.arrived_bps > 1.05 * rate_) {
      capacity_ = result.arrived_bps;
      set_rate(std::max(rate_, kAfterProbe * capacity_));
    }
  } else if (result.sent_bps > capacity_ && path_.standing() <= config_.queue_target) {
    capacity_ = result.sent_bps;
    if (filled_ < capacity_) filled_ = 0;
    set_rate(std::max(rate_, kAfterProbe * capacity_));
    const double most = std::min(config_.probe_most * wanted_,
                                 kMostProbed * static_cast<double>(config_.max_rate_bps));
    if (capacity_ < 0.8 * most) {  // so far nothing has held it up
      prober_.plan(std::min(config_.probe_factor * capacity_, most));
      probed_at_ = now;
    }
  }
}

/// The wait that a packet sent now will meet: what the newest packet that we know of has met, and
/// since then what was sent less what the bottleneck has carried.
Duration Controller::predicted_queue(Instant now, Duration standing) const {
  const auto& newest = sent_.newest();
  if (!newest || capacity_ <= 0) return standing;
  const double since = seconds(now - newest->sent_at);
  const double sent = static_cast<double>(sent_.bytes_sent() - newest->sent_through) * 8;
  const double change = sent / capacity_ - since;
  const auto queue = standing + Duration{static_cast<Duration::rep>(change * 1e6)};
  return std::max(queue, Duration{0});
}

void Controller::update(Instant now) {
  const Duration standing = path_.standing();
  measure_capacity(now);
  const auto busy = path_.busy_for();
  if (busy && *busy >= kMeasureLeast && standing > config_.queue_busy) {
    follow_queue(now, standing);
  } else {
    grow(now);
  }
  look_for_foreign_queue(now, standing);
  relieve(now);
  if (const auto limit = loss_.limit_bps()) set_rate(std::min(rate_, *limit));
  last_standing_ = standing;
  updated_at_ = now;
  plan_probes(now);
}

/// What arrives as fast as it left, while less was sent than the capacity, shows no bottleneck: a
/// queue of ours would have drained.
bool Controller::shows_capacity(const PathDelay::Rates& rates) const {
  const double stretched = rates.arrived_bps / std::max(rates.sent_bps, 1.0);
  return rates.sent_bps >= kDraining * capacity_ || std::abs(stretched - 1) > kStretched;
}

/// While the bottleneck never rests, what arrives is what it can carry.
void Controller::measure_capacity(Instant now) {
  const auto busy = path_.busy_for();
  if (!busy || *busy < kMeasureLeast) return;
  const auto rates = path_.rates(std::min(*busy, kMeasureMost));
  if (!rates || !shows_capacity(*rates)) return;
  const double kept = std::min(1.0, (1 - loss_.recent()) / (1 - loss_.inherent()));
  const double measured = rates->arrived_bps * kept;
  const bool is_long = path_.standing() > config_.queue_target;
  // One drop at a time, though what is measured of it first is half of what was before: when the
  // queue goes on growing although little is sent any more, it is not ours, and what arrives is no
  // measure.
  const Duration since = now - dropped_at_;
  const bool may_drop =
      since < kDropWhole || since > kDropPause || path_.standing() < last_standing_;
  if (capacity_ == 0 || (is_long && may_drop && measured < kDropped * capacity_)) {
    if (capacity_ > 0) {
      ++stats_.drops;
      if (since > kDropWhole) dropped_at_ = now;
      probe_interval_ = config_.probe_interval_min;
    }
    capacity_ = drain_capacity_ = measured;
    drain_expected_ = {};
  } else if (may_drop || measured > capacity_) {
    capacity_ += kSmoothing * (measured - capacity_);
  }
  filled_ = capacity_;
}

void Controller::follow_queue(Instant now, Duration standing) {
  // A short queue moves with the frames; a long one is worth foreseeing.
  const Duration queue =
      standing > 2 * config_.queue_target ? predicted_queue(now, standing) : standing;
  const double above = seconds(queue - config_.queue_target) / seconds(config_.drain_time);
  set_rate(capacity_ * std::clamp(1 - above, config_.drain_floor, kMostAbove));
}

void Controller::grow(Instant now) {
  const auto rates = path_.rates(2 * kMeasureMost);
  if (!rates) return;
  const double sent = rates->sent_bps;
  if (sent > capacity_) capacity_ = sent;
  const bool is_near = filled_ > 0 && rate_ > 0.85 * filled_ && rate_ < 1.1 * filled_;
  const double growth = is_near ? config_.growth_near : config_.growth_far;
  const double grown = rate_ * (1 + growth * std::min(seconds(now - updated_at_), 0.2));
  const double most = std::max(kUnproven * sent, kAfterProbe * capacity_);
  if (grown > rate_) set_rate(std::max(rate_, std::min(grown, most)));
}

/// A queue that stays although we send less than the capacity is not ours to drain: the path has
/// become longer, or somebody else fills it.
void Controller::look_for_foreign_queue(Instant now, Duration standing) {
  if (standing <= config_.queue_target || capacity_ <= 0) {
    drain_expected_ = {};
    drain_from_ = standing;
    drain_capacity_ = capacity_;
    return;
  }
  drain_capacity_ = std::max(drain_capacity_, capacity_);
  if (drain_expected_ == Duration{0}) drain_from_ = last_standing_;
  drain_from_ = std::max(drain_from_, standing);
  const auto rates = path_.rates(kMeasureShort);
  if (!rates) return;
  // The rate of few packets wavers: what it says too much of now, it takes back later.
  const double share = rates->sent_bps / drain_capacity_;
  drain_expected_ += Duration{static_cast<Duration::rep>(
      (kDraining - share) * static_cast<double>((now - updated_at_).count()))};
  drain_expected_ = std::max(drain_expected_, Duration{0});
  if (drain_expected_ < 40ms) return;
  const Duration drained = drain_from_ - standing;
  if (drained < drain_expected_ / 4) {
    path_.set_foreign(path_.foreign() + standing);
    // What arrived meanwhile was all that we sent, and no measure of the path.
    capacity_ = drain_capacity_;
    set_rate(std::max(rate_, kAfterProbe * capacity_));
  }
  drain_expected_ = {};
}

/// Now and then a full path is given less than it carries, so that its own delay shows.
void Controller::relieve(Instant now) {
  is_relieved_ = false;
  if (filled_ <= 0 || rate_ >= 0.97 * wanted_) return;
  if (now - relieved_at_ >= config_.relief_interval) relieved_at_ = now;
  is_relieved_ = now - relieved_at_ < config_.relief_time;
}

void Controller::plan_probes(Instant now) {
  next_probe_ = std::nullopt;
  if (rate_ >= 0.97 * wanted_ || prober_.is_busy(now)) return;
  // What padding may cost bounds how often: a cluster is half media, as measured.
  const double padding = 0.5 * static_cast<double>(config_.probe_packets) * 1200 * 8;
  const double by_cost = padding / (config_.probe_share * rate_);
  const Duration interval =
      std::max(probe_interval_, Duration{static_cast<Duration::rep>(by_cost * 1e6)});
  if (now - probed_at_ < interval) {
    next_probe_ = probed_at_ + interval;
    return;
  }
  if (path_.standing() > config_.queue_target || is_silent_) return;
  prober_.plan(std::min(config_.probe_factor * rate_, 1.5 * wanted_));
  probed_at_ = now;
  probe_interval_ = std::min(probe_interval_ * 3 / 2, config_.probe_interval_max);
}

void Controller::handle_timeout(Instant now) {
  if (!sent_.in_flight() || !started_) return;
  const Duration wait = config_.feedback_timeout + round_trip_.value_or(200ms);
  if (now - silence_checked_at_ < wait) return;
  // Nothing is known of what is under way: less, and less again.
  silence_checked_at_ = now - wait / 2;
  if (!is_silent_) ++stats_.silences;
  is_silent_ = true;
  if (feedback_at_) set_rate(std::max(0.6 * rate_, 0.1 * capacity_));
}

std::optional<Instant> Controller::next_timeout() const {
  if (!sent_.in_flight() || !started_) return std::nullopt;
  return silence_checked_at_ + config_.feedback_timeout + round_trip_.value_or(200ms);
}

/// RFC 8083 and draft-ietf-rmcat-gcc-02 §6 use reports alike: more than a tenth lost is too much,
/// and less than a fiftieth leaves room.
void Controller::handle_report(Instant now, double fraction_lost,
                               std::optional<Duration> round_trip) {
  if (round_trip && !round_trip_) round_trip_ = round_trip;
  if (feedback_at_ && now - *feedback_at_ < 5s) return;
  if (report_at_ && now - *report_at_ < round_trip_.value_or(200ms)) return;
  report_at_ = now;
  if (fraction_lost > 0.1) {
    set_rate(rate_ * (1 - 0.5 * fraction_lost));
  } else if (fraction_lost < 0.02) {
    set_rate(std::min(rate_ * 1.08 + 1000, wanted_));
  }
}

}  // namespace duet::congestion
