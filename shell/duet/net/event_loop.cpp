// SPDX-License-Identifier: MIT
// The one thread's loop: descriptors, timers, signals.
#include <duet/net/event_loop.hpp>
#include <duet/net/watch.hpp>

#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <span>
#include <system_error>

namespace duet::net {
namespace {

constexpr Duration kForever = 24h;  // a turn that waits longer is only begun anew

/// Of a turn's events, told between two looks at the clock: a few dozen microseconds' worth, unless
/// they are TLS handshakes, of a millisecond each.
constexpr int kEventsPerReading = 8;

int have(int descriptor, const char* what) {
  if (descriptor < 0) throw std::system_error{errno, std::generic_category(), what};
  return descriptor;
}

/// @param longest  not negative
int wait_for_events(int epoll, std::span<epoll_event> events, Duration longest) {
  using std::chrono::nanoseconds;
  const auto count = static_cast<int>(events.size());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(longest);
  const timespec time{.tv_sec = seconds.count(),
                      .tv_nsec = static_cast<long>(nanoseconds{longest - seconds}.count())};
  static bool has_pwait2 = true;
  if (has_pwait2) {
    const int got = ::epoll_pwait2(epoll, events.data(), count, &time, nullptr);
    if (got >= 0 || errno != ENOSYS) return got;
    has_pwait2 = false;  // a kernel before 5.11
  }
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(longest);
  return ::epoll_wait(epoll, events.data(), count, static_cast<int>(milliseconds.count()));
}

unsigned to_ready(std::uint32_t events) {
  unsigned happened = 0;
  if ((events & EPOLLIN) != 0) happened |= static_cast<unsigned>(Ready::Read);
  if ((events & EPOLLOUT) != 0) happened |= static_cast<unsigned>(Ready::Write);
  // Who reads or writes finds the error out.
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) happened |= 7u;
  return happened;
}

}  // namespace

EventLoop::EventLoop() : epoll_{have(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")} {}

EventLoop::~EventLoop() {
  signals_.reset();
  ::close(epoll_);
}

Instant EventLoop::read_clock() {
  const auto since_start = std::chrono::steady_clock::now().time_since_epoch();
  return Instant{std::chrono::duration_cast<Duration>(since_start)};
}

void EventLoop::run() {
  stopped_ = false;
  while (!stopped_) run_turn(kForever);
}

bool EventLoop::run_turn(Duration longest) {
  if (!deferred_.empty()) longest = Duration{};
  if (!timers_.empty()) {
    const Duration until = timers_.begin()->first - read_clock();
    longest = std::clamp(until, Duration{}, longest);
  }
  const int count = wait_for_events(epoll_, events_, longest);
  present_ = read_clock();
  is_turning_ = true;
  dispatch(count);
  const bool fired = fire_timers();
  const bool deferred = run_deferred();
  is_turning_ = false;
  return count > 0 || fired || deferred;
}

void EventLoop::dispatch(int count) {
  events_there_ = std::max(count, 0);
  for (event_ = 0; event_ < events_there_; ++event_) {
    if (event_ % kEventsPerReading == kEventsPerReading - 1) present_ = read_clock();
    const epoll_event& event = events_[static_cast<std::size_t>(event_)];
    auto* const watch = static_cast<Watch*>(event.data.ptr);
    if (watch != nullptr) watch->tell(to_ready(event.events));
  }
  events_there_ = 0;
}

bool EventLoop::fire_timers() {
  bool any = false;
  if (timers_.empty()) return any;
  // No more than there were: who sets its timer to what has passed lets the others have their turn.
  for (std::size_t left = timers_.size(); left > 0 && !timers_.empty(); --left) {
    if (timers_.begin()->first > present_) break;
    Timer& timer = *timers_.begin()->second;
    timer.cancel();
    auto call = std::move(timer.handler_);  // it may end the timer, and goes on after that
    firing_ = &timer;
    call();
    if (firing_ == &timer) timer.handler_ = std::move(call);
    any = true;
  }
  return any;
}

bool EventLoop::run_deferred() {
  running_.swap(deferred_);
  const bool any = !running_.empty();
  for (const auto& task : running_) task();
  running_.clear();
  return any;
}

void EventLoop::on_termination(std::function<void(int)> handler) {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  const int descriptor = have(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC), "signalfd");
  signals_ =
      std::make_unique<Watch>(*this, descriptor, [this, handler = std::move(handler)](Ready) {
        signals_->wait(Ready::Read);
        signalfd_siginfo info{};
        while (::read(signals_->descriptor(), &info, sizeof info) == sizeof info) {
          handler(static_cast<int>(info.ssi_signo));
        }
      });
  signals_->wait(Ready::Read);
}

Timer::Timer(EventLoop& loop, std::function<void()> handler)
    : loop_{loop}, handler_{std::move(handler)} {}

Timer::~Timer() {
  cancel();
  if (loop_.firing_ == this) loop_.firing_ = nullptr;
}

void Timer::set(Instant when) {
  if (when == when_) return;
  cancel();
  when_ = when;
  if (when != Instant::max()) loop_.timers_.emplace(when, this);
}

void Timer::cancel() {
  if (when_ == Instant::max()) return;
  loop_.timers_.erase({when_, this});
  when_ = Instant::max();
}

}  // namespace duet::net
