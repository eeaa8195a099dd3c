// SPDX-License-Identifier: MIT
// Sends by the clock and receives in between.
#include "traffic.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <array>

namespace duet::bench {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kMaxLateness = 2ms;    // more than that is skipped
constexpr auto kWaitForLast = 200ms;  // after it, what has not arrived is lost

}  // namespace

Traffic::Traffic(const std::vector<Stream>& streams, const Shape& shape)
    : shape_{shape}, poll_{epoll_create1(EPOLL_CLOEXEC)} {
  for (const Stream& stream : streams) {
    Payloads& added = payloads_.emplace_back(stream, payloads_.size(), shape.size);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &added;
    epoll_ctl(poll_, EPOLL_CTL_ADD, stream.to->descriptor(), &event);
  }
}

void Traffic::run(double rate, std::chrono::duration<double> time) {
  const auto gap = std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double>(static_cast<double>(shape_.burst * shape_.together) / rate));
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(time);
  auto due = Clock::now();
  for (auto now = due; now < end; now = Clock::now()) {
    if (now - due > kMaxLateness) due = now;
    if (now >= due) {
      for (std::size_t i = 0; i < shape_.together; ++i) send_burst();
      due += gap;
    }
    receive();
  }
  const auto last = Clock::now() + kWaitForLast;
  while (missing() > 0 && Clock::now() < last) receive();
}

void Traffic::send_burst() {
  Payloads& payloads = payloads_[turn_];
  turn_ = (turn_ + 1) % payloads_.size();
  const auto datagrams = payloads.make(shape_.burst);
  UdpSocket& socket = *payloads.stream().from;
  if (shape_.send_with == SendWith::Sendmmsg) return socket.send_each(datagrams);
  std::array<iovec, Payloads::kMaxBurst * 2> pieces{};
  std::size_t count = 0;
  for (const Datagram& datagram : datagrams) {
    for (const iovec& piece : datagram) pieces[count++] = piece;
  }
  socket.send_segmented(std::span{pieces}.first(count), payloads.datagram_size());
}

void Traffic::receive() {
  std::array<epoll_event, 16> events{};
  const int count = epoll_wait(poll_, events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    auto& payloads = *static_cast<Payloads*>(events[static_cast<std::size_t>(i)].data.ptr);
    for (const auto& arrival : inbox_.receive(*payloads.stream().to)) {
      split(arrival, [&](std::span<const std::byte> datagram) { payloads.take(datagram); });
    }
  }
}

Tally Traffic::tally() const {
  Tally sum;
  for (const Payloads& each : payloads_) {
    sum.sent += each.sent();
    sum.arrived += each.arrived();
    sum.wrong += each.wrong();
  }
  return sum;
}

std::uint64_t Traffic::missing() const {
  const Tally all = tally();
  return all.sent - std::min(all.sent, all.arrived + all.wrong);
}

}  // namespace duet::bench
