// SPDX-License-Identifier: MIT
// Makes payloads that can be recognised, and recognises them.
#include "stream.hpp"

#include <duet/base/random.hpp>

#include <algorithm>
#include <chrono>
#include <cstring>

namespace duet::bench {
namespace {

constexpr std::size_t kPatternSize = 8192;
constexpr std::size_t kStarts = 4096;  // of bodies in the pattern

/// Bytes without a period that a relay's mistake could have.
const std::vector<std::byte>& pattern() {
  static const std::vector<std::byte> bytes = [] {
    std::vector<std::byte> made(kPatternSize);
    SeededRandom{8656}.fill(made);
    return made;
  }();
  return bytes;
}

}  // namespace

std::uint32_t now_ns() {
  return static_cast<std::uint32_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

Payloads::Payloads(const Stream& stream, std::uint32_t id, std::size_t size)
    : stream_{stream}, id_{id}, size_{size} {
  const auto prefix = prefix_of(stream.wrapped, size, stream.send_to);
  head_size_ = prefix.size() + sizeof(Stamp);
  heads_.resize(kMaxBurst * head_size_);
  for (std::size_t i = 0; i < kMaxBurst; ++i) {
    std::copy(prefix.begin(), prefix.end(), heads_.data() + i * head_size_);
  }
}

std::span<const std::byte> Payloads::body_of(std::uint32_t sequence) const {
  const std::size_t start = (sequence * std::size_t{61} + id_ * std::size_t{7}) % kStarts;
  return std::span{pattern()}.subspan(start, size_ - sizeof(Stamp));
}

std::span<const Datagram> Payloads::make(std::size_t count) {
  const std::uint32_t now = now_ns();
  for (std::size_t i = 0; i < count; ++i, ++next_) {
    const Stamp stamp{id_, next_, now};
    const auto head = std::span{heads_}.subspan(i * head_size_, head_size_);
    std::memcpy(head.last(sizeof stamp).data(), &stamp, sizeof stamp);
    datagrams_[i] = {view(head), view(body_of(next_))};
  }
  return std::span{datagrams_}.first(count);
}

std::optional<Stamp> Payloads::take(std::span<const std::byte> datagram) {
  const auto payload = unwrap(stream_.unwrapped, datagram, stream_.data_from);
  Stamp stamp;
  if (payload && payload->size() == size_) {
    std::memcpy(&stamp, payload->data(), sizeof stamp);
    const bool is_next =
        stamp.stream == id_ && stamp.sequence >= expected_ && stamp.sequence < next_;
    if (is_next && std::ranges::equal(payload->subspan(sizeof stamp), body_of(stamp.sequence))) {
      expected_ = stamp.sequence + 1;
      ++arrived_;
      return stamp;
    }
  }
  ++wrong_;
  return {};
}

}  // namespace duet::bench
