// SPDX-License-Identifier: MIT
// A call with media over a bottleneck.
#include "media_lab.hpp"

#include <duet/congestion/sound_plan.hpp>
#include <duet/media/playout_clock.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

namespace duet::sim {
namespace {

IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }

constexpr Duration kSamples = 5ms;
constexpr Duration kSound = 20ms;

double seconds(Duration time) { return static_cast<double>(time.count()) * 1e-6; }

peer::ConnectionConfig config_of(const peer::MediaOptions& media) {
  peer::ConnectionConfig config;
  config.media = media;
  return config;
}

}  // namespace

MediaLab::MediaLab(std::uint64_t seed, Options options)
    : openssl_{seed},
      options_{std::move(options)},
      world_{seed},
      clock_{world_.now()},
      alice_host_{world_.network().add_host(world_.network().internet(), {ip("198.51.100.1")})},
      bob_host_{world_.network().add_host(world_.network().internet(), {ip("198.51.100.2")})},
      alice_{world_, alice_host_, config_of(options_.media)},
      bob_{world_, bob_host_},
      encoder_{world_.random(), kMaxVideo} {
  alice_.signal_to(bob_, 0ms);
  bob_.signal_to(alice_, 0ms);
  world_.on_time(VirtualClock::set);
  alice_.on_event = [this](const peer::Event& event) {
    if (const auto* target = std::get_if<peer::TargetRateChanged>(&event)) {
      encoder_.set_target(static_cast<double>(target->media_bps));
      sound_bps_ = congestion::SoundPlan{target->sound_bps}.rate_bps(0, kMaxSound);
    } else if (std::holds_alternative<peer::KeyFrameWanted>(event)) {
      encoder_.request_key_frame();
    }
  };
  bob_.on_event = [this](const peer::Event& event) {
    const auto* media = std::get_if<peer::MediaReceived>(&event);
    if (media == nullptr) return;
    if (media->transceiver == bob_.connection().negotiation().transceivers()[0].id) return;
    decoder_.handle_packet(world_.now(), media->packet.packet.payload());
  };
}

void MediaLab::start() {
  peer::Connection& connection = alice_.connection();
  audio_ = *connection.add_transceiver(world_.now(), peer::MediaKind::Audio);
  video_ = *connection.add_transceiver(world_.now(), peer::MediaKind::Video);
  connection.set_wanted_rate(static_cast<std::uint64_t>(1.15 * kMaxVideo));
  // The path is at its worst only once there is a connection: setting that up is another test.
  world_.network().change_link(alice_host_, {.delay = options_.up.delay}, {});
  world_.network().change_link(bob_host_, {.delay = options_.back.delay}, {});
  alice_.call();
  world_.run_until([&] { return alice_.is_connected() && bob_.is_connected(); }, 10s);
  world_.network().change_link(alice_host_, options_.up, {});
  world_.network().change_link(bob_host_, options_.back, {});
  start_ = world_.now();
  send_frame();
  if (options_.sound) send_sound();
  sample();
}

void MediaLab::run_for(Duration duration) { world_.run_for(duration); }

void MediaLab::change_in(Duration delay, Link up) {
  world_.in(delay, [this, up] { world_.network().change_link(alice_host_, up, {}); });
}

void MediaLab::send_frame() {
  for (const auto& packet : encoder_.encode(world_.now(), kFrame)) {
    (void)alice_.connection().send(
        world_.now(), video_,
        {.timestamp = rtp::Timestamp{static_cast<std::uint32_t>(elapsed().count() * 9 / 100)},
         .marker = packet.is_last,
         .payload = packet.payload});
  }
  if (decoder_.poll_key_frame_wanted(world_.now())) {
    bob_.connection().request_key_frame(bob_.connection().negotiation().transceivers()[1].id);
  }
  world_.in(kFrame, [this] { send_frame(); });
}

void MediaLab::send_sound() {
  const std::vector<std::byte> payload(sound_bps_ / 8 / (1s / kSound));
  (void)alice_.connection().send(
      world_.now(), audio_,
      {.timestamp = rtp::Timestamp{960 * sound_packets_++}, .payload = payload});
  world_.in(kSound, [this] { send_sound(); });
}

void MediaLab::sample() {
  Sample now{.at = elapsed(),
             .target_bps = encoder_.target_bps(),
             .queue = world_.network().queued_up(world_.now(), alice_host_),
             .carried = world_.network().carried_up(alice_host_)};
  if (control() != nullptr) {
    now.rate_bps = static_cast<double>(control()->controller().rate_bps());
    now.waiting = control()->pictures().bytes();
  }
  samples_.push_back(now);
  world_.in(kSamples, [this] { sample(); });
}

double MediaLab::used_bps(Duration from, Duration to) const {
  const auto first = std::ranges::lower_bound(samples_, from, {}, &Sample::at);
  const auto last = std::ranges::lower_bound(samples_, to, {}, &Sample::at);
  const auto& end = last == samples_.end() ? samples_.back() : *last;
  return static_cast<double>(end.carried - first->carried) * 8 / seconds(end.at - first->at);
}

double MediaLab::mean_target_bps(Duration from, Duration to) const {
  double sum = 0;
  int count = 0;
  for (const Sample& one : samples_) {
    if (one.at < from || one.at >= to) continue;
    sum += one.target_bps;
    ++count;
  }
  return sum / count;
}

double MediaLab::shown_bps(Duration from, Duration to) const {
  double bytes = 0;
  for (const auto& frame : decoder_.shown()) {
    if (frame.at - start_ >= from && frame.at - start_ < to)
      bytes += static_cast<double>(frame.bytes);
  }
  return bytes * 8 / seconds(to - from);
}

Duration MediaLab::queue_quantile(double quantile, Duration from, Duration to) const {
  std::vector<Duration> queues;
  for (const Sample& one : samples_) {
    if (one.at >= from && one.at < to) queues.push_back(one.queue);
  }
  std::ranges::sort(queues);
  return queues.at(static_cast<std::size_t>(static_cast<double>(queues.size() - 1) * quantile));
}

Duration MediaLab::longest_gap(Duration from, Duration to) const {
  Duration longest{0};
  Duration last = from;
  for (const auto& frame : decoder_.shown()) {
    const Duration at = frame.at - start_;
    if (at < from) continue;
    if (at >= to) break;
    longest = std::max(longest, at - last);
    last = at;
  }
  return std::max(longest, to - last);
}

int MediaLab::freezes(Duration from, Duration to) const {
  int count = 0;
  std::optional<Duration> last;
  std::vector<Duration> intervals;  // the last thirty
  for (const auto& frame : decoder_.shown()) {
    const Duration at = frame.at - start_;
    if (at < from || at >= to) continue;
    if (last) {
      const Duration interval = at - *last;
      Duration mean{0};
      for (const Duration one : intervals) mean += one;
      if (!intervals.empty()) mean /= static_cast<Duration::rep>(intervals.size());
      if (intervals.size() >= 10 && interval > std::max(3 * mean, mean + 150ms)) ++count;
      intervals.push_back(interval);
      if (intervals.size() > 30) intervals.erase(intervals.begin());
    }
    last = at;
  }
  return count;
}

Duration MediaLab::frame_delay(double quantile, Duration from, Duration to) const {
  std::vector<Duration> delays;
  for (const auto& frame : decoder_.shown()) {
    if (frame.at - start_ >= from && frame.at - start_ < to) {
      delays.push_back(frame.whole_at - frame.captured_at);
    }
  }
  if (delays.empty()) return Duration::max();
  std::ranges::sort(delays);
  return delays[static_cast<std::size_t>(static_cast<double>(delays.size() - 1) * quantile)];
}

MediaLab::Playout MediaLab::playout(Duration from, Duration to) const {
  media::PlayoutClock clock;
  Playout playout;
  std::int64_t count = 0;
  for (const auto& frame : decoder_.shown()) {
    const std::int64_t timestamp = frame.captured_at.time_since_epoch().count() * 9 / 100;
    const bool is_late = clock.started() && clock.render_time(frame.whole_at, timestamp) <
                                                frame.whole_at + clock.decode_time();
    clock.handle_frame(frame.whole_at, timestamp, false);
    if (frame.whole_at - start_ < from || frame.whole_at - start_ >= to) continue;
    if (is_late) ++playout.late;
    playout.held += clock.current_delay();
    ++count;
  }
  if (count > 0) playout.held /= count;
  return playout;
}

double MediaLab::fps(Duration from, Duration to) const {
  const auto count = std::ranges::count_if(decoder_.shown(), [&](const auto& frame) {
    return frame.at - start_ >= from && frame.at - start_ < to;
  });
  return static_cast<double>(count) / seconds(to - from);
}

std::optional<Duration> MediaLab::reached(double bps, Duration from) const {
  std::optional<Duration> since;
  for (const Sample& one : samples_) {
    if (one.at < from) continue;
    if (one.target_bps < bps) {
      since.reset();
    } else if (!since) {
      since = one.at;
    } else if (one.at - *since >= 500ms) {
      return *since;
    }
  }
  return std::nullopt;
}

std::optional<Duration> MediaLab::drained(Duration most, Duration from) const {
  std::optional<Duration> since;
  for (const Sample& one : samples_) {
    if (one.at < from) continue;
    if (one.queue > most) {
      since.reset();
    } else if (!since) {
      since = one.at;
    } else if (one.at - *since >= 200ms) {
      return *since;
    }
  }
  return std::nullopt;
}

const rtp::OutboundStats& MediaLab::sent() {
  return alice_.connection().media().sender(video_)->stats();
}

void MediaLab::print(Duration step) const {
  Duration next{0};
  std::uint64_t carried = 0;
  Duration worst{0};
  for (const Sample& one : samples_) {
    worst = std::max(worst, one.queue);
    if (one.at < next) continue;
    std::printf(
        "%7.3f s  rate %6.0f  target %6.0f  wire %6.0f kbit/s  queue %4ld (most %4ld) ms  pacer "
        "%6zu\n",
        seconds(one.at), one.rate_bps / 1000, one.target_bps / 1000,
        static_cast<double>(one.carried - carried) * 8 / seconds(step) / 1000,
        static_cast<long>(one.queue.count() / 1000), static_cast<long>(worst.count() / 1000),
        one.waiting);
    carried = one.carried;
    worst = {};
    next += step;
  }
}

}  // namespace duet::sim
