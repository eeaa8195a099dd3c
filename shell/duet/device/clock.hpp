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
    std::unique_lock lock{mutex_};
    const auto is_over = [this] { return is_interrupted_; };
    if (time == Instant::max()) {  // which the clock's nanoseconds don't reach
      changed_.wait(lock, is_over);
      return false;
    }
    const std::chrono::steady_clock::time_point until{time.time_since_epoch()};
    return !changed_.wait_until(lock, until, is_over);
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
