// SPDX-License-Identifier: MIT
// signaling_load: puts one kind of load on a signaling server and prints what it cost, one
// `name value` a line. bench/signaling/run starts it.
#include "../common/arguments.hpp"
#include "../common/process_usage.hpp"
#include "swarm.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

namespace duet::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kInFlight = 1000;
constexpr std::size_t kMessageSize = 200;

void print(const char* name, double value) {
  std::printf("%s %.3f\n", name, value);
  std::fflush(stdout);
}

void allow_many_files() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// The first connections pay for what is made once (code that gets hot, pools); they don't count.
void warm_up(std::uint16_t port) {
  Swarm swarm{port, 1000};
  swarm.seat_all(kInFlight, 60s);
  swarm.send_paced(5000, 0.5, kMessageSize, false);
  swarm.run_for(500ms);
}

/// Set-up and idle: N clients get seats and then say nothing. Then they all are cut and come back.
void storms(const Arguments& arguments, std::uint16_t port, pid_t pid) {
  warm_up(port);
  const auto count = static_cast<std::size_t>(arguments("clients"));
  Swarm swarm{port, count};
  swarm.run_for(1s);
  const double rss_before = rss_bytes(pid);
  const double cpu_before = cpu_us(pid);
  swarm.seat_all(kInFlight, 120s);
  print("setup_us", (cpu_us(pid) - cpu_before) / static_cast<double>(count));
  swarm.run_for(1500ms);
  const double rss_full = rss_bytes(pid);
  print("idle_bytes", (rss_full - rss_before) / static_cast<double>(count));

  const int rounds = static_cast<int>(arguments("storms"));
  for (int round = 0; round < rounds; ++round) {
    const double cpu = cpu_us(pid);
    const auto start = Clock::now();
    swarm.cut_all();
    swarm.seat_all(kInFlight, 120s);
    print("storm_us", (cpu_us(pid) - cpu) / static_cast<double>(count));
    print("storm_s", std::chrono::duration<double>(Clock::now() - start).count());
    swarm.run_for(200ms);
  }
  swarm.run_for(1500ms);
  print("storm_full", static_cast<double>(swarm.counters().refused));
  print("storm_lost", static_cast<double>(swarm.counters().lost));
  print("storm_rss_growth_percent", (rss_bytes(pid) / rss_full - 1) * 100);
  swarm.cut_all();
}

/// CPU per message, at a rate that both servers keep up with.
void relay(const Arguments& arguments, std::uint16_t port, pid_t pid) {
  warm_up(port);
  Swarm swarm{port, static_cast<std::size_t>(arguments("clients"))};
  swarm.seat_all(kInFlight, 60s);
  const double rate = arguments("rate");
  const double seconds = arguments("seconds");
  swarm.send_paced(rate, 1, kMessageSize, false);
  for (int i = 0; i < static_cast<int>(arguments("repeat")); ++i) {
    swarm.run_for(300ms);
    const auto before = swarm.counters();
    const double cpu = cpu_us(pid);
    swarm.send_paced(rate, seconds, kMessageSize, false);
    const double sent = rate * seconds;
    const auto& counters = swarm.counters();
    const auto all = before.relayed + before.echoed + static_cast<std::uint64_t>(2 * sent);
    swarm.run_for(5s, [&] { return counters.relayed + counters.echoed >= all; });
    print("relay_us", (cpu_us(pid) - cpu) / sent);
    const auto& after = swarm.counters();
    const auto arrived = static_cast<double>(after.relayed - before.relayed);
    const auto echoed = static_cast<double>(after.echoed - before.echoed);
    print("relay_missing", 2 * sent - arrived - echoed);
  }
}

/// Time from send to arrival, at a rate that leaves the server mostly idle.
void latency(const Arguments& arguments, std::uint16_t port, pid_t) {
  warm_up(port);
  Swarm swarm{port, static_cast<std::size_t>(arguments("clients"))};
  swarm.seat_all(kInFlight, 60s);
  const double rate = arguments("rate");
  swarm.send_paced(rate, 1, kMessageSize, true);
  for (int i = 0; i < static_cast<int>(arguments("repeat")); ++i) {
    swarm.take_latencies();
    swarm.send_paced(rate, arguments("seconds"), kMessageSize, true);
    swarm.run_for(200ms);
    auto times = swarm.take_latencies();
    if (times.empty()) throw std::runtime_error("no message arrived");
    std::sort(times.begin(), times.end());
    print("p50_us", static_cast<double>(times[times.size() / 2]));
    print("p99_us", static_cast<double>(times[times.size() * 99 / 100]));
  }
}

int run(int count, char** words) {
  const std::string_view kind = count > 1 ? words[1] : "";
  const std::map<std::string_view, void (*)(const Arguments&, std::uint16_t, pid_t)> kinds{
      {"storms", storms}, {"relay", relay}, {"latency", latency}};
  const auto found = kinds.find(kind);
  if (found == kinds.end()) {
    std::fputs("usage: signaling_load storms|relay|latency --port N --pid N --clients N ...\n",
               stderr);
    return 2;
  }
  allow_many_files();
  const Arguments arguments{count, words};
  found->second(arguments, static_cast<std::uint16_t>(arguments("port")),
                static_cast<pid_t>(arguments("pid")));
  return 0;
}

}  // namespace
}  // namespace duet::bench

int main(int count, char** words) {
  try {
    return duet::bench::run(count, words);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "signaling_load: %s\n", error.what());
    return 1;
  }
}
