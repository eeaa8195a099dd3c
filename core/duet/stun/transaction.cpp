// SPDX-License-Identifier: MIT
// One STUN request until it is answered or given up.
#include <duet/stun/transaction.hpp>

#include <utility>

namespace duet::stun {

Transaction::Transaction(Instant now, TransactionId id, std::vector<std::byte> request,
                         Carrier carrier, Duration rto)
    : id_{id}, request_{std::move(request)}, carrier_{carrier}, rto_{rto}, interval_{rto} {
  deadline_ = now + (carrier == Carrier::Stream ? kTi : interval_);
}

void Transaction::handle_response(const TransactionId& id) {
  if (deadline_ && id == id_) finish(Outcome::Answered);
}

void Transaction::handle_timeout(Instant now) {
  if (!deadline_ || now < *deadline_) return;
  if (carrier_ == Carrier::Stream || sends_ == kRc) return finish(Outcome::TimedOut);
  transmit_pending_ = true;
  ++sends_;
  interval_ *= 2;
  // RFC 8489 §6.2.1: the last request waits Rm * RTO, not the doubled interval.
  deadline_ = now + (sends_ == kRc ? kRm * rto_ : interval_);
}

std::optional<std::span<const std::byte>> Transaction::poll_transmit() {
  if (!std::exchange(transmit_pending_, false)) return std::nullopt;
  return std::span<const std::byte>{request_};
}

std::optional<Transaction::Outcome> Transaction::poll_event() {
  return std::exchange(outcome_, std::nullopt);
}

void Transaction::finish(Outcome outcome) {
  outcome_ = outcome;
  deadline_.reset();
  transmit_pending_ = false;
}

}  // namespace duet::stun
