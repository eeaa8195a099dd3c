// SPDX-License-Identifier: MIT
// Ctrl-C, and Ctrl-C again.
#pragma once

#include <duet/net/post_box.hpp>

#include <termios.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <thread>

namespace duet::apps {

/// SIGINT, SIGTERM and SIGHUP. A thread of its own hears them, whatever the others are busy with: a
/// camera that doesn't open, a disk that doesn't write.
class Interrupts {
 public:
  /// Before any other thread starts: what starts later doesn't hear these signals.
  ///
  /// The first one is told and is a wish. The second one is told too, and from then on there is
  /// kHurry until the process ends, with 128 + its number; a third one ends it at once.
  /// @param heard  called from the loop
  Interrupts(net::PostBox& box, std::function<void(int number)> heard);
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  /// The exit code of a process that was interrupted more than once.
  std::optional<int> hurried_code() const;

 private:
  /// For a recording to be closed.
  static constexpr auto kHurry = std::chrono::seconds{1};

  void run();
  void leave(int number);

  net::PostBox& box_;
  std::function<void(int)> heard_;
  std::optional<termios> terminal_;  // as it was found
  int signals_;
  int over_;  // an eventfd
  std::atomic<int> hurried_ = 0;
  std::thread thread_;
};

}  // namespace duet::apps
