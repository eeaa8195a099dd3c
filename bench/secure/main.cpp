// SPDX-License-Identifier: MIT
// What DTLS and SRTP cost: CPU time of packets and handshakes, memory of a connection at rest.
#include <duet/base/check.hpp>
#include <duet/dtls/transport.hpp>
#include <duet/srtp/receiver.hpp>
#include <duet/srtp/sender.hpp>

#include <malloc.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>
#include <span>
#include <vector>

namespace duet {
namespace {

using Bytes = std::vector<std::byte>;

constexpr std::size_t kPacketSize = 1200;

double cpu_us() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

/// OpenSSL times retransmissions by the real clock, so the core gets real time here.
Instant now() {
  return Instant{
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch())};
}

std::size_t memory() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

/// CPU time of one call of `work`, which is called `times` times in each of `rounds`.
template <class Work>
double best_us(int rounds, int times, Work work) {
  double best = 1e9;
  for (int round = 0; round < rounds; ++round) {
    const double start = cpu_us();
    for (int i = 0; i < times; ++i) work(i);
    best = std::min(best, (cpu_us() - start) / times);
  }
  return best;
}

void measure_srtp(srtp::Profile profile) {
  constexpr int kPackets = 500;
  const Bytes secret(32, std::byte{7});
  const srtp::MasterKey key{profile, std::span{secret}.first(srtp::key_size(profile)),
                            std::span{secret}.first(srtp::salt_size(profile))};
  srtp::Sender sender{key};
  srtp::Receiver receiver{key};
  std::array<Bytes, kPackets> packets;
  packets.fill(Bytes(kPacketSize + srtp::kMaxRtpOverhead));
  std::uint16_t sequence = 0;
  double protect = 1e9;
  double unprotect = 1e9;
  for (int round = 0; round < 200; ++round) {
    for (Bytes& packet : packets) {
      packet[0] = std::byte{0x80};
      packet[2] = static_cast<std::byte>(sequence >> 8);
      packet[3] = static_cast<std::byte>(sequence);
      ++sequence;
    }
    protect = std::min(protect, best_us(1, kPackets, [&](int i) {
                         const auto packet = static_cast<std::size_t>(i);
                         DUET_CHECK(sender.protect_rtp(packets[packet], kPacketSize));
                       }));
    unprotect = std::min(unprotect, best_us(1, kPackets, [&](int i) {
                           const auto packet = static_cast<std::size_t>(i);
                           DUET_CHECK(receiver.unprotect_rtp(std::span{packets[packet]}.first(
                               kPacketSize + srtp::rtp_overhead(profile))));
                         }));
  }
  std::printf("%-28s protect %5.2f us, unprotect %5.2f us\n", srtp::name(profile).data(), protect,
              unprotect);
}

struct Ends {
  explicit Ends(std::shared_ptr<const dtls::Identity> identity) {
    dtls::Config config;
    config.identity = std::move(identity);
    config.remote_fingerprints = {config.identity->fingerprint()};
    config.role = dtls::Role::Server;
    server = std::make_unique<dtls::Transport>(now(), config);
    config.role = dtls::Role::Client;
    client = std::make_unique<dtls::Transport>(now(), config);
    while (pass(*client, *server) || pass(*server, *client)) {
    }
    DUET_CHECK(client->is_connected() && server->is_connected());
    while (client->poll_event() || server->poll_event()) {
    }
  }

  static bool pass(dtls::Transport& from, dtls::Transport& to) {
    bool any = false;
    while (const auto bytes = from.poll_transmit()) {
      to.handle_datagram(now(), Bytes(bytes->begin(), bytes->end()));
      any = true;
    }
    return any;
  }

  std::unique_ptr<dtls::Transport> client;
  std::unique_ptr<dtls::Transport> server;
};

void measure_dtls() {
  const auto identity = dtls::Identity::generate(
      std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
  std::printf("%-28s %5.0f us\n", "handshake, both ends",
              best_us(300, 1, [&](int) { Ends{identity}; }));

  Ends ends{identity};
  const Instant start = now();
  const Bytes data(kPacketSize);
  Bytes record(kPacketSize + dtls::Transport::kMaxOverhead);
  std::printf("%-28s %5.2f us\n", "record, send",
              best_us(100, 500, [&](int) { DUET_CHECK(ends.client->send(data, record)); }));
  std::printf("%-28s %5.2f us\n", "record, send and receive", best_us(100, 500, [&](int) {
                DUET_CHECK(ends.client->send(data, record));
                ends.server->handle_datagram(start, record);
                DUET_CHECK(ends.server->poll_data() && !ends.server->poll_data());
              }));

  constexpr std::size_t kConnections = 200;
  std::vector<std::unique_ptr<Ends>> connections;
  const std::size_t before = memory();
  for (std::size_t i = 0; i < kConnections; ++i) {
    connections.push_back(std::make_unique<Ends>(identity));
  }
  const auto per_end = [&] {
    return static_cast<double>(memory() - before) / (2 * kConnections) / 1024;
  };
  std::printf("%-28s %5.1f KB\n", "memory of an end, connected", per_end());
  const Instant later = now() + 2s;
  for (const auto& each : connections) {
    each->client->handle_timeout(later);
    each->server->handle_timeout(later);
  }
  std::printf("%-28s %5.1f KB\n", "memory of an end, at rest", per_end());
}

}  // namespace
}  // namespace duet

int main() {
  for (const auto profile : {duet::srtp::Profile::AeadAes128Gcm, duet::srtp::Profile::AeadAes256Gcm,
                             duet::srtp::Profile::Aes128CmSha1}) {
    duet::measure_srtp(profile);
  }
  duet::measure_dtls();
}
