// SPDX-License-Identifier: MIT
// Sets our own descriptions (RFC 9429 §5.9), and settles what a pair of them agrees on.
#include <duet/peer/bundle.hpp>
#include <duet/peer/local_section.hpp>
#include <duet/peer/negotiated_rtp.hpp>
#include <duet/peer/negotiation.hpp>

#include <algorithm>
#include <utility>

namespace duet::peer {
namespace {

using Name = Error::Name;

/// Candidates that were found after `to` was made, for the same credentials.
void add_late_candidates(const sdp::Description& from, sdp::Description& to) {
  const auto old_tag = tagged_section(from);
  const auto tag = tagged_section(to);
  if (!old_tag || !tag || ice_of(from) != ice_of(to)) return;
  const sdp::MediaSection& old = from.sections()[*old_tag];
  for (std::size_t i = to.sections()[*tag].candidates.size(); i < old.candidates.size(); ++i) {
    to.add_candidate(*tag, old.candidates[i]);
  }
  if (old.end_of_candidates) to.end_candidates(*tag);
}

}  // namespace

// W3C webrtc #dom-peerconnection-setlocaldescription
Result<void, Error> Negotiation::set_local_description() {
  const bool is_answer =
      state_ == SignalingState::HaveRemoteOffer || state_ == SignalingState::HaveLocalPranswer;
  return set_local_description({.type = is_answer ? SdpType::Answer : SdpType::Offer, .sdp = {}});
}

Result<void, Error> Negotiation::set_local_description(const SessionDescription& description) {
  if (description.type == SdpType::Rollback) return rollback();
  const bool is_offer = description.type == SdpType::Offer;
  const bool fits =
      is_offer ? state_ == SignalingState::Stable || state_ == SignalingState::HaveLocalOffer
               : state_ == SignalingState::HaveRemoteOffer ||
                     state_ == SignalingState::HaveLocalPranswer;
  if (!fits) return refuse_type(description.type);
  auto& created = is_offer ? created_offer_ : created_answer_;
  if (description.sdp.empty()) {
    auto made = is_offer ? build_offer(false) : build_answer();
    if (!made) return fail(made.error());
    created = *std::move(made);
  } else if (!created || created->sdp.serialize() != description.sdp) {
    return refuse(
        Name::InvalidModificationError,
        "A local description is what createOffer or createAnswer returned last, unchanged.");
  }
  Applied applied = *created;
  applied.type = description.type;
  apply_local(std::move(applied));
  return {};
}

Result<void, Error> Negotiation::refuse_type(SdpType type) const {
  return refuse(Name::InvalidStateError, "A description of type " + std::string{to_string(type)} +
                                             " can't be set in the state " +
                                             std::string{to_string(state_)} + ".");
}

void Negotiation::leave_stable() {
  if (state_ != SignalingState::Stable) return;
  stable_ = Stable{.transceivers = transceivers_, .numbers = numbers_, .controlling = controlling_};
}

void Negotiation::learn_numbers(const sdp::Description& description) {
  for (const sdp::MediaSection& section : description.sections()) {
    if (!section.is_rejected()) numbers_.learn(section);
  }
}

void Negotiation::apply_local(Applied applied) {
  const Before last = before();
  leave_stable();
  if (const Applied* base = latest_local()) add_late_candidates(base->sdp, applied.sdp);
  for (std::size_t i = 0; i < applied.owners.size(); ++i) {
    Transceiver* transceiver = applied.owners[i] ? find_mutable(*applied.owners[i]) : nullptr;
    if (transceiver == nullptr) continue;
    transceiver->section_ = i;
    if (applied.sdp.sections()[i].mid) transceiver->mid = applied.sdp.sections()[i].mid;
  }
  learn_numbers(applied.sdp);
  const SdpType type = applied.type;
  pending_local_ = std::move(applied);
  if (type == SdpType::Offer) {
    state_ = SignalingState::HaveLocalOffer;
    if (!controlling_) controlling_ = true;
  } else {
    state_ = SignalingState::HaveLocalPranswer;
    negotiate();
    if (type == SdpType::Answer) finish();
  }
  announce(last);
  update_negotiation_needed();
}

/// What an answer, provisional or not, says about each transceiver.
void Negotiation::negotiate() {
  const bool local_answers = pending_local_->type != SdpType::Offer;
  for (std::size_t i = 0; i < pending_local_->owners.size(); ++i) {
    const auto owner = pending_local_->owners[i];
    Transceiver* transceiver = owner ? find_mutable(*owner) : nullptr;
    const sdp::MediaSection& local = pending_local_->sdp.sections()[i];
    const sdp::MediaSection& remote = pending_remote_->sdp.sections()[i];
    if (transceiver == nullptr || local.is_rejected() || remote.is_rejected()) continue;
    const Direction direction = sdp::intersect(local.direction, sdp::reverse(remote.direction));
    transceiver->current_direction = direction;
    transceiver->has_sent_ |= sdp::sends(direction);
    if (!sdp::receives(direction)) transceiver->receiving = false;
    transceiver->parameters = negotiated_rtp(local, remote, local_answers, transceiver->parameters);
  }
}

/// The pair holds. What either end has rejected is gone (W3C webrtc
/// #set-the-rtcsessiondescription).
void Negotiation::finish() {
  current_local_ = std::move(pending_local_);
  current_remote_ = std::move(pending_remote_);
  for (std::size_t i = 0; i < current_local_->owners.size(); ++i) {
    auto& owner = current_local_->owners[i];
    const bool is_rejected = current_local_->sdp.sections()[i].is_rejected() ||
                             current_remote_->sdp.sections()[i].is_rejected();
    if (!owner || !is_rejected) continue;
    std::erase_if(transceivers_,
                  [&](const Transceiver& transceiver) { return transceiver.id == *owner; });
    owner.reset();
    current_remote_->owners[i].reset();
  }
  return_to_stable();
  // W3C webrtc #dfn-localicecredentialstoreplace: done once they have been replaced.
  const auto ice = ice_of(current_local_->sdp);
  const bool is_replaced = !ice || std::find(ufrags_to_replace_.begin(), ufrags_to_replace_.end(),
                                             ice->ufrag) == ufrags_to_replace_.end();
  if (is_replaced) ufrags_to_replace_.clear();
}

void Negotiation::return_to_stable() {
  pending_local_.reset();
  pending_remote_.reset();
  created_offer_.reset();
  created_answer_.reset();
  stable_.reset();
  state_ = SignalingState::Stable;
  negotiation_needed_ = false;
}

}  // namespace duet::peer
