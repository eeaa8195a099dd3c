// SPDX-License-Identifier: MIT
// An eventfd that wakes the loop, and what it finds then.
#include <duet/net/post_box.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

namespace duet::net {

PostBox::PostBox(EventLoop& loop) : wake_{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)} {
  if (wake_ < 0) throw std::system_error{errno, std::generic_category(), "eventfd"};
  watch_ = std::make_unique<Watch>(loop, wake_, [this](Ready) { handle_posted(); });
  watch_->wait(Ready::Read);
}

void PostBox::post(std::function<void()> task) {
  bool was_empty = false;
  {
    const std::lock_guard lock{mutex_};
    was_empty = posted_.empty();
    posted_.push_back(std::move(task));
  }
  if (!was_empty) return;  // the loop has been woken for the one before
  const std::uint64_t one = 1;
  // It cannot fail: the counter takes 2^64 - 2 of these.
  [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
}

void PostBox::handle_posted() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto read = ::read(wake_, &count, sizeof count);
  watch_->wait(Ready::Read);
  {
    const std::lock_guard lock{mutex_};
    running_.swap(posted_);
  }
  // A task may destroy this box.
  const auto alive = alive_;
  auto running = std::exchange(running_, {});
  for (auto& task : running) {
    task();
    if (!*alive) return;
  }
  running.clear();
  running_ = std::move(running);  // for its memory
}

}  // namespace duet::net
