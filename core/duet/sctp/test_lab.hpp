// SPDX-License-Identifier: MIT
// Two ends and a link between them, in virtual time: rate, delay, loss, queue, from one seed.
#pragma once

#include <duet/base/random.hpp>
#include <duet/sctp/association.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace duet::sctp {

struct Link {
  Duration delay = 10ms;        // one way
  double rate_bps = 0;          // 0: any
  double loss = 0;              // share of packets, 0 to 1
  Duration jitter = 0ms;        // up to this much more, so that packets overtake each other
  double duplication = 0;       // share
  std::size_t queue = 250'000;  // bytes before the bottleneck; what is more is dropped
  std::size_t mtu = 65536;      // longer ones are dropped, unless they may be fragmented
};

/// One end: what came to it, and how.
struct End {
  std::unique_ptr<Association> association;
  std::vector<Message> messages;
  std::vector<Event> events;  // all others
  std::size_t bytes_received = 0;
  std::size_t packets_sent = 0;
  bool keeps_messages = true;
  bool takes_events = true;
  Instant link_free{};  // when the bottleneck has sent what waits

  template <class T>
  const T* find() const {
    for (const Event& event : events) {
      if (const auto* found = std::get_if<T>(&event)) return found;
    }
    return nullptr;
  }
};

class Lab {
 public:
  explicit Lab(Link link = {}, const Config& config = {}, std::uint64_t seed = 1)
      : Lab{link, config, config, seed} {}

  Lab(Link link, const Config& a_config, const Config& b_config, std::uint64_t seed)
      : link_{link}, random_{seed} {
    a.association = std::make_unique<Association>(now, random_, a_config);
    b.association = std::make_unique<Association>(now, random_, b_config);
  }

  /// Both at once, as WebRTC does.
  void connect() {
    a.association->connect(now);
    b.association->connect(now);
  }

  /// @return whether it came true before the time was up
  bool run_until(const std::function<bool()>& done, Duration most = 60s) {
    const Instant end = now + most;
    for (;;) {
      flush(a, b);
      flush(b, a);
      if (done()) return true;
      std::optional<Instant> next;
      const auto consider = [&](std::optional<Instant> time) {
        if (time && (!next || *time < *next)) next = time;
      };
      if (!flying_.empty()) consider(flying_.begin()->first);
      consider(a.association->next_timeout());
      consider(b.association->next_timeout());
      if (!next || *next > end) {
        now = end;
        return done();
      }
      now = std::max(now, *next);
      while (!flying_.empty() && flying_.begin()->first <= now) {
        const auto packet = std::move(flying_.extract(flying_.begin()).mapped());
        End& to = packet.to_b ? b : a;
        if (filter && !filter(packet.to_b, packet.bytes)) continue;
        to.association->handle_packet(now, packet.bytes);
        drain(to);
      }
      for (End* end_of : {&a, &b}) {
        const auto due = end_of->association->next_timeout();
        if (due && *due <= now) end_of->association->handle_timeout(now);
        drain(*end_of);
      }
    }
  }

  void run_for(Duration time) {
    run_until([] { return false; }, time);
  }

  bool run_connected() {
    connect();
    return run_until(
        [&] { return a.association->is_connected() && b.association->is_connected(); });
  }

  static std::vector<std::byte> pattern(std::size_t size, std::uint8_t seed = 0) {
    std::vector<std::byte> out(size);
    for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::byte>(i * 7 + i / 251 + seed);
    return out;
  }

  Result<void, SendError> send(End& from, std::uint16_t stream, std::vector<std::byte> bytes,
                               Order order = Order::Ordered, Reliability reliability = {}) {
    return from.association->send(now, StreamId{stream}, Ppid{53}, order, reliability,
                                  std::move(bytes));
  }

  void flush(End& from, End& to) {
    while (const auto packet = from.association->poll_transmit()) {
      ++from.packets_sent;
      deliver(from, to, {packet->begin(), packet->end()});
    }
    drain(from);
  }

  void deliver(End& from, End& to, std::vector<std::byte> bytes) {
    if (on_sent) on_sent(&to == &b, bytes);
    if (bytes.size() > link_.mtu && !from.association->may_be_fragmented()) return;
    if (chance() < link_.loss) return;
    Instant arrival = now;
    if (link_.rate_bps > 0) {
      const Duration waiting = std::max(from.link_free, now) - now;
      const double queued = std::chrono::duration<double>(waiting).count() * link_.rate_bps / 8;
      if (queued > static_cast<double>(link_.queue)) return;
      const double seconds = static_cast<double>(bytes.size()) * 8 / link_.rate_bps;
      // Packets of less than a microsecond: the remainder is carried along.
      carried_ += seconds * 1e6;
      const auto whole = static_cast<Duration::rep>(carried_);
      carried_ -= static_cast<double>(whole);
      from.link_free = std::max(from.link_free, now) + Duration{whole};
      arrival = from.link_free;
    }
    arrival += link_.delay;
    if (link_.jitter > 0us) {
      arrival += Duration{
          static_cast<Duration::rep>(chance() * static_cast<double>(link_.jitter.count()))};
    }
    if (chance() < link_.duplication) flying_.emplace(arrival, Flying{&to == &b, bytes});
    flying_.emplace(arrival, Flying{&to == &b, std::move(bytes)});
  }

  void drain(End& end) {
    if (!end.takes_events) return;
    while (auto event = end.association->poll_event()) {
      if (auto* message = std::get_if<Message>(&*event)) {
        end.bytes_received += message->bytes.size();
        if (end.keeps_messages) end.messages.push_back(std::move(*message));
      } else {
        end.events.push_back(std::move(*event));
      }
    }
  }

  double chance() { return static_cast<double>(random_.u64() >> 11) * 0x1p-53; }

  Link& link() { return link_; }

  Random& random() { return random_; }

  Instant now{1s};
  End a;
  End b;
  std::function<bool(bool to_b, const std::vector<std::byte>&)> filter;  // false: lost
  std::function<void(bool to_b, const std::vector<std::byte>&)> on_sent;

 private:
  struct Flying {
    bool to_b = false;
    std::vector<std::byte> bytes;
  };

  Link link_;
  SeededRandom random_;
  double carried_ = 0;
  std::multimap<Instant, Flying> flying_;
};

}  // namespace duet::sctp
