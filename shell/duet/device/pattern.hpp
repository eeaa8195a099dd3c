// SPDX-License-Identifier: MIT
// The test pattern as a source of pictures.
#pragma once

#include <duet/device/pattern_painter.hpp>
#include <duet/device/video_source.hpp>

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>

namespace duet::device {

/// Pictures in real time. The counter of their marks counts the moments at which one was due, so it
/// jumps where nobody read; the clock is that of the wall.
class Pattern : public VideoSource {
 public:
  /// @param size  both sides in [1, codec::kMaxSide]
  /// @param fps   in [1, 240]
  Pattern(codec::Size size, double fps) : painter_{size}, size_{size}, fps_{fps} {}

  std::optional<VideoCapture> read() override;
  void interrupt() override;

  std::optional<Error> error() const override { return {}; }

  codec::Size size() const override { return size_; }

 private:
  Instant due(std::uint32_t counter) const;

  PatternPainter painter_;
  codec::Size size_;
  double fps_;
  std::optional<Instant> start_;
  std::uint32_t next_ = 0;
  std::mutex mutex_;
  std::condition_variable woken_;
  bool is_interrupted_ = false;  // under mutex_
};

}  // namespace duet::device
