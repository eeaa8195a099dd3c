// SPDX-License-Identifier: MIT
// When pictures of the test pattern are due.
#include <duet/device/pattern.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace duet::device {
namespace {

using std::chrono::duration_cast;
using std::chrono::steady_clock;

Instant now() { return Instant{duration_cast<Duration>(steady_clock::now().time_since_epoch())}; }

/// As 14:03:59.
std::string time_of_day() {
  const std::time_t time = std::time(nullptr);
  std::tm parts{};
  localtime_r(&time, &parts);
  std::array<char, 16> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%H:%M:%S", &parts)};
}

}  // namespace

Instant Pattern::due(std::uint32_t counter) const {
  return *start_ + duration_cast<Duration>(std::chrono::duration<double>{counter / fps_});
}

std::optional<VideoCapture> Pattern::read() {
  if (!start_) start_ = now();
  // Of those that are due by now, only the last is fresh.
  const double elapsed = std::chrono::duration<double>{now() - *start_}.count();
  next_ = std::max(next_, static_cast<std::uint32_t>(std::max(0.0, elapsed * fps_)));
  const Instant captured = due(next_);
  {
    const steady_clock::time_point wanted{captured.time_since_epoch()};
    std::unique_lock lock{mutex_};
    if (woken_.wait_until(lock, wanted, [this] { return is_interrupted_; })) return std::nullopt;
  }
  const PatternMark mark{
      .counter = next_++,
      .captured_ms = static_cast<std::uint64_t>(
          duration_cast<std::chrono::milliseconds>(captured.time_since_epoch()).count())};
  return VideoCapture{.image = painter_.paint(mark, time_of_day()), .captured = captured};
}

void Pattern::interrupt() {
  {
    const std::lock_guard lock{mutex_};
    is_interrupted_ = true;
  }
  woken_.notify_all();
}

}  // namespace duet::device
