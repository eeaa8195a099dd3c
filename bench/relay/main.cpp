// SPDX-License-Identifier: MIT
// relay_load: puts one kind of load on a relay and prints what it cost, one `name value` a line.
// bench/relay/run starts it.
#include "../common/arguments.hpp"
#include "../common/process_usage.hpp"
#include "call.hpp"
#include "fleet.hpp"
#include "forwarder.hpp"
#include "traffic.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>

namespace duet::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kAllocations = 100;
constexpr std::size_t kShortLived = 2000;  // that are made and given back
constexpr std::size_t kFew = 1000;         // between these two, memory is compared
constexpr std::size_t kMany = 10'000;

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

/// One run: where, who, how long.
class Bench {
 public:
  explicit Bench(const Arguments& arguments) : arguments_{arguments} {
    pids_.push_back(static_cast<pid_t>(arguments("pid")));
    const auto second = static_cast<pid_t>(arguments("second-pid"));
    if (second != pids_[0]) pids_.push_back(second);
    const auto server = address("server");
    places_ = {.server = {server, port("port")},
               .second_server = {server, port("second-port")},
               .clients = address("clients"),
               .peers = address("peers")};
    account_ = {arguments.text("user"), arguments.text("password")};
  }

  Fleet fleet() const { return {places_, account_}; }

  double seconds() const { return arguments_("seconds"); }

  /// The peers of this server's clients can only be other clients of it.
  bool is_in_memory() const { return arguments_("in-memory") != 0; }

  bool is_forwarder() const { return arguments_("forwarder") != 0; }

  double cpu() const {
    double sum = 0;
    for (const pid_t pid : pids_) sum += cpu_us(pid);
    return sum;
  }

  double rss() const { return rss_bytes(pids_[0]); }

  /// CPU per packet (µs), at a rate that every server keeps up with.
  /// @throws std::runtime_error  if packets are lost or changed
  void flow(const Fleet& fleet, Shape shape) const {
    shape.together = static_cast<std::size_t>(arguments_("together"));
    Traffic traffic{fleet.streams(), shape};
    const double rate = arguments_("rate");
    traffic.run(rate, 500ms);
    const Tally before = traffic.tally();
    const double cpu_before = cpu();
    traffic.run(rate, std::chrono::duration<double>(seconds()));
    const double used = cpu() - cpu_before;
    const Tally after = traffic.tally();
    const auto arrived = static_cast<double>(after.arrived - before.arrived);
    const auto sent = static_cast<double>(after.sent - before.sent);
    if (after.wrong > 0) throw std::runtime_error(std::to_string(after.wrong) + " wrong packets");
    const double loss_percent = 100 * (1 - arrived / sent);
    if (loss_percent > 1) {
      throw std::runtime_error("more than 1 % lost: " + std::to_string(loss_percent));
    }
    print("cpu_us", used / arrived);
    print("loss_percent", loss_percent);
    print("rate", sent / seconds());
  }

 private:
  IpAddress address(const char* name) const {
    const auto parsed = IpAddress::parse(arguments_.text(name));
    if (!parsed) throw std::runtime_error(std::string{"--"} + name + ": no address");
    return *parsed;
  }

  std::uint16_t port(const char* name) const {
    return static_cast<std::uint16_t>(arguments_(name));
  }

  const Arguments& arguments_;
  std::vector<pid_t> pids_;
  Places places_;
  Account account_;
};

Fleet channels_or_floor(const Bench& bench) {
  Fleet fleet = bench.fleet();
  if (bench.is_forwarder()) {
    fleet.add_forwarded(kAllocations);
  } else {
    fleet.add_peers(kAllocations, Framing::Channel);
  }
  return fleet;
}

constexpr Shape kVideo{.size = 1200, .burst = 8};

void video(const Bench& bench) { bench.flow(channels_or_floor(bench), kVideo); }

void audio(const Bench& bench) { bench.flow(channels_or_floor(bench), {.size = 160}); }

void segments(const Bench& bench) {
  bench.flow(channels_or_floor(bench),
             {.size = 1200, .burst = 8, .send_with = SendWith::UdpSegment});
}

void indications(const Bench& bench) {
  Fleet fleet = bench.fleet();
  fleet.add_peers(kAllocations, Framing::Indication);
  bench.flow(fleet, kVideo);
}

void pairs(const Bench& bench) {
  Fleet fleet = bench.fleet();
  fleet.add_pairs(kAllocations);
  bench.flow(fleet, kVideo);
}

/// Bytes of the answer to a Binding request, 0 if there is none.
std::size_t size_of_answer(const Stream& stream) {
  Payloads payloads{stream, 0, sizeof(Stamp)};
  stream.from->send_each(payloads.make(1));
  std::this_thread::sleep_for(100ms);
  Inbox inbox;
  const auto arrivals = inbox.receive(*stream.to);
  return arrivals.empty() ? 0 : arrivals[0].bytes.size();
}

void audio_pairs(const Bench& bench) {
  Fleet fleet = bench.fleet();
  fleet.add_pairs(kAllocations);
  bench.flow(fleet, {.size = 160});
}

void binding(const Bench& bench) {
  Fleet fleet = bench.fleet();
  fleet.add_binders(kAllocations);
  print("answer_bytes", static_cast<double>(size_of_answer(fleet.streams()[0])));
  bench.flow(fleet, {.size = sizeof(Stamp)});
}

/// CPU of an allocation that begins and ends, once the server has seen as many before.
void allocations(const Bench& bench) {
  Fleet fleet = bench.fleet();
  using Step = TurnClient::Step;
  for (const bool counts : {false, true}) {
    auto clients = fleet.add_clients(kShortLived);
    const double start = bench.cpu();
    take_steps(clients, std::array{Step::Challenge, Step::Allocate});
    std::this_thread::sleep_for(50ms);
    const double allocated = bench.cpu();
    take_steps(clients, std::array{Step::Release});
    std::this_thread::sleep_for(50ms);
    if (!counts) continue;
    print("allocate_us", (allocated - start) / kShortLived);
    print("release_us", (bench.cpu() - allocated) / kShortLived);
  }
}

void memory(const Bench& bench) {
  Fleet fleet = bench.fleet();
  const auto grow = [&](std::size_t count) {
    if (bench.is_in_memory()) {
      fleet.add_idle_pairs(count);
    } else {
      fleet.add_idle(count);
    }
    std::this_thread::sleep_for(500ms);
    return bench.rss();
  };
  const double few = grow(kFew);
  const double many = grow(kMany - kFew);
  print("allocation_bytes", (many - few) / (kMany - kFew));
  print("total_bytes", many);
}

/// What the relay adds to a call's packets, beside the direct path at the same time.
void latency(const Bench& bench) {
  Fleet direct = bench.fleet();
  direct.add_direct();
  Fleet relayed = bench.fleet();
  if (bench.is_forwarder()) {
    relayed.add_forwarded(1);
  } else if (bench.is_in_memory()) {
    relayed.add_pairs(2);
  } else {
    relayed.add_peers(1, Framing::Channel);
  }
  const std::chrono::duration<double> time{bench.seconds()};
  latencies_of_call(relayed.streams(), 1s);
  const auto without = latencies_of_call(direct.streams(), time);
  const auto with = latencies_of_call(relayed.streams(), time);
  const auto percentile = [](const std::vector<double>& sorted, std::size_t percent) {
    return sorted[sorted.size() * percent / 100];
  };
  print("direct_p50_us", percentile(without, 50));
  print("direct_p99_us", percentile(without, 99));
  print("added_p50_us", percentile(with, 50) - percentile(without, 50));
  print("added_p99_us", percentile(with, 99) - percentile(without, 99));
}

int run(int count, char** words) {
  const std::string name = count > 1 ? words[1] : "";
  const Arguments arguments{count, words};
  if (name == "forward") {
    run_forwarder({*IpAddress::parse(arguments.text("server")),
                   static_cast<std::uint16_t>(arguments("port"))});
  }
  const std::map<std::string, void (*)(const Bench&)> cases{
      {"video", video},     {"audio", audio},
      {"gso", segments},    {"indication", indications},
      {"pairs", pairs},     {"audio-pairs", audio_pairs},
      {"binding", binding}, {"allocate", allocations},
      {"memory", memory},   {"latency", latency},
  };
  const auto found = cases.find(name);
  if (found == cases.end()) {
    std::fputs(
        "usage: relay_load "
        "forward|video|audio|gso|indication|pairs|audio-pairs|binding|allocate|memory"
        "|latency --port N ...; bench/relay/run knows the rest\n",
        stderr);
    return 2;
  }
  allow_many_files();
  found->second(Bench{arguments});
  return 0;
}

}  // namespace
}  // namespace duet::bench

int main(int count, char** words) {
  try {
    return duet::bench::run(count, words);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "relay_load: %s\n", error.what());
    return 1;
  }
}
