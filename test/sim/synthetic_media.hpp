// SPDX-License-Identifier: MIT
// An encoder and a decoder without pictures: frames of the sizes that an encoder would make.
#pragma once

#include "pipe.hpp"
#include <duet/base/random.hpp>
#include <duet/base/time.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace duet::sim {

/// Makes frames whose sizes follow a target within one frame, with noise; a key frame has five
/// times as many bits, which later frames save again.
class SyntheticEncoder {
 public:
  SyntheticEncoder(Random& random, double max_bps) : random_{&random}, max_bps_{max_bps} {}

  void set_target(double bps) { target_bps_ = bps; }

  double target_bps() const { return std::min(target_bps_, max_bps_); }

  void request_key_frame() { wants_key_ = true; }

  struct Packet {
    std::vector<std::byte> payload;
    bool is_last = false;
  };

  /// The packets of one frame, `interval` after the last one.
  std::vector<Packet> encode(Instant now, Duration interval);

 private:
  Random* random_;
  double max_bps_;
  double target_bps_ = 250'000;
  double debt_ = 0;  // bits made beyond the target
  bool wants_key_ = true;
  std::uint32_t next_frame_ = 0;
};

/// Puts frames together and counts those that could be shown: whole, and with all they build on.
/// As a jitter buffer does, it shows frames as late after their capture as one was lately, less
/// a hundredth each second.
class SyntheticDecoder {
 public:
  /// A frame is waited for so long while later ones are there; then a key frame is asked for.
  static constexpr Duration kPatience = 400ms;

  void handle_packet(Instant now, std::span<const std::byte> payload);

  /// Whether a key frame is to be asked for now.
  bool poll_key_frame_wanted(Instant now);

  struct Shown {
    Instant whole_at;  ///< it and all before it had arrived
    Instant at;        ///< it was shown: later, where others have come late of late
    Instant captured_at;
    std::size_t bytes = 0;
  };

  const std::vector<Shown>& shown() const { return shown_; }

 private:
  struct Frame {
    Instant captured_at;
    std::size_t packets = 0;
    std::size_t bytes = 0;
    std::vector<bool> has;
    std::size_t arrived = 0;
    bool is_key = false;

    bool is_whole() const { return packets != 0 && arrived == packets; }
  };

  void show(Instant now);

  std::map<std::uint32_t, Frame> frames_;
  std::uint32_t next_ = 0;  // to be shown
  std::optional<Instant> waiting_since_;
  std::optional<Instant> asked_at_;
  Duration delay_{0};  // from capture to presentation
  std::vector<Shown> shown_;
};

}  // namespace duet::sim
