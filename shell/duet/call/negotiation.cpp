// SPDX-License-Identifier: MIT
// Offers, answers and candidates between two ends of which either may be a new one.
#include <duet/call/negotiation.hpp>
#include <duet/sdp/description.hpp>
#include <duet/sdp/identity.hpp>

#include <utility>

namespace duet::call {

using peer::SdpType;
using peer::SignalingState;
using Making = Negotiation::Handler::Making;

Negotiation::Negotiation(rtc::Runtime& runtime, Handler handler)
    : runtime_{runtime}, handler_{std::move(handler)}, allowed_timer_{runtime.loop(), [this] {
                                                                        handle_allowed();
                                                                      }} {}

void Negotiation::start(Role role) {
  role_ = role;
  if (role == Role::Polite) {
    if (!connection_) (void)replace();  // else with its offer
    return;
  }
  // A path that works is left alone; where the other end is new after all, its answer says so.
  if (connection_ && connection_->connection_state() == peer::ConnectionState::Connected) {
    offer(false);
  } else {
    seek_path();
  }
}

void Negotiation::restart() {
  if (connection_) seek_path();
}

void Negotiation::handle_description(const room::PeerDescription& description) {
  if (description.type == room::PeerDescription::Type::Offer) {
    handle_offer(description.sdp);
  } else {
    handle_answer(description);
  }
}

void Negotiation::handle_candidate(const room::PeerCandidate& candidate) {
  if (connection_ && connection_->remote_description() && !waiting_offer_) {
    return add_candidate(candidate);
  }
  if (early_.size() < kMaxEarlyCandidates) early_.push_back(candidate);
}

void Negotiation::reset() {
  connection_.reset();
  early_.clear();
  waiting_offer_.reset();
  seeks_ = false;
  allowed_timer_.cancel();
}

bool Negotiation::may_replace() {
  const Instant now = runtime_.loop().now();
  if (allowance_.take(now)) return true;
  allowed_timer_.set(allowance_.next());
  return false;
}

void Negotiation::handle_allowed() {
  const auto offer = std::exchange(waiting_offer_, std::nullopt);
  const bool seeks = std::exchange(seeks_, false);
  if (offer) return handle_offer(*offer);
  if (seeks) seek_path();
}

std::unique_ptr<PeerConnection> Negotiation::make() {
  rtc::Handlers handlers = handler_.handlers();
  handlers.ice_candidate = [this](const peer::IceCandidateInit& candidate) {
    say_candidate(candidate);
  };
  handlers.negotiation_needed = [this] { handle_negotiation_needed(); };
  return std::make_unique<PeerConnection>(runtime_, handler_.configuration(), std::move(handlers));
}

void Negotiation::install(std::unique_ptr<PeerConnection> connection) {
  // The former one lives until its owner has let go of it.
  const auto former = std::exchange(connection_, std::move(connection));
  if (former) former->close();
  waiting_offer_.reset();
  seeks_ = false;
  handler_.made(*connection_, former != nullptr);
}

/// @return false if there were too many: nothing has changed
bool Negotiation::replace() {
  if (!may_replace()) return false;
  early_.clear();
  install(make());
  return true;
}

/// Restarts ICE where the old path has failed, and else makes a new connection, which the other end
/// meets as it meets a reload (docs/decisions/0013).
void Negotiation::seek_path() {
  const bool failed =
      connection_ && connection_->connection_state() == peer::ConnectionState::Failed;
  if (!failed && !replace()) {
    seeks_ = true;
    return;
  }
  offer(failed);
}

void Negotiation::offer(bool restart) {
  // An offer whose answer was lost with the signaling connection would block all others.
  if (connection_->signaling_state() == SignalingState::HaveLocalOffer) {
    (void)connection_->set_local_description({SdpType::Rollback, {}});
  }
  if (connection_->signaling_state() != SignalingState::Stable) return;
  if (restart) {
    connection_->set_ice_servers(handler_.configuration().ice_servers);
    connection_->restart_ice();
  }
  handler_.attach(*connection_, Making::Offer);
  if (!connection_->set_local_description()) return;
  const auto description = *connection_->local_description();
  handler_.described("sdp.local", description);
  handler_.say(room::PeerDescription{room::PeerDescription::Type::Offer, description.sdp});
}

void Negotiation::handle_offer(const std::string& sdp) {
  if (!connection_ || is_from_another(sdp)) {
    if (!may_replace()) {
      waiting_offer_ = sdp;
      return;
    }
    auto fresh = make();
    // What can't be taken does not end what works.
    if (!fresh->set_remote_description({SdpType::Offer, sdp})) return;
    install(std::move(fresh));
  } else {
    const bool collides = connection_->signaling_state() != SignalingState::Stable;
    if (role_ == Role::Impolite && collides) return;
    const auto known = connection_->remote_description();
    if (known && sdp::ice_ufrag_of(known->sdp) != sdp::ice_ufrag_of(sdp)) {
      connection_->set_ice_servers(handler_.configuration().ice_servers);
    }
    // Rolls an own offer back where there is one.
    if (!connection_->set_remote_description({SdpType::Offer, sdp})) return;
  }
  handler_.described("sdp.remote", {SdpType::Offer, sdp});
  add_early_candidates();
  handler_.attach(*connection_, Making::Answer);
  if (!connection_->set_local_description()) return;
  const auto description = *connection_->local_description();
  handler_.described("sdp.local", description);
  handler_.say(room::PeerDescription{room::PeerDescription::Type::Answer, description.sdp,
                                     std::string{sdp::origin_of(sdp)}});
}

void Negotiation::handle_answer(const room::PeerDescription& answer) {
  if (!connection_ || connection_->signaling_state() != SignalingState::HaveLocalOffer) return;
  // For an offer of the connection before this one, which both were quick to replace. Taken for
  // this one's, it would name a certificate that nobody shows any more. Others' answers don't say.
  const auto ours = connection_->local_description();
  if (!answer.to.empty() && ours && answer.to != sdp::origin_of(ours->sdp)) return;
  if (is_from_another(answer.sdp)) {
    if (!sdp::Description::parse(answer.sdp)) return;
    // The other end was reloaded and answered an offer that was meant for its former self.
    if (replace()) return offer(false);
    seeks_ = true;
    return;
  }
  if (!connection_->set_remote_description({SdpType::Answer, answer.sdp})) return;
  handler_.described("sdp.remote", {SdpType::Answer, answer.sdp});
  add_early_candidates();
}

void Negotiation::handle_negotiation_needed() {
  if (!connection_ || connection_->signaling_state() != SignalingState::Stable) return;
  // The polite end keeps quiet until the first offer came: who hears `join` makes it.
  if (role_ == Role::Impolite || connection_->remote_description()) offer(false);
}

void Negotiation::say_candidate(const peer::IceCandidateInit& candidate) {
  handler_.say(room::PeerCandidate{candidate.candidate, candidate.sdp_mid,
                                   candidate.sdp_mline_index, candidate.username_fragment});
}

void Negotiation::add_early_candidates() {
  for (const auto& candidate : std::exchange(early_, {})) add_candidate(candidate);
}

void Negotiation::add_candidate(const room::PeerCandidate& candidate) {
  // One of an ignored offer or of a former peer is refused: others remain.
  (void)connection_->add_ice_candidate({candidate.candidate, candidate.sdp_mid,
                                        candidate.sdp_mline_index, candidate.username_fragment});
}

/// Does `sdp` come from another connection than the one this end talked to?
bool Negotiation::is_from_another(std::string_view sdp) const {
  const auto known = connection_->remote_description();
  return known && sdp::session_id_of(known->sdp) != sdp::session_id_of(sdp);
}

}  // namespace duet::call
