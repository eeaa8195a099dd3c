// SPDX-License-Identifier: MIT
// The one thread's loop: sockets, timers, signals. The only clock of the program that the core
// hears.
#pragma once

#include <duet/base/time.hpp>
#include <duet/net/watch_set.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>

namespace duet::net {

class EventLoop {
 public:
  boost::asio::io_context& context() { return context_; }

  WatchSet& watches() { return watches_; }

  Instant now() const;
  /// Runs until stop(). Handlers run on this thread, one after another.
  void run();
  void stop();
  /// Calls `task` after the handlers that are ready now.
  void defer(std::function<void()> task);
  /// Calls `handler` for each SIGINT and SIGTERM, with its number.
  void on_termination(std::function<void(int)> handler);

 private:
  void wait_for_signal(std::function<void(int)> handler);

  boost::asio::io_context context_{1};  // one thread
  boost::asio::signal_set signals_{context_};
  WatchSet watches_{context_};
};

/// Calls back at an Instant. Setting it again replaces what was set.
class Timer {
 public:
  Timer(EventLoop& loop, std::function<void()> handler);

  void set(Instant when);
  void cancel();

  /// When it will call; Instant::max() if not.
  Instant when() const { return when_; }

 private:
  EventLoop& loop_;
  std::function<void()> handler_;
  boost::asio::steady_timer timer_;
  Instant when_ = Instant::max();
  /// Expires with the timer: a call that is queued already when the timer goes must not come.
  std::shared_ptr<const char> alive_ = std::make_shared<const char>();
};

}  // namespace duet::net
