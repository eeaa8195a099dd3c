// SPDX-License-Identifier: MIT
// Arrivals into feedback packets.
#include <duet/base/check.hpp>
#include <duet/rtp/arrivals.hpp>
#include <duet/rtp/byte_writer.hpp>

#include <algorithm>
#include <array>

namespace duet::rtp {
namespace {

constexpr Instant kNever = Instant::min();
constexpr std::size_t kHeaderBytes = 8;
constexpr std::size_t kMaxRun = 0x1FFF;  // §3.1.3: 13 bits
constexpr std::size_t kOneBitSymbols = 14;
constexpr std::size_t kTwoBitSymbols = 7;

/// Statuses in one packet of ours; their symbols stand on the stack while it is written.
constexpr std::size_t kMaxSymbols = 1024;

using Symbols = std::span<const std::uint8_t>;

std::int64_t ticks_of(Instant time, Duration unit) {
  const std::int64_t count = time.time_since_epoch().count();
  const std::int64_t ticks = count / unit.count();
  return count % unit.count() < 0 ? ticks - 1 : ticks;
}

/// §3.1.3, §3.1.4: the next chunk, as many symbols as it takes.
std::size_t put_chunk(ByteWriter& out, Symbols symbols) {
  std::size_t run = 1;
  while (run < symbols.size() && run < kMaxRun && symbols[run] == symbols[0]) ++run;
  if (run == symbols.size() || run >= kOneBitSymbols) {
    out.u16(std::size_t{symbols[0]} << 13 | run);
    return run;
  }
  const Symbols narrow = symbols.first(std::min(symbols.size(), kOneBitSymbols));
  if (std::ranges::all_of(narrow, [](auto symbol) { return symbol <= 1; })) {
    std::uint32_t chunk = 0;
    for (std::size_t i = 0; i < narrow.size(); ++i) chunk |= narrow[i] << (kOneBitSymbols - 1 - i);
    out.u16(0x8000 | chunk);
    return narrow.size();
  }
  if (run >= kTwoBitSymbols) {
    out.u16(std::size_t{symbols[0]} << 13 | run);
    return run;
  }
  const Symbols wide = symbols.first(std::min(symbols.size(), kTwoBitSymbols));
  std::uint32_t chunk = 0;
  for (std::size_t i = 0; i < wide.size(); ++i) chunk |= wide[i] << (2 * (kTwoBitSymbols - 1 - i));
  out.u16(0xC000 | chunk);
  return wide.size();
}

}  // namespace

Instant& Arrivals::slot(std::int64_t sequence) {
  return slots_[static_cast<std::size_t>(sequence) % kWindow];
}

void Arrivals::restart(std::int64_t sequence) {
  slots_.assign(kWindow, kNever);
  next_ = sequence;
  end_ = sequence;
}

void Arrivals::handle_packet(Instant now, SequenceNumber number) {
  const std::int64_t sequence = unwrapper_.unwrap(number);
  if (slots_.empty()) restart(sequence);
  constexpr auto kReach = static_cast<std::int64_t>(kWindow);
  if (sequence >= end_ + kReach || sequence < end_ - kReach) {
    restart(sequence);
    ++stats_.restarts;
  }
  if (sequence < end_ && slot(sequence) != kNever) {
    ++stats_.duplicates;
    return;
  }
  // What is between has not arrived, and what falls out of the window can't be told any more.
  for (; end_ <= sequence; ++end_) slot(end_) = kNever;
  next_ = std::max(next_, end_ - kReach);
  // One that comes late is told with all that came after it: the draft has no other way.
  next_ = std::min(next_, sequence);
  slot(sequence) = now;
  ++stats_.packets;
  const bool was_silent = newest_ && now - *newest_ >= kSilence;
  if (!deadline_) deadline_ = was_silent ? now : now + interval_;
  newest_ = now;
}

std::span<const std::byte> Arrivals::poll_feedback(Instant now, std::span<std::byte> buffer) {
  if (!deadline_ || now < *deadline_) return {};
  DUET_CHECK(buffer.size() >= kMinBuffer);
  // Packets that got lost before the first one that arrived are told too, so that their sender need
  // not guess.
  std::int64_t first = next_;
  while (first < end_ && slot(first) == kNever) ++first;
  if (first == end_) {
    deadline_ = std::nullopt;
    return {};
  }
  constexpr Duration kUnit = TransportFeedback::kDeltaUnit;
  constexpr std::int64_t kPerReference = TransportFeedback::kReferenceUnit / kUnit;
  const std::int64_t reference = ticks_of(slot(first), TransportFeedback::kReferenceUnit);

  std::array<std::uint8_t, kMaxSymbols> symbols{};
  std::size_t count = 0;   // of symbols up to and with the last that arrived
  std::size_t deltas = 0;  // their deltas' bytes
  std::int64_t last = reference * kPerReference;
  constexpr auto kMostBefore = static_cast<std::int64_t>(kMaxSymbols / 2);
  std::int64_t base = std::max(next_, first - kMostBefore);
  const auto before = static_cast<std::size_t>(first - base);
  if (kHeaderBytes + 2 * (before / kTwoBitSymbols + 1) + 2 > buffer.size()) base = first;
  for (std::int64_t at = base; at < end_; ++at) {
    const auto index = static_cast<std::size_t>(at - base);
    if (index == kMaxSymbols) break;
    if (slot(at) == kNever) continue;
    const std::int64_t ticks = ticks_of(slot(at), kUnit);
    const std::int64_t delta = ticks - last;
    if (delta < INT16_MIN || delta > INT16_MAX) break;
    const std::size_t size = delta >= 0 && delta <= 255 ? 1 : 2;
    // No chunk has fewer than seven symbols, but the last.
    const std::size_t chunks = 2 * (index / kTwoBitSymbols + 1);
    if (kHeaderBytes + chunks + deltas + size > buffer.size()) break;
    symbols[index] = static_cast<std::uint8_t>(size);
    last = ticks;
    deltas += size;
    count = index + 1;
  }

  ByteWriter out{buffer};
  out.u16(static_cast<std::uint64_t>(base) & 0xFFFF);
  out.u16(count);
  out.u24(static_cast<std::uint64_t>(reference) & 0xFFFFFF);
  out.u8(feedback_count_);
  for (std::size_t done = 0; done < count;) {
    done += put_chunk(out, Symbols{symbols}.subspan(done, count - done));
  }
  last = reference * kPerReference;
  for (std::size_t i = 0; i < count; ++i) {
    if (symbols[i] == 0) continue;
    const std::int64_t ticks = ticks_of(slot(base + static_cast<std::int64_t>(i)), kUnit);
    const auto delta = static_cast<std::uint64_t>(ticks - last);
    symbols[i] == 1 ? out.u8(delta) : out.u16(delta & 0xFFFF);
    last = ticks;
  }
  ++feedback_count_;
  ++stats_.feedbacks;
  next_ = base + static_cast<std::int64_t>(count);
  if (next_ == end_) deadline_ = std::nullopt;
  return out.written();
}

}  // namespace duet::rtp
