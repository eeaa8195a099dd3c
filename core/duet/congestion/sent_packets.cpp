// SPDX-License-Identifier: MIT
// Feedback into results.
#include <duet/congestion/sent_packets.hpp>

#include <algorithm>

namespace duet::congestion {
namespace {

constexpr std::size_t kFirstEntries = 256;
/// A receiver's clock that has run so far is made up; nobody's arithmetic shall overflow for it.
constexpr Duration kFarthest = 24h * 365 * 1000;

}  // namespace

void SentPackets::grow() {
  std::vector<Entry> entries(std::max(kFirstEntries, 2 * entries_.size()));
  for (std::int64_t i = first_; i < next_; ++i) {
    entries[static_cast<std::size_t>(i) & (entries.size() - 1)] = entry(i);
  }
  entries_ = std::move(entries);
  results_.reserve(entries_.size());
}

void SentPackets::add(Instant now, rtp::SequenceNumber sequence, std::size_t size, ProbeId probe) {
  if (next_ == first_ && first_ == 0) first_ = settled_ = next_ = sequence.value();
  if (static_cast<std::uint16_t>(next_) !=
      sequence.value()) {  // numbered by somebody else meanwhile
    first_ = settled_ = next_ =
        next_ + static_cast<std::uint16_t>(sequence.value() - static_cast<std::uint16_t>(next_));
  }
  if (static_cast<std::size_t>(next_ - first_) == entries_.size()) {
    if (entries_.size() < kMaxPackets) {
      grow();
    } else {
      ++first_;
      settled_ = std::max(settled_, first_);
    }
  }
  bytes_ += size;
  entry(next_++) = {.sent_at = now,
                    .sent_through = bytes_,
                    .size = static_cast<std::uint32_t>(size),
                    .probe = probe};
}

std::span<const PacketResult> SentPackets::handle_feedback(const rtp::TransportFeedback& feedback) {
  results_.clear();
  if (reference_) {
    reference_at_ += rtp::TransportFeedback::between(*reference_, feedback.reference());
  }
  reference_ = feedback.reference();
  const Duration ran = reference_at_.time_since_epoch();
  if (ran > kFarthest || ran < -kFarthest) reference_at_ = {};
  // The past alone is meant: a number that is still to come is one of 65,536 packets ago.
  const auto back =
      static_cast<std::uint16_t>(static_cast<std::uint16_t>(next_) - feedback.base().value());
  std::int64_t number = next_ - (back == 0 ? 0x10000 : back);
  for (auto it = feedback.begin(); it != feedback.end() && number < next_;) {
    const std::int64_t at = number;
    const rtp::PacketArrival arrival = *it;
    if (!arrival.at) {
      const std::size_t run = it.missing_run();
      note_missing(number, number + static_cast<std::int64_t>(run));
      number += static_cast<std::int64_t>(run);
      it.skip(run);
      continue;
    }
    ++number;
    ++it;
    if (at < settled_ || at < first_) continue;
    Entry& sent = entry(at);
    if (sent.state == State::Arrived) continue;
    sent.state = State::Arrived;
    const PacketResult result{.sent_at = sent.sent_at,
                              .arrived_at = reference_at_ + *arrival.at,
                              .size = sent.size,
                              .sent_through = sent.sent_through,
                              .probe = sent.probe};
    results_.push_back(result);
    if (!newest_ || newest_->sent_through < result.sent_through) newest_ = result;
  }
  settle();
  return results_;
}

void SentPackets::note_missing(std::int64_t from, std::int64_t to) {
  for (std::int64_t at = std::max({from, settled_, first_}); at < std::min(to, next_); ++at) {
    if (entry(at).state != State::Arrived) entry(at).state = State::Missing;
  }
}

void SentPackets::settle() {
  if (!newest_) return;
  for (; settled_ < next_; ++settled_) {
    const Entry& sent = entry(settled_);
    if (sent.state == State::Arrived) continue;
    if (sent.sent_at + kReorderWait >= newest_->sent_at) break;
    if (sent.state == State::Missing) {
      results_.push_back({.sent_at = sent.sent_at,
                          .arrived_at = {},
                          .size = sent.size,
                          .sent_through = sent.sent_through,
                          .probe = sent.probe});
    }
  }
  std::ranges::sort(results_, {}, &PacketResult::sent_through);
}

std::optional<Instant> SentPackets::oldest_in_flight() const {
  for (std::int64_t i = settled_; i < next_; ++i) {
    if (entry(i).state != State::Arrived) return entry(i).sent_at;
  }
  return std::nullopt;
}

}  // namespace duet::congestion
