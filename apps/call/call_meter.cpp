// SPDX-License-Identifier: MIT
// Counters to rates and shares.
#include "call_meter.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

namespace duet::apps {
namespace {

double seconds(Duration time) { return static_cast<double>(time.count()) / 1e6; }

std::string_view name_of(ice::CandidateType type) {
  switch (type) {
    case ice::CandidateType::Host:
      return "host";
    case ice::CandidateType::ServerReflexive:
      return "srflx";
    case ice::CandidateType::PeerReflexive:
      return "prflx";
    case ice::CandidateType::Relay:
      return "relay";
  }
  return "";
}

StreamFigures between(const call::StudioStats::Video& before, const call::StudioStats::Video& after,
                      double time) {
  const auto more = [](auto a, auto b) { return b > a ? static_cast<double>(b - a) : 0.0; };
  const double packets = more(before.packets, after.packets);
  const double lost = more(before.packets_lost, after.packets_lost);
  return {.codec = after.codec ? std::string{media::name_of(*after.codec)} : "",
          .size = after.size,
          .fps = more(before.frames, after.frames) / time,
          .rate_bps = more(before.bytes, after.bytes) * 8 / time,
          .loss = packets + lost > 0 ? lost / (packets + lost) : 0};
}

}  // namespace

std::optional<PathFigures> path_of(const peer::Connection& connection) {
  const auto* ice = connection.transport().ice();
  if (ice == nullptr) return std::nullopt;
  const auto candidates = ice->candidate_stats();
  for (const ice::PairStats& pair : ice->pair_stats()) {
    if (!pair.is_selected) continue;
    PathFigures path{.local = "",
                     .remote = "",
                     .protocol = "udp",
                     .round_trip = pair.counters.current_round_trip};
    for (const ice::CandidateStats& each : candidates) {
      if (each.id == pair.local) {
        path.local = name_of(each.candidate.type);
        if (each.candidate.protocol != ice::Protocol::Udp) path.protocol = "tcp";
      }
      if (each.id == pair.remote) path.remote = name_of(each.candidate.type);
    }
    return path;
  }
  return std::nullopt;
}

void CallMeter::handle_both_there(Instant now, const call::StudioStats& stats) {
  *this = CallMeter{};
  both_there_ = now;
  last_ = Moment{now, stats};
  freezes_before_ = stats.freezes.freeze_count;
}

void CallMeter::handle_connected(Instant now, const call::StudioStats& stats) {
  if (connected_) return;
  connected_ = now - both_there_;
  if (!from_) from_ = Moment{now, stats};
}

void CallMeter::handle_first_frame(Instant now, const call::StudioStats& stats) {
  if (video_first_) return;
  video_first_ = now - both_there_;
  from_ = Moment{now, stats};
}

void CallMeter::handle_over(Instant now, const call::StudioStats& stats) {
  if (!until_) until_ = Moment{now, stats};
}

IntervalFigures CallMeter::measure(Instant now, const call::StudioStats& stats) {
  const Moment before = last_.value_or(Moment{now - 1s, {}});
  last_ = Moment{now, stats};
  const double time = std::max(seconds(now - before.at), 0.001);
  const auto& sound = stats.audio_buffer;
  const auto& old_sound = before.stats.audio_buffer;
  const auto more = [](auto a, auto b) { return b > a ? static_cast<double>(b - a) : 0.0; };
  const double samples = more(old_sound.total_samples_received, sound.total_samples_received);
  // The mean: what is said in 10 ms is often nothing.
  const double heard = more(old_sound.total_samples_duration, sound.total_samples_duration);
  const double energy = more(old_sound.total_audio_energy, sound.total_audio_energy);
  const double frames =
      more(before.stats.video_buffer.frames_emitted, stats.video_buffer.frames_emitted);
  const Duration held = std::max(
      stats.video_buffer.jitter_buffer_delay - before.stats.video_buffer.jitter_buffer_delay,
      Duration{0});
  return {
      .out = between(before.stats.sent, stats.sent, time),
      .in = between(before.stats.received, stats.received, time),
      .audio_level = heard > 0 ? std::sqrt(energy / heard) : 0,
      .audio_concealed =
          samples > 0 ? more(old_sound.concealed_samples, sound.concealed_samples) / samples : 0,
      .jitter_buffer_ms = frames > 0 ? seconds(held) * 1000 / frames : 0,
      .target_rate_bps = stats.target_rate_bps,
      .freezes = stats.freezes.freeze_count - freezes_before_};
}

CallFigures CallMeter::figures(Instant now, const call::StudioStats& stats) const {
  CallFigures out{.connected = connected_, .video_first = video_first_};
  if (from_) {
    const Moment until = until_.value_or(Moment{now, stats});
    const double time = std::max(seconds(until.at - from_->at), 0.001);
    const auto more = [&](auto member) {
      const auto before = std::invoke(member, from_->stats);
      const auto after = std::invoke(member, until.stats);
      return after > before ? static_cast<double>(after - before) : 0.0;
    };
    const auto of_video = [&](auto member) {
      return more([member](const auto& all) { return std::invoke(member, all.received); });
    };
    const auto of_sound = [&](auto member) {
      return more([member](const auto& all) { return std::invoke(member, all.audio_buffer); });
    };
    using Video = call::StudioStats::Video;
    if (video_first_) {
      out.video_fps = of_video(&Video::frames) / time;
      out.video_width = until.stats.received.size.width;
      out.video_rate = of_video(&Video::bytes) * 8 / time;
    }
    const double packets = of_video(&Video::packets) + more(&call::StudioStats::audio_packets);
    const double lost =
        of_video(&Video::packets_lost) + more(&call::StudioStats::audio_packets_lost);
    if (packets > 0) out.loss = lost / (packets + lost);
    const double heard = of_sound(&media::AudioBufferStats::total_samples_duration);
    if (heard > 0) {
      out.audio_level = std::sqrt(of_sound(&media::AudioBufferStats::total_audio_energy) / heard);
    }
  }
  if (path_) {
    if (path_->round_trip) out.round_trip = seconds(*path_->round_trip);
    // The farther end's says more: one relayed end is a relayed call.
    constexpr std::array<std::string_view, 4> kFarther{"relay", "prflx", "srflx", "host"};
    for (const std::string_view type : kFarther) {
      if (path_->local == type || path_->remote == type) {
        out.path = type;
        break;
      }
    }
  }
  return out;
}

}  // namespace duet::apps
