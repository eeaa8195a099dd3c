// SPDX-License-Identifier: MIT
// Rates per source address in memory that never grows.
#include <duet/turn/source_limit.hpp>

#include <algorithm>

namespace duet::turn {
namespace {

std::uint32_t milliseconds(Instant now) {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
}

}  // namespace

SourceLimit::SourceLimit(double per_second, double burst, std::uint64_t k0, std::uint64_t k1)
    : per_second_{per_second}, burst_{burst}, hash_{k0, k1} {
  if (per_second_ > 0) buckets_.resize(kPlaces);
}

std::array<std::size_t, 2> SourceLimit::places(const IpAddress& source) const {
  const std::size_t hash = hash_(source.subscriber());
  return {hash % kPlaces, hash / kPlaces % kPlaces};
}

float SourceLimit::used(const Bucket& bucket, std::uint32_t now_ms) const {
  // Unsigned: the clock of milliseconds starts again after 49 days, which costs nobody anything.
  const auto back =
      static_cast<float>(now_ms - bucket.at_ms) * static_cast<float>(per_second_) / 1000;
  return std::max(0.0F, bucket.used - back);
}

bool SourceLimit::has(Instant now, const IpAddress& source) const {
  if (buckets_.empty()) return true;
  const std::uint32_t now_ms = milliseconds(now);
  for (const std::size_t place : places(source)) {
    if (used(buckets_[place], now_ms) + 1 <= static_cast<float>(burst_)) return true;
  }
  return false;
}

bool SourceLimit::take(Instant now, const IpAddress& source) {
  if (buckets_.empty()) return true;
  const std::uint32_t now_ms = milliseconds(now);
  bool taken = false;
  // One token from each place: what others used there weighs less on who has another place free.
  for (const std::size_t place : places(source)) {
    Bucket& bucket = buckets_[place];
    const float in_use = used(bucket, now_ms);
    if (in_use + 1 > static_cast<float>(burst_)) continue;
    bucket = {in_use + 1, now_ms};
    taken = true;
  }
  return taken;
}

}  // namespace duet::turn
