// SPDX-License-Identifier: MIT
// Packets one after another, as the rate lets them.
#include "direction.hpp"

#include <algorithm>
#include <utility>

namespace duet::link {
namespace {

double seconds(Nanoseconds time) { return static_cast<double>(time.count()) * 1e-9; }

double bits(const Packet& packet) { return static_cast<double>(packet.size()) * 8; }

}  // namespace

void Direction::set(Time now, const Settings& settings) {
  advance(now);
  settings_ = settings;
  if (settings_.rate_bps > 0) return;
  for (Packet& packet : std::exchange(queue_, {})) depart(now, std::move(packet));
  queued_bits_ = 0;
}

void Direction::handle_packet(Time now, Packet packet) {
  advance(now);
  counters_.offered += packet.size();
  ++counters_.packets;
  if (now < cut_until_) {
    counters_.lost += packet.size();
    return;
  }
  if (settings_.rate_bps == 0) return depart(now, std::move(packet));
  if (backlog_seconds() > seconds(settings_.queue)) {
    counters_.dropped += packet.size();
    return;
  }
  if (queue_.empty()) head_bits_ = bits(packet);
  queued_bits_ += bits(packet);
  queue_.push_back(std::move(packet));
  counters_.queue_max_ms = std::max(counters_.queue_max_ms, backlog_seconds() * 1000);
}

std::optional<Packet> Direction::poll_packet(Time now) {
  advance(now);
  if (flight_.empty() || flight_.begin()->first > now) return std::nullopt;
  auto first = flight_.extract(flight_.begin());
  counters_.late_ms = std::max(counters_.late_ms, seconds(now - first.key()) * 1000);
  counters_.forwarded += first.mapped().size();
  return std::move(first.mapped());
}

std::optional<Time> Direction::next_timeout() const {
  std::optional<Time> next;
  if (!flight_.empty()) next = flight_.begin()->first;
  if (queue_.empty()) return next;
  return next ? std::min(*next, head_sent()) : head_sent();
}

Counters Direction::take_counters(Time now) {
  advance(now);
  Counters counters = std::exchange(counters_, {});
  const double time = seconds(now - counted_from_);
  counted_from_ = now;
  counters.queue_mean_ms = time > 0 ? std::exchange(backlog_integral_, 0) / time * 1000 : 0;
  return counters;
}

/// Sends what there was time for.
void Direction::advance(Time now) {
  if (now <= served_until_) return;
  const double before = backlog_seconds();
  const double spent = std::min(before, seconds(now - served_until_));
  backlog_integral_ += (before - spent / 2) * spent;
  while (!queue_.empty()) {
    const Time sent = head_sent();
    if (sent > now) {
      const double done = seconds(now - served_until_) * settings_.rate_bps;
      head_bits_ -= done;
      queued_bits_ -= done;
      break;
    }
    served_until_ = sent;
    queued_bits_ -= head_bits_;
    Packet packet = std::move(queue_.front());
    queue_.pop_front();
    head_bits_ = queue_.empty() ? 0 : bits(queue_.front());
    depart(sent, std::move(packet));
  }
  if (queue_.empty()) queued_bits_ = 0;
  served_until_ = now;
}

void Direction::depart(Time at, Packet packet) {
  if (is_lost()) {
    counters_.lost += packet.size();
    return;
  }
  if (flight_.size() >= kMostInFlight) {
    counters_.dropped += packet.size();
    return;
  }
  Time arrival = at + settings_.delay;
  if (settings_.jitter.count() > 0) {
    arrival += Nanoseconds{
        static_cast<std::int64_t>(chance() * static_cast<double>(settings_.jitter.count()))};
  }
  if (settings_.reorder > 0 && chance() < settings_.reorder) {
    arrival += kHeldBack;
  } else {
    arrival = std::max(arrival, last_arrival_);
    last_arrival_ = arrival;
  }
  flight_.emplace(arrival, std::move(packet));
}

/// Gilbert's model where losses come in bursts: all is lost in the bad state, which ends with
/// 1/burst and begins so often that the share is `loss`.
bool Direction::is_lost() {
  if (settings_.loss <= 0) return false;
  if (settings_.burst <= 1 || settings_.loss >= 1) return chance() < settings_.loss;
  const double leave = 1 / settings_.burst;
  const double enter = settings_.loss * leave / (1 - settings_.loss);
  in_burst_ = in_burst_ ? chance() >= leave : chance() < enter;
  return in_burst_;
}

double Direction::chance() { return static_cast<double>(random_() >> 11) * 0x1p-53; }

Time Direction::head_sent() const {
  const double need = head_bits_ / settings_.rate_bps;
  // Rounded up, so that who comes back then finds it sent.
  return served_until_ + Nanoseconds{static_cast<std::int64_t>(need * 1e9) + 1};
}

double Direction::backlog_seconds() const {
  return settings_.rate_bps == 0 ? 0 : queued_bits_ / settings_.rate_bps;
}

}  // namespace duet::link
