// SPDX-License-Identifier: MIT
// The one thread's loop: sockets, timers, signals.
#include <duet/net/event_loop.hpp>

#include <boost/asio/post.hpp>

#include <csignal>
#include <utility>

namespace duet::net {
namespace {

using SteadyClock = std::chrono::steady_clock;

}  // namespace

Instant EventLoop::now() const {
  const auto since_start = SteadyClock::now().time_since_epoch();
  return Instant{std::chrono::duration_cast<Duration>(since_start)};
}

void EventLoop::run() {
  const auto work = boost::asio::make_work_guard(context_);
  context_.run();
}

void EventLoop::stop() { context_.stop(); }

void EventLoop::defer(std::function<void()> task) { boost::asio::post(context_, std::move(task)); }

void EventLoop::on_termination(std::function<void(int)> handler) {
  signals_.add(SIGINT);
  signals_.add(SIGTERM);
  wait_for_signal(std::move(handler));
}

void EventLoop::wait_for_signal(std::function<void(int)> handler) {
  signals_.async_wait(
      [this, handler = std::move(handler)](boost::system::error_code error, int signal) {
        if (error) return;
        handler(signal);
        wait_for_signal(handler);
      });
}

Timer::Timer(EventLoop& loop, std::function<void()> handler)
    : loop_{loop}, handler_{std::move(handler)}, timer_{loop.context()} {}

void Timer::set(Instant when) {
  if (when == when_) return;
  when_ = when;
  // Rounded up by the microsecond that the core's clock is coarser, so that it is never early.
  timer_.expires_at(SteadyClock::time_point{when.time_since_epoch() + 1us});
  timer_.async_wait([this, alive = std::weak_ptr{alive_}](boost::system::error_code error) {
    if (alive.expired()) return;
    if (error || loop_.now() < when_) return;  // cancelled, or set anew meanwhile
    when_ = Instant::max();
    handler_();
  });
}

void Timer::cancel() {
  when_ = Instant::max();
  timer_.cancel();
}

}  // namespace duet::net
