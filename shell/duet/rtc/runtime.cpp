// SPDX-License-Identifier: MIT
// What all connections of one event loop share.
#include <duet/rtc/runtime.hpp>
#include <duet/tls/client_context.hpp>

#include <chrono>

namespace duet::rtc {

namespace {

/// The wall clock as RTCP writes it (RFC 3550 §4), tied to the loop's time.
rtp::NtpClock wall_clock(Instant now) {
  constexpr std::uint64_t kUnixEpoch = 2'208'988'800;  // in seconds since 1900
  const auto unix = std::chrono::system_clock::now().time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(unix);
  const auto rest = std::chrono::duration_cast<Duration>(unix - seconds);
  const std::uint64_t whole = kUnixEpoch + static_cast<std::uint64_t>(seconds.count());
  return rtp::NtpClock{now, rtp::NtpTime{whole << 32} + rest};
}

}  // namespace

Runtime::Runtime(net::EventLoop& loop, Random& random)
    : loop_{loop},
      random_{random},
      clock_{wall_clock(loop.now())},
      addresses_{loop},
      mdns_{loop, addresses_} {}

std::shared_ptr<const dtls::Identity> Runtime::identity() {
  if (!identity_) {
    identity_ = dtls::Identity::generate(
        std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
  }
  return identity_;
}

std::shared_ptr<ssl_ctx_st> Runtime::tls() {
  if (!tls_) tls_ = tls::make_client_context({});
  return tls_;
}

std::span<std::byte> Runtime::reserve(std::size_t size) {
  if (memory_.empty()) memory_.resize(kMemory);
  if (memory_.size() - used_ < size) return {};
  return std::span{memory_}.subspan(used_);
}

void Runtime::flush() {
  sender_.flush();
  used_ = 0;
}

}  // namespace duet::rtc
