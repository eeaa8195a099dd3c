// SPDX-License-Identifier: MIT
// Tells when a descriptor can be read or written.
#include <duet/base/check.hpp>
#include <duet/net/event_loop.hpp>
#include <duet/net/watch.hpp>

#include <sys/epoll.h>
#include <unistd.h>

#include <utility>

namespace duet::net {
namespace {

std::uint32_t to_epoll(unsigned interest) {
  std::uint32_t events = 0;
  if ((interest & static_cast<unsigned>(Ready::Read)) != 0) events |= EPOLLIN;
  if ((interest & static_cast<unsigned>(Ready::Write)) != 0) events |= EPOLLOUT;
  return events;  // of errors epoll tells unasked
}

}  // namespace

Watch::Watch(EventLoop& loop, int descriptor, std::function<void(Ready)> ready)
    : loop_{loop}, ready_{std::move(ready)}, descriptor_{descriptor} {
  begin(bit(Ready::Read));
}

Watch::~Watch() {
  // Events of this turn that have not been told yet.
  for (int i = loop_.event_; i < loop_.events_there_; ++i) {
    epoll_event& event = loop_.events_[static_cast<std::size_t>(i)];
    if (event.data.ptr == this) event.data.ptr = nullptr;
  }
  // Not left to close(): a program that is being started has the descriptor too, until it executes.
  if (is_watched_) forget();
  ::close(descriptor_);
}

void Watch::wait(Ready ready) {
  wanted_ |= static_cast<std::uint8_t>(bit(ready));
  if (!is_watched_) {
    begin(wanted_);
  } else if (ready != Ready::Error && (interest_ & bit(ready)) == 0) {
    set_interest(interest_ | wanted_);
  }
}

/// @param happened  bits of Ready
void Watch::tell(unsigned happened) {
  if ((happened & wanted_) == 0) {
    // Told again at once, if nothing is done. An error is told whatever the interest.
    return (happened & bit(Ready::Error)) != 0 ? forget() : set_interest(interest_ & wanted_);
  }
  const epoll_event& current = loop_.events_[static_cast<std::size_t>(loop_.event_)];
  const unsigned due = happened & wanted_;  // what is waited for from now on comes another turn
  for (const Ready ready : {Ready::Read, Ready::Write, Ready::Error}) {
    if ((due & bit(ready)) == 0) continue;
    wanted_ &= static_cast<std::uint8_t>(~bit(ready));
    auto call = std::move(ready_);  // it may end the watch, and goes on after that
    call(ready);
    if (current.data.ptr == nullptr) return;  // this watch is no more
    ready_ = std::move(call);
  }
}

void Watch::begin(unsigned interest) {
  epoll_event event{.events = to_epoll(interest), .data = {.ptr = this}};
  is_watched_ = ::epoll_ctl(loop_.epoll_, EPOLL_CTL_ADD, descriptor_, &event) == 0;
  interest_ = static_cast<std::uint8_t>(interest);
}

void Watch::set_interest(unsigned interest) {
  epoll_event event{.events = to_epoll(interest), .data = {.ptr = this}};
  DUET_CHECK(::epoll_ctl(loop_.epoll_, EPOLL_CTL_MOD, descriptor_, &event) == 0);
  interest_ = static_cast<std::uint8_t>(interest);
}

void Watch::forget() {
  ::epoll_ctl(loop_.epoll_, EPOLL_CTL_DEL, descriptor_, nullptr);
  is_watched_ = false;
  interest_ = 0;
}

}  // namespace duet::net
