// SPDX-License-Identifier: MIT
// What a connection costs. Both ends are in this process and on one thread, over real sockets.
#include "../common/arguments.hpp"
#include "../common/process_usage.hpp"
#include "pair.hpp"
#include <duet/base/check.hpp>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>
#include <random>
#include <string_view>
#include <vector>

namespace duet::bench {
namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

double cpu_ms() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

struct Machine {
  net::EventLoop loop;
  SeededRandom random{std::random_device{}()};
  rtc::Runtime runtime{loop, random};

  void run_for(Duration time) {
    for (const Instant end = loop.now() + time; loop.now() < end;) {
      loop.run_turn(end - loop.now());
    }
  }

  void open(Pair& pair) {
    pair.call();
    const Instant end = loop.now() + 30s;
    while (!pair.is_open()) {
      DUET_CHECK(loop.now() < end);
      loop.run_turn(50ms);
    }
  }
};

/// One after the other, from the offer until the channel is open at both ends. CPU time is that of
/// everything: two connections made, opened, closed.
void measure_setup(const Arguments& arguments) {
  const auto count = static_cast<std::size_t>(arguments("count"));
  Machine machine;
  Pair first{
      machine.runtime};  // what is paid once: the certificate, the kernel's first such socket
  machine.open(first);
  std::vector<double> times;
  double cpu = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double cpu_before = cpu_ms();
    auto pair = std::make_unique<Pair>(machine.runtime);
    machine.loop.run_turn(0ms);
    const auto start = Clock::now();
    machine.open(*pair);
    times.push_back(milliseconds_since(start));
    pair.reset();
    machine.loop.run_turn(0ms);
    cpu += cpu_ms() - cpu_before;
  }
  std::ranges::sort(times);
  std::printf("p50_ms %.2f\np99_ms %.2f\nmax_ms %.2f\ncpu_ms %.2f\n", times[count / 2],
              times[count * 99 / 100], times.back(), cpu / static_cast<double>(count));
}

/// One way, in messages of 64 KB, ordered and reliable; as much in the buffer as a program keeps
/// there that waits for its low threshold.
void measure_messages(const Arguments& arguments) {
  constexpr std::size_t kMessage = std::size_t{64} * 1024;
  constexpr std::size_t kBuffered = std::size_t{4} * 1024 * 1024;
  const auto total = static_cast<std::size_t>(arguments("megabytes") * 1e6);
  Machine machine;
  Pair pair{machine.runtime};
  machine.open(pair);
  std::size_t sent = 0;
  std::size_t received = 0;
  pair.on_message = [&](std::size_t size) { received += size; };
  const auto fill = [&] {
    while (sent < total && pair.sender().buffered_amount() < kBuffered) {
      DUET_CHECK(pair.sender().send(std::vector<std::byte>(kMessage)));
      sent += kMessage;
    }
  };
  pair.sender().set_buffered_amount_low_threshold(kBuffered / 2);
  pair.sender().on_buffered_amount_low = fill;
  const double cpu = cpu_ms();
  const auto start = Clock::now();
  fill();
  while (received < total) machine.loop.run_turn(50ms);
  const double time = milliseconds_since(start);
  const double megabytes = static_cast<double>(received) / 1e6;
  std::printf("mb_per_s %.1f\ncpu_ms_per_mb %.2f\n", megabytes / time * 1e3,
              (cpu_ms() - cpu) / megabytes);
}

/// Connections that have nothing to say: their memory once they have come to rest, and the CPU time
/// of consent (RFC 7675) and heartbeats.
void measure_idle(const Arguments& arguments) {
  const auto count = static_cast<std::size_t>(arguments("pairs"));
  const auto seconds = static_cast<int>(arguments("seconds"));
  Machine machine;
  {
    Pair first{machine.runtime};  // what is paid once, however many follow
    machine.open(first);
  }
  machine.run_for(100ms);
  const double before = rss_bytes(getpid());
  std::vector<std::unique_ptr<Pair>> pairs;
  for (std::size_t i = 0; i < count; ++i) {
    pairs.push_back(std::make_unique<Pair>(machine.runtime));
    machine.open(*pairs.back());
  }
  machine.run_for(3s);
  const double resident = rss_bytes(getpid()) - before;
  const double cpu = cpu_ms();
  machine.run_for(std::chrono::seconds{seconds});
  const auto connections = static_cast<double>(2 * count);
  std::printf("kb_per_connection %.1f\ncpu_percent_of_400 %.2f\n", resident / connections / 1024,
              (cpu_ms() - cpu) / seconds / 10 * 400 / connections);
}

}  // namespace
}  // namespace duet::bench

int main(int count, char** words) {
  const std::string_view what = count > 1 ? words[1] : "";
  const duet::bench::Arguments arguments{count, words};
  if (what == "setup") {
    duet::bench::measure_setup(arguments);
  } else if (what == "messages") {
    duet::bench::measure_messages(arguments);
  } else if (what == "idle") {
    duet::bench::measure_idle(arguments);
  } else {
    std::fputs(
        "usage: peer_cost setup --count N | messages --megabytes N | idle --pairs N "
        "--seconds N\n",
        stderr);
    return 2;
  }
}
