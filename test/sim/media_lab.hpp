// SPDX-License-Identifier: MIT
// A call that sends sound and a synthetic picture over one bottleneck, and what came of it.
#pragma once

#include "peer_node.hpp"
#include "seeded_openssl.hpp"
#include "synthetic_media.hpp"
#include "virtual_clock.hpp"
#include "world.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace duet::sim {

class MediaLab {
 public:
  static constexpr Duration kFrame = 33'333us;
  static constexpr double kMaxVideo = 2'500'000;  // of 720p30
  static constexpr std::uint64_t kMaxSound = 32'000;
  static constexpr double kHd = 1'250'000;  // from here on 720p30 looks right

  struct Options {
    Link up{.queue = 300ms, .delay = 25ms};    // from the sender
    Link back{.queue = 300ms, .delay = 25ms};  // from the receiver
    bool sound = true;
    peer::MediaOptions media;
  };

  MediaLab(std::uint64_t seed, Options options);

  /// Dials, and sends from the moment on that there are keys; time counts from there.
  void start();
  void run_for(Duration duration);

  /// In so long from now.
  void change_in(Duration delay, Link up);

  void in(Duration delay, std::function<void()> action) { world_.in(delay, std::move(action)); }

  /// Since start().
  Duration elapsed() const { return world_.now() - start_; }

  struct Sample {
    Duration at;
    double target_bps = 0;  // what the encoder was told
    double rate_bps = 0;    // of the wire
    Duration queue{0};      // of the bottleneck
    std::uint64_t carried = 0;
    std::size_t waiting = 0;  // in the pacer
  };

  /// One each 5 ms.
  const std::vector<Sample>& samples() const { return samples_; }

  // Over times since start().
  double used_bps(Duration from, Duration to) const;  ///< on the wire, behind the losses
  double mean_target_bps(Duration from, Duration to) const;
  double shown_bps(Duration from, Duration to) const;  ///< of frames that could be shown
  Duration queue_quantile(double quantile, Duration from, Duration to) const;
  Duration longest_gap(Duration from, Duration to) const;
  int freezes(Duration from, Duration to) const;  ///< as W3C webrtc-stats counts them
  /// From capture until a frame could be shown.
  Duration frame_delay(double quantile, Duration from, Duration to) const;

  /// How media::PlayoutClock would have shown these frames in that time.
  struct Playout {
    Duration held{0};  ///< of a frame, beyond the promptest one, on average
    int late = 0;      ///< frames that came after they were due
  };

  Playout playout(Duration from, Duration to) const;
  double fps(Duration from, Duration to) const;
  /// When the encoder's target, as it was told, had been at least so high for 500 ms.
  std::optional<Duration> reached(double bps, Duration from) const;
  /// When the queue was below `most` for 200 ms.
  std::optional<Duration> drained(Duration most, Duration from) const;

  const peer::MediaControl* control() { return alice_.connection().media().control(); }

  const rtp::OutboundStats& sent();

  World& world() { return world_; }

  PeerNode& alice() { return alice_; }

  PeerNode& bob() { return bob_; }

  /// Prints a line for each `step`: for who wants to see what happens.
  void print(Duration step) const;

 private:
  void tick();
  void send_frame();
  void send_sound();
  void sample();

  SeededOpenssl openssl_;
  Options options_;
  World world_;
  VirtualClock clock_;
  HostId alice_host_;
  HostId bob_host_;
  PeerNode alice_;
  PeerNode bob_;
  peer::TransceiverId audio_;
  peer::TransceiverId video_;
  Instant start_{};
  SyntheticEncoder encoder_;
  SyntheticDecoder decoder_;
  std::uint64_t sound_bps_ = kMaxSound;
  std::uint32_t sound_packets_ = 0;
  std::vector<Sample> samples_;
};

}  // namespace duet::sim
