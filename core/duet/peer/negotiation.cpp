// SPDX-License-Identifier: MIT
// Offers and answers: the machine's beginning, its end, and what can be read of it.
#include <duet/base/check.hpp>
#include <duet/peer/negotiation.hpp>

#include <utility>

namespace duet::peer {
namespace {

template <class Applied>
std::optional<SessionDescription> to_session_description(const std::optional<Applied>& applied) {
  if (!applied) return std::nullopt;
  return SessionDescription{.type = applied->type, .sdp = applied->sdp.serialize()};
}

}  // namespace

Negotiation::Negotiation(NegotiationSettings settings, Random& random)
    : settings_{std::move(settings)}, random_{random} {
  DUET_CHECK(!settings_.fingerprints.empty());
  // RFC 9429 §5.2.1: 64 bits with the highest one zero; other stacks read it as a signed number.
  session_id_ = std::to_string(random_.u64() >> 1);
  cname_ = random_name(random_);
  tls_id_ = random_name(random_);  // RFC 8842 §4: 20 characters at least
}

Negotiation::~Negotiation() = default;

std::optional<SessionDescription> Negotiation::local_description() const {
  return to_session_description(pending_local_ ? pending_local_ : current_local_);
}

std::optional<SessionDescription> Negotiation::remote_description() const {
  return to_session_description(pending_remote_ ? pending_remote_ : current_remote_);
}

std::optional<SessionDescription> Negotiation::current_local_description() const {
  return to_session_description(current_local_);
}

std::optional<SessionDescription> Negotiation::current_remote_description() const {
  return to_session_description(current_remote_);
}

std::optional<SessionDescription> Negotiation::pending_local_description() const {
  return to_session_description(pending_local_);
}

std::optional<SessionDescription> Negotiation::pending_remote_description() const {
  return to_session_description(pending_remote_);
}

void Negotiation::close() {
  state_ = SignalingState::Closed;
  events_.clear();
}

std::optional<NegotiationEvent> Negotiation::poll_event() {
  while (!events_.empty()) {
    NegotiationEvent event = std::move(events_.front());
    events_.pop_front();
    // It may have been overtaken by a negotiation (W3C webrtc
    // #dfn-update-the-negotiation-needed-flag).
    const bool is_stale = std::holds_alternative<NegotiationNeeded>(event) &&
                          (state_ != SignalingState::Stable || !negotiation_needed_);
    if (!is_stale) return event;
  }
  return std::nullopt;
}

}  // namespace duet::peer
