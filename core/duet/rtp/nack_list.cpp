// SPDX-License-Identifier: MIT
// Missing packets, and when to ask for them.
#include <duet/rtp/nack_list.hpp>

#include <algorithm>
#include <utility>

namespace duet::rtp {

void NackList::handle_packet(Instant now, std::int64_t sequence, bool recovered) {
  if (!highest_ || sequence <= *highest_) {
    if (!highest_) highest_ = sequence;
    const auto at = std::ranges::lower_bound(missing_, sequence, {}, &Missing::sequence);
    if (at == missing_.end() || at->sequence != sequence) return;
    learn(now, *at, recovered);
    missing_.erase(at);
    if (missing_.empty()) next_ = std::nullopt;
    return;
  }
  const std::int64_t gap = sequence - *highest_ - 1;
  if (gap + static_cast<std::int64_t>(missing_.size()) > static_cast<std::int64_t>(kMaxMissing)) {
    clear();
    gave_up_ = true;
  } else if (gap > 0) {
    const Instant ask_at = now + reorder_wait_;
    for (std::int64_t lost = *highest_ + 1; lost < sequence; ++lost) {
      missing_.push_back({.sequence = lost, .since = now, .ask_at = ask_at});
    }
    next_ = next_ ? std::min(*next_, ask_at) : ask_at;
  }
  highest_ = sequence;
  loss_ -= loss_ / kLossSpan;
}

void NackList::learn(Instant now, const Missing& arrived, bool recovered) {
  const Duration late = now - arrived.since;
  const bool was_reordered = !recovered && (arrived.requests == 0 || late < round_trip_);
  const Duration wanted = late + late / 4;
  if (was_reordered && wanted > reorder_wait_) {
    reorder_wait_ = std::min(wanted, kMaxReorderWait);
  } else if (!was_reordered || wanted < reorder_wait_ / 2) {
    // A real loss, or one much less late: to wait so long is not worth it.
    reorder_wait_ = std::max(reorder_wait_ - reorder_wait_ / 32, kMinReorderWait);
  }
}

Duration NackList::retry_after(int requests) const {
  // A quarter more, so that the answer's own jitter doesn't look like its loss. Where much is lost,
  // requests are too: then each goes twice, the second one soon. A sender that has answered the
  // first ignores that, since it comes less than a round trip after the answer left.
  const Duration wait = std::clamp<Duration>(round_trip_ + round_trip_ / 4, 10ms, kMaxAge);
  if (!asks_twice()) return wait;
  const Duration again = std::min(wait / 2, kAskAgainAfter);
  return requests % 2 == 1 ? again : wait - again;
}

std::size_t NackList::poll_nack(Instant now, std::span<SequenceNumber> out) {
  if (!next_ || now < *next_) return 0;
  std::size_t count = 0;
  std::size_t kept = 0;
  const int most_requests = asks_twice() ? 2 * kMaxRequests : kMaxRequests;
  next_ = std::nullopt;
  for (Missing missing : missing_) {
    if (missing.ask_at <= now && count < out.size()) {
      if (missing.requests >= most_requests || now - missing.since > kMaxAge) {
        gave_up_ = true;
        continue;
      }
      out[count++] = SequenceNumber{static_cast<std::uint16_t>(missing.sequence)};
      if (missing.requests++ == 0) loss_ += (1 - loss_) / kLossSpan;
      missing.ask_at = now + retry_after(missing.requests);
    }
    next_ = next_ ? std::min(*next_, missing.ask_at) : missing.ask_at;
    missing_[kept++] = missing;
  }
  missing_.resize(kept);
  return count;
}

void NackList::restart(std::int64_t sequence) {
  clear();
  highest_ = sequence;
}

void NackList::forget_before(std::int64_t sequence) {
  std::erase_if(missing_, [&](const Missing& missing) { return missing.sequence < sequence; });
  if (missing_.empty()) next_ = std::nullopt;
}

void NackList::clear() {
  missing_.clear();
  next_ = std::nullopt;
}

bool NackList::poll_gave_up() { return std::exchange(gave_up_, false); }

}  // namespace duet::rtp
