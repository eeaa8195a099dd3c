// SPDX-License-Identifier: MIT
// Many descriptors behind the one that the loop waits for.
#include <duet/net/watch_set.hpp>

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace duet::net {
namespace {

/// Called in one turn of the loop; others wait for the next, after everybody else's.
constexpr int kMaxReady = 64;

[[noreturn]] void give_up(const char* what) {
  throw std::system_error{errno, std::generic_category(), what};
}

int new_poll() {
  const int descriptor = ::epoll_create1(EPOLL_CLOEXEC);
  if (descriptor < 0) give_up("epoll_create1");
  return descriptor;
}

}  // namespace

WatchSet::WatchSet(boost::asio::io_context& context) : poll_{context, new_poll()} { wait(); }

WatchId WatchSet::add(int descriptor, std::function<void()>& readable) {
  const WatchId id = readable_.insert(&readable);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = id.value();
  if (::epoll_ctl(poll_.native_handle(), EPOLL_CTL_ADD, descriptor, &event) != 0) {
    readable_.erase(id);
    give_up("epoll_ctl");
  }
  return id;
}

void WatchSet::wait() {
  poll_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                   [this](boost::system::error_code error) {
                     if (error) return;  // the end of the set
                     call_ready();
                     wait();
                   });
}

void WatchSet::call_ready() {
  std::array<epoll_event, kMaxReady> events;  // NOLINT(*-member-init): filled by the kernel
  const int count = ::epoll_wait(poll_.native_handle(), events.data(), kMaxReady, 0);
  for (int i = 0; i < count; ++i) {
    // One that was called may have removed the next.
    const auto* const readable =
        readable_.find(WatchId{events[static_cast<std::size_t>(i)].data.u64});
    if (readable != nullptr) (**readable)();
  }
}

}  // namespace duet::net
