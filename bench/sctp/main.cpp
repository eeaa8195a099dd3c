// SPDX-License-Identifier: MIT
// Bytes through two associations in one thread.
#include <duet/base/random.hpp>
#include <duet/sctp/association.hpp>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <variant>
#include <vector>

namespace {

using namespace duet;
using sctp::Association;

struct Case {
  std::size_t message = 65536;
  std::size_t mtu = sctp::kBaseMtu;
  bool zero_checksum = true;
};

/// Packets that one turn of an event loop reads at once.
constexpr int kBatch = 64;
constexpr std::size_t kTotal = std::size_t{2} << 30;
constexpr std::size_t kBuffered = 1'000'000;

std::size_t step(Instant now, Association& from, Association& to) {
  for (int i = 0; i < kBatch; ++i) {
    const auto packet = from.poll_transmit();
    if (!packet) break;
    to.handle_packet(now, *packet);
  }
  std::size_t bytes = 0;
  while (const auto event = to.poll_event()) {
    if (const auto* message = std::get_if<sctp::Message>(&*event)) bytes += message->bytes.size();
  }
  return bytes;
}

void measure(const Case& what) {
  SeededRandom random{1};
  sctp::Config config;
  config.max_mtu = what.mtu;
  config.zero_checksum = what.zero_checksum;
  Instant now{1s};
  Association a{now, random, config};
  Association b{now, random, config};
  a.connect(now);
  b.connect(now);
  const auto turn = [&] {
    const std::size_t bytes = step(now, a, b) + step(now, b, a);
    now += 20us;
    for (Association* end : {&a, &b}) {
      const auto due = end->next_timeout();
      if (due && *due <= now) end->handle_timeout(now);
    }
    return bytes;
  };
  for (int i = 0; i < 100; ++i) turn();

  const std::vector<std::byte> message(what.message, std::byte{7});
  const auto start = std::chrono::steady_clock::now();
  std::size_t received = 0;
  while (received < kTotal) {
    while (a.buffered(sctp::StreamId{1}) < kBuffered) {
      if (!a.send(now, sctp::StreamId{1}, sctp::Ppid{53}, sctp::Order::Ordered, {}, message)) break;
    }
    received += turn();
  }
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  std::printf("%6zu-byte messages, packets of %5zu, checksum %-3s  %5.0f MB/s\n", what.message,
              a.mtu(), what.zero_checksum ? "no" : "yes",
              static_cast<double>(received) / 1e6 / time.count());
}

}  // namespace

int main() {
  measure({});
  measure({.zero_checksum = false});
  measure({.mtu = sctp::kMaxMtu});
  measure({.message = 1000});
}
