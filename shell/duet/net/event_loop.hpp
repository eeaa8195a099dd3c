// SPDX-License-Identifier: MIT
// The one thread's loop: descriptors, timers, signals. The only clock of the program that the core
// hears.
#pragma once

#include <duet/base/time.hpp>

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <set>
#include <utility>
#include <vector>

namespace duet::net {

class Timer;
class Watch;

/// Linux's epoll, with what is needed of it (docs/decisions/0011-epoll-itself.md).
///
/// A turn: wait until something happens, tell the watches, fire the timers that are due, do what
/// was deferred. Everything is called on the thread that runs it, one after another.
class EventLoop {
 public:
  /// @throws std::system_error if the system has no descriptor left
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// In a turn, when it began, or not long after that: all that happens at once happens at one
  /// time, and is late rather than early. Outside of turns, the clock's reading.
  Instant now() const { return is_turning_ ? present_ : read_clock(); }

  /// Turns until stop().
  void run();

  void stop() { stopped_ = true; }

  /// One turn, which waits for at most `longest`. @return whether anything happened
  bool run_turn(Duration longest);

  /// Calls `task` at the end of this turn; at the end of the next, if it is the end already.
  void defer(std::function<void()> task) { deferred_.push_back(std::move(task)); }

  /// Calls `handler` for each SIGINT and SIGTERM, with its number.
  void on_termination(std::function<void(int)> handler);

 private:
  friend class Timer;
  friend class Watch;

  static Instant read_clock();

  void dispatch(int count);
  bool fire_timers();
  bool run_deferred();

  int epoll_;
  std::array<epoll_event, 128> events_{};
  int event_ = 0;         // being told of...
  int events_there_ = 0;  // ...of these
  std::set<std::pair<Instant, Timer*>> timers_;
  Instant present_{};
  bool is_turning_ = false;
  Timer* firing_ = nullptr;  // null too once it has ended in its own call
  std::vector<std::function<void()>> deferred_;
  std::vector<std::function<void()>> running_;  // those of deferred_ that are being called
  bool stopped_ = false;
  std::unique_ptr<Watch> signals_;
};

/// Calls back at an Instant. Setting it again replaces what was set.
class Timer {
 public:
  /// @param handler  may destroy the timer
  Timer(EventLoop& loop, std::function<void()> handler);

  ~Timer();

  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void set(Instant when);
  void cancel();

  /// When it will call; Instant::max() if not.
  Instant when() const { return when_; }

 private:
  friend class EventLoop;

  EventLoop& loop_;
  std::function<void()> handler_;
  Instant when_ = Instant::max();
};

}  // namespace duet::net
