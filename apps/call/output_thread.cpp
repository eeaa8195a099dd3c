// SPDX-License-Identifier: MIT
// Text to a descriptor whose reader may stall.
#include "output_thread.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <utility>

namespace duet::apps {
namespace {

/// For what was said last.
constexpr auto kFarewell = std::chrono::milliseconds{300};

/// @return the error that ends it, or 0
int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written > 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {  // somebody has made it so
      pollfd ready{.fd = descriptor, .events = POLLOUT, .revents = 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

}  // namespace

/// Shared, since a thread that is held up outlives the object.
struct OutputThread::State {
  explicit State(int to) : descriptor{to} {}

  void run() {
    // A reader that is gone is an error of write(), whatever the program does about the signal.
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::unique_lock lock{mutex};
    for (;;) {
      changed.wait(lock, [this] { return !waiting.empty() || is_over; });
      if (waiting.empty()) break;
      const std::string text = std::exchange(waiting, {});
      in_work = text.size();
      lock.unlock();
      const int error = write_all(descriptor, text);
      lock.lock();
      in_work = 0;
      if (error != 0) broken_by = static_cast<std::errc>(error);
      changed.notify_all();
    }
    is_done = true;
    changed.notify_all();
  }

  const int descriptor;
  std::mutex mutex;  // guards what follows
  std::condition_variable changed;
  std::string waiting;
  std::size_t in_work = 0;             // bytes being written
  std::optional<std::errc> broken_by;  // nobody will ever read it
  bool is_over = false;
  bool is_done = false;
};

OutputThread::OutputThread(int descriptor, std::size_t most)
    : state_{std::make_shared<State>(descriptor)}, most_{most}, thread_{[state = state_] {
        state->run();
      }} {}

OutputThread::~OutputThread() {
  std::unique_lock lock{state_->mutex};
  state_->is_over = true;
  state_->changed.notify_all();
  const bool is_done =
      state_->changed.wait_for(lock, kFarewell, [this] { return state_->is_done; });
  lock.unlock();
  if (is_done) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

bool OutputThread::write(std::string_view text) {
  const std::lock_guard lock{state_->mutex};
  if (state_->broken_by) return true;  // there is nobody to miss it
  if (state_->waiting.size() + state_->in_work + text.size() > most_) return false;
  state_->waiting += text;
  state_->changed.notify_all();
  return true;
}

std::optional<std::errc> OutputThread::failure() const {
  const std::lock_guard lock{state_->mutex};
  return state_->broken_by == std::errc::broken_pipe ? std::nullopt : state_->broken_by;
}

bool OutputThread::is_idle() const {
  const std::lock_guard lock{state_->mutex};
  return state_->waiting.empty() && state_->in_work == 0;
}

}  // namespace duet::apps
