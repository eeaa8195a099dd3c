// SPDX-License-Identifier: MIT
// A link between two network namespaces.
//
//   duet_link --a NAMESPACE --b NAMESPACE [--device NAME] [--seed N] [--KEY VALUE]...
//             [--at TIME CHANGES]... [--schedule FILE]
//
// KEY is rate, delay, queue, loss, burst, jitter or reorder, of both directions, or of one as
// ab.rate; CHANGES are such as `rate=600k,ab.loss=5%,outage=2s`. Lines on stdin: `set CHANGES`, and
// `start`, from which the schedule's times count; its end is the program's. A line "ready" on
// stdout when the devices are there, then NDJSON every 100 ms.
#include "direction.hpp"
#include "tun.hpp"

#include <poll.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

namespace duet::link {
namespace {

constexpr Nanoseconds kLogEvery{100'000'000};
constexpr int kMostAtOnce = 64;  // packets of one device, before the other has its turn

struct Plan {
  std::string a;
  std::string b;
  std::string device = "link";
  std::uint64_t seed = 1;
  std::vector<Change> first;
  std::vector<Step> steps;
};

Time now() { return std::chrono::steady_clock::now(); }

std::vector<Change> changes_of(const std::string& text) {
  auto changes = parse_changes(text);
  if (!changes) throw std::runtime_error{"not understood: " + text};
  return *std::move(changes);
}

std::vector<Step> schedule_of(const std::string& name) {
  std::ifstream file{name};
  std::stringstream text;
  text << file.rdbuf();
  auto steps = parse_schedule(text.str());
  if (!file || !steps) throw std::runtime_error{"no schedule: " + name};
  return *std::move(steps);
}

Plan plan_of(std::span<char*> words) {
  Plan plan;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string word = words[i];
    const auto value = [&] {
      if (++i >= words.size()) throw std::runtime_error{word + " wants a value"};
      return std::string{words[i]};
    };
    if (word == "--a") {
      plan.a = value();
    } else if (word == "--b") {
      plan.b = value();
    } else if (word == "--device") {
      plan.device = value();
    } else if (word == "--seed") {
      plan.seed = std::strtoull(value().c_str(), nullptr, 10);
    } else if (word == "--schedule") {
      for (Step& step : schedule_of(value())) plan.steps.push_back(std::move(step));
    } else if (word == "--at") {
      const std::string time = value();
      const auto at = parse_time(time);
      if (!at) throw std::runtime_error{"not a time: " + time};
      plan.steps.push_back({*at, changes_of(value())});
    } else if (word.starts_with("--")) {
      for (const Change& change : changes_of(word.substr(2) + "=" + value())) {
        plan.first.push_back(change);
      }
    } else {
      throw std::runtime_error{"not understood: " + word};
    }
  }
  if (plan.a.empty() || plan.b.empty()) throw std::runtime_error{"--a and --b name two namespaces"};
  return plan;
}

/// Carries packets until stdin ends.
class Link {
 public:
  explicit Link(Plan plan)
      : plan_{std::move(plan)},
        a_{plan_.a, plan_.device},
        b_{plan_.b, plan_.device},
        ab_{plan_.seed, now()},
        ba_{~plan_.seed, now()} {
    change(now(), plan_.first);
    // Ahead of other work, where that is allowed, so that packets arrive when they are due.
    const sched_param priority{.sched_priority = 20};
    (void)::sched_setscheduler(0, SCHED_FIFO, &priority);
  }

  void run() {
    std::puts("ready");
    start_ = now();
    Time next_log = start_ + kLogEvery;
    std::array<pollfd, 3> files{
        {{a_.descriptor(), POLLIN, 0}, {b_.descriptor(), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}}};
    for (;;) {
      follow_schedule();
      take(a_, ab_);
      take(b_, ba_);
      give(ab_, b_);
      give(ba_, a_);
      if (now() >= next_log) {
        log(next_log);
        next_log += kLogEvery;
      }
      const Nanoseconds wait = std::max(Nanoseconds{0}, due(next_log) - now());
      const timespec time{wait.count() / 1'000'000'000, wait.count() % 1'000'000'000};
      if (::ppoll(files.data(), files.size(), &time, nullptr) < 0 && errno != EINTR) return;
      if (files[2].revents != 0 && !obey()) return;
    }
  }

 private:
  Time due(Time latest) const {
    Time first = latest;
    for (const Direction* each : {&ab_, &ba_}) {
      if (const auto next = each->next_timeout()) first = std::min(first, *next);
    }
    if (step_ < plan_.steps.size()) first = std::min(first, start_ + plan_.steps[step_].at);
    return first;
  }

  void follow_schedule() {
    for (; step_ < plan_.steps.size() && start_ + plan_.steps[step_].at <= now(); ++step_) {
      change(start_ + plan_.steps[step_].at, plan_.steps[step_].changes);
    }
  }

  void change(Time at, const std::vector<Change>& changes) {
    for (const auto& [direction, is_ab] : {std::pair{&ab_, true}, {&ba_, false}}) {
      Settings settings = direction->settings();
      for (const Change& each : changes) {
        if (is_ab ? !each.ab : !each.ba) continue;
        apply(settings, each);
        if (each.key != Key::Outage) continue;
        direction->cut(at + Nanoseconds{static_cast<std::int64_t>(each.value * 1e9)});
      }
      direction->set(at, settings);
    }
  }

  void take(const Tun& from, Direction& direction) const {
    for (int i = 0; i < kMostAtOnce; ++i) {
      auto packet = from.read();
      if (packet.empty()) return;
      direction.handle_packet(now(), std::move(packet));
    }
  }

  static void give(Direction& direction, const Tun& to) {
    while (const auto packet = direction.poll_packet(now())) to.write(*packet);
  }

  /// One read of stdin. @return false at its end
  bool obey() {
    std::array<char, 4096> buffer;
    const auto size = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (size <= 0) return false;
    heard_.append(buffer.data(), static_cast<std::size_t>(size));
    for (auto end = heard_.find('\n'); end != std::string::npos; end = heard_.find('\n')) {
      const std::string line = heard_.substr(0, end);
      heard_.erase(0, end + 1);
      if (line == "start") {
        start_ = now();
        step_ = 0;
      } else if (line.starts_with("set ")) {
        change(now(), changes_of(line.substr(4)));
      } else {
        throw std::runtime_error{"not understood: " + line};
      }
    }
    return true;
  }

  static double milliseconds(Nanoseconds time) { return static_cast<double>(time.count()) / 1e6; }

  void log(Time at) {
    std::printf(R"({"mono_ms":%.3f,"ms":%.3f)", milliseconds(at.time_since_epoch()),
                milliseconds(at - start_));
    for (const auto& [name, direction] : {std::pair{"ab", &ab_}, {"ba", &ba_}}) {
      const Counters counted = direction->take_counters(now());
      std::printf(
          R"(,"%s":{"rate_bps":%.0f,"packets":%llu,"offered":%llu,"forwarded":%llu,"dropped":%llu,)"
          R"("lost":%llu,"queue_ms":%.2f,"queue_max_ms":%.2f,"late_ms":%.3f})",
          name, direction->settings().rate_bps, static_cast<unsigned long long>(counted.packets),
          static_cast<unsigned long long>(counted.offered),
          static_cast<unsigned long long>(counted.forwarded),
          static_cast<unsigned long long>(counted.dropped),
          static_cast<unsigned long long>(counted.lost), counted.queue_mean_ms,
          counted.queue_max_ms, counted.late_ms);
    }
    std::puts("}");
  }

  Plan plan_;
  Tun a_;
  Tun b_;
  Direction ab_;
  Direction ba_;
  Time start_;
  std::size_t step_ = 0;
  std::string heard_;
};

}  // namespace
}  // namespace duet::link

int main(int count, char** words) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  try {
    duet::link::Link link{duet::link::plan_of({words, static_cast<std::size_t>(count)})};
    link.run();
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "duet_link: %s\n", problem.what());
    return 1;
  }
  return 0;
}
