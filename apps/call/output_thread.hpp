// SPDX-License-Identifier: MIT
// Text to a descriptor whose reader may stall.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

namespace duet::apps {

/// A thread of its own writes, so that a pipe that nobody empties, or a terminal that was stopped
/// by Ctrl-S, holds nobody else up. Belongs to one thread.
class OutputThread {
 public:
  /// Bytes that wait to be written: minutes of a call's events. What doesn't fit is dropped.
  static constexpr std::size_t kMost = std::size_t{1} << 20;

  /// @param descriptor  of who owns it; stays open
  explicit OutputThread(int descriptor, std::size_t most = kMost);
  /// What waits goes out if the reader takes it soon; a stalled one is left alone.
  ~OutputThread();
  OutputThread(const OutputThread&) = delete;
  OutputThread& operator=(const OutputThread&) = delete;

  /// Whole, or not at all. @return false if it was dropped
  bool write(std::string_view text);

  /// Why nothing more can be written. A reader that has gone has read enough: that is no failure.
  std::optional<std::errc> failure() const;

  /// Everything has been written.
  bool is_idle() const;

 private:
  struct State;

  std::shared_ptr<State> state_;
  std::size_t most_;
  std::thread thread_;
};

}  // namespace duet::apps
