// SPDX-License-Identifier: MIT
// The time, and waiting for it in a way that another thread can end.
#pragma once

#include <duet/base/time.hpp>

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace duet::device {

/// Of CLOCK_MONOTONIC, which net::EventLoop reads, too.
inline Instant now() {
  const auto since_start = std::chrono::steady_clock::now().time_since_epoch();
  return Instant{std::chrono::duration_cast<Duration>(since_start)};
}

/// What a source waits with.
class Waiter {
 public:
  /// @return false once interrupt() was called, and then at once
  bool wait_until(Instant time) {
    // Not in the clock's nanoseconds, of which Instant::max() has too many.
    const std::chrono::time_point<std::chrono::steady_clock, Duration> until{
        time.time_since_epoch()};
    std::unique_lock lock{mutex_};
    return !changed_.wait_until(lock, until, [&] { return is_interrupted_; });
  }

  void interrupt() {
    const std::scoped_lock lock{mutex_};
    is_interrupted_ = true;
    changed_.notify_all();
  }

  bool is_interrupted() const {
    const std::scoped_lock lock{mutex_};
    return is_interrupted_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool is_interrupted_ = false;
};

}  // namespace duet::device
