// SPDX-License-Identifier: MIT
// Signals that end a call, on a thread of their own.
#include "interrupts.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

namespace duet::apps {
namespace {

int have(int descriptor, const char* what) {
  if (descriptor < 0) throw std::system_error{errno, std::generic_category(), what};
  return descriptor;
}

int open_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&set, number);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return have(::signalfd(-1, &set, SFD_CLOEXEC), "signalfd");
}

}  // namespace

Interrupts::Interrupts(net::PostBox& box, std::function<void(int)> heard)
    : box_{box},
      heard_{std::move(heard)},
      signals_{open_signals()},
      over_{have(::eventfd(0, EFD_CLOEXEC), "eventfd")} {
  if (termios found{}; ::tcgetattr(STDIN_FILENO, &found) == 0) terminal_ = found;
  thread_ = std::thread{[this] { run(); }};
}

Interrupts::~Interrupts() {
  const std::uint64_t one = 1;
  (void)!::write(over_, &one, sizeof one);
  thread_.join();
  ::close(over_);
  ::close(signals_);
}

std::optional<int> Interrupts::hurried_code() const {
  const int number = hurried_.load();
  return number == 0 ? std::nullopt : std::optional{128 + number};
}

void Interrupts::run() {
  using Clock = std::chrono::steady_clock;
  std::optional<Clock::time_point> deadline;
  for (int count = 0;;) {
    std::array<pollfd, 2> ready{{{.fd = signals_, .events = POLLIN, .revents = 0},
                                 {.fd = over_, .events = POLLIN, .revents = 0}}};
    int timeout = -1;
    if (deadline) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(*deadline - Clock::now());
      if (left.count() <= 0) leave(hurried_);
      timeout = static_cast<int>(left.count()) + 1;
    }
    ::poll(ready.data(), ready.size(), timeout);
    if (ready[1].revents != 0) return;
    if (ready[0].revents == 0) continue;
    signalfd_siginfo info{};
    if (::read(signals_, &info, sizeof info) != sizeof info) continue;
    const auto number = static_cast<int>(info.ssi_signo);
    if (++count > 2) leave(number);
    if (count == 2) {
      hurried_ = number;
      deadline = Clock::now() + kHurry;
    }
    box_.post([this, number] { heard_(number); });
  }
}

void Interrupts::leave(int number) {
  // Not in the background, where the terminal is another's.
  if (terminal_ && ::tcgetpgrp(STDIN_FILENO) == ::getpgrp()) {
    ::tcsetattr(STDIN_FILENO, TCSANOW, &*terminal_);
  }
  ::_exit(128 + number);
}

}  // namespace duet::apps
