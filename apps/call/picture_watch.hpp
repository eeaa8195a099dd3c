// SPDX-License-Identifier: MIT
// When pictures are shown, and how old they are then.
#pragma once

#include <duet/base/time.hpp>
#include <duet/codec/picture.hpp>

#include <cstdint>
#include <mutex>
#include <optional>

namespace duet::apps {

/// Of the pictures that were shown since it was asked last.
struct ShownFigures {
  /// The longest time between one and the one before; nothing if there was none.
  std::optional<Duration> gap;
  Instant gap_end;  ///< when that one was shown
  /// From capture to presentation, their mean. Only of test patterns that this machine has made,
  /// whose clock they carry.
  std::optional<Duration> latency;
};

/// Sees each picture on the decoder's thread; asked on the loop's.
class PictureWatch {
 public:
  void handle_picture(Instant now, const codec::Picture& picture);
  ShownFigures take();

 private:
  /// What seems older was captured by another machine's clock.
  static constexpr Duration kOldest = 10s;

  std::mutex mutex_;
  std::optional<Instant> last_;
  ShownFigures figures_;
  Duration latency_sum_{0};
  std::int64_t marked_ = 0;
};

}  // namespace duet::apps
