// SPDX-License-Identifier: MIT
// Sends and receives at a call's pace.
#include "call.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <deque>
#include <stdexcept>

namespace duet::bench {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kWaitForLast = 200ms;

/// One medium in one direction.
struct Medium {
  Payloads payloads;
  std::size_t burst;
  Clock::duration gap;
  Clock::time_point due;
};

/// A socket receives both media of a direction; their sizes tell them apart.
struct Direction {
  const Stream& stream;
  std::array<Medium, 2> media;
};

class Call {
 public:
  explicit Call(const std::vector<Stream>& streams) : poll_{epoll_create1(EPOLL_CLOEXEC)} {
    auto start = Clock::now() + 1ms;
    for (const Stream& stream : streams) {
      const auto id = static_cast<std::uint32_t>(2 * directions_.size());
      // The ways don't send at the same moment, nor do the media.
      Direction& added = directions_.emplace_back(Direction{
          stream,
          {Medium{{stream, id, 160}, 1, 20ms, start},
           Medium{{stream, id + 1, 1200}, 4, std::chrono::nanoseconds{1s} / 30, start + 4ms}}});
      start += 7ms;
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = &added;
      epoll_ctl(poll_, EPOLL_CTL_ADD, stream.to->descriptor(), &event);
    }
  }

  void run(Clock::duration time) {
    const auto end = Clock::now() + time;
    while (Clock::now() < end) {
      auto next = end;
      for (Direction& direction : directions_) {
        for (Medium& medium : direction.media) {
          send_if_due(direction, medium);
          next = std::min(next, medium.due);
        }
      }
      receive_until(next);
    }
    receive_until(Clock::now() + kWaitForLast);
  }

  std::vector<double> take_latencies() {
    std::uint64_t sent = 0;
    for (const Direction& direction : directions_) {
      for (const Medium& medium : direction.media) sent += medium.payloads.sent();
    }
    if (wrong_ > 0) throw std::runtime_error("packets came back changed");
    if (static_cast<double>(latencies_.size()) < 0.99 * static_cast<double>(sent)) {
      throw std::runtime_error("more than 1 % of the call's packets were lost");
    }
    std::ranges::sort(latencies_);
    return std::move(latencies_);
  }

 private:
  static void send_if_due(const Direction& direction, Medium& medium) {
    if (Clock::now() < medium.due) return;
    direction.stream.from->send_each(medium.payloads.make(medium.burst));
    medium.due += medium.gap;
  }

  void receive_until(Clock::time_point end) {
    for (auto now = Clock::now(); now < end; now = Clock::now()) {
      const auto left = std::chrono::nanoseconds{end - now}.count();
      const timespec timeout{left / 1'000'000'000, left % 1'000'000'000};
      std::array<epoll_event, 4> events{};
      const int count = epoll_pwait2(poll_, events.data(), 4, &timeout, nullptr);
      for (int i = 0; i < count; ++i) {
        receive(*static_cast<Direction*>(events[static_cast<std::size_t>(i)].data.ptr));
      }
    }
  }

  void receive(Direction& direction) {
    const auto arrivals = inbox_.receive(*direction.stream.to);
    const std::uint32_t now = now_ns();
    for (const auto& arrival : arrivals) {
      split(arrival, [&](std::span<const std::byte> datagram) {
        auto& medium = direction.media[datagram.size() < 1000 ? 0 : 1];
        const auto stamp = medium.payloads.take(datagram);
        if (stamp) latencies_.push_back(static_cast<double>(now - stamp->sent_ns) / 1000);
        if (!stamp) ++wrong_;
      });
    }
  }

  std::deque<Direction> directions_;
  int poll_;
  Inbox inbox_;
  std::vector<double> latencies_;
  std::uint64_t wrong_ = 0;
};

}  // namespace

std::vector<double> latencies_of_call(const std::vector<Stream>& streams,
                                      std::chrono::duration<double> time) {
  Call call{streams};
  call.run(std::chrono::duration_cast<Clock::duration>(time));
  return call.take_latencies();
}

}  // namespace duet::bench
