// SPDX-License-Identifier: MIT
// Sets the peer's descriptions (RFC 9429 §5.10).
#include <duet/peer/description_check.hpp>
#include <duet/peer/negotiation.hpp>

#include <algorithm>
#include <utility>

namespace duet::peer {
namespace {

using Name = Error::Name;

const sdp::Msid* msid_of(const sdp::MediaSection& section) {
  if (!section.msids.empty()) return &section.msids.front();
  // Where msid stood before RFC 8830.
  const auto told =
      std::find_if(section.sources.begin(), section.sources.end(),
                   [](const sdp::SsrcSource& source) { return source.msid.has_value(); });
  return told == section.sources.end() ? nullptr : &*told->msid;
}

std::vector<std::string> streams_of(const sdp::MediaSection& section) {
  std::vector<std::string> streams;
  const auto add = [&](const sdp::Msid& msid) {
    const bool is_there = std::find(streams.begin(), streams.end(), msid.stream) != streams.end();
    if (msid.stream != "-" && !is_there) streams.push_back(msid.stream);
  };
  for (const sdp::Msid& msid : section.msids) add(msid);
  if (!section.msids.empty()) return streams;
  if (const sdp::Msid* msid = msid_of(section)) add(*msid);
  return streams;
}

}  // namespace

// W3C webrtc #dom-peerconnection-setremotedescription
Result<void, Error> Negotiation::set_remote_description(const SessionDescription& description) {
  const SdpType type = description.type;
  if (type == SdpType::Rollback) return rollback();
  const bool fits = type == SdpType::Offer ? state_ == SignalingState::Stable ||
                                                 state_ == SignalingState::HaveLocalOffer ||
                                                 state_ == SignalingState::HaveRemoteOffer
                                           : state_ == SignalingState::HaveLocalOffer ||
                                                 state_ == SignalingState::HaveRemotePranswer;
  if (!fits) return refuse_type(type);
  auto parsed = sdp::Description::parse(description.sdp);
  if (!parsed) {
    Error error{.name = Name::SdpSyntaxError, .sdp_line = parsed.error().line};
    error.message = "Line " + std::to_string(parsed.error().line) +
                    " of the description: " + std::string{sdp::describe(parsed.error().reason)} +
                    ".";
    return fail(std::move(error));
  }
  if (auto checked = check_remote(type, *parsed); !checked) return checked;
  const Before last = before();
  if (type == SdpType::Offer) {
    apply_remote_offer(*std::move(parsed));
  } else {
    apply_remote_answer(type, *std::move(parsed));
  }
  announce(last);
  update_negotiation_needed();
  return {};
}

Result<void, Error> Negotiation::check_remote(SdpType type,
                                              const sdp::Description& description) const {
  DescriptionContext context{.transport = &transport_};
  if (current_local_) context.current_local = &current_local_->sdp;
  if (current_remote_) context.current_remote = &current_remote_->sdp;
  if (type != SdpType::Offer) return check_answer(description, pending_local_->sdp, context);
  if (pending_remote_) context.replaced = &pending_remote_->sdp;
  return check_offer(description, context);
}

void Negotiation::apply_remote_offer(sdp::Description offer) {
  // RFC 9429 §4.1.10.2: an offer that meets ours rolls ours back.
  if (state_ == SignalingState::HaveLocalOffer) roll_back();
  leave_stable();
  created_answer_.reset();  // it answers the offer that this one replaces
  Applied applied{.type = SdpType::Offer, .sdp = std::move(offer)};
  const auto& sections = applied.sdp.sections();
  applied.owners.resize(sections.size());
  for (std::size_t i = 0; i < sections.size(); ++i) {
    const auto known =
        std::find_if(transceivers_.begin(), transceivers_.end(),
                     [&](const Transceiver& transceiver) { return transceiver.section_ == i; });
    if (known == transceivers_.end() && (sections[i].is_rejected() || !sections[i].is_rtp()))
      continue;
    Transceiver& transceiver = known != transceivers_.end() ? *known : associate(sections[i], i);
    applied.owners[i] = transceiver.id;
    hear_of_track(transceiver, sections[i]);
  }
  learn_numbers(applied.sdp);
  pending_remote_ = std::move(applied);
  state_ = SignalingState::HaveRemoteOffer;
  if (!controlling_) controlling_ = false;
  collect_candidates(pending_remote_->sdp, true);
}

/// The transceiver for a section that has none yet (RFC 9429 §5.10).
Transceiver& Negotiation::associate(const sdp::MediaSection& section, std::size_t index) {
  const bool wants_ours = sdp::receives(section.direction);
  auto found =
      std::find_if(transceivers_.begin(), transceivers_.end(), [&](const Transceiver& other) {
        return wants_ours && other.kind == section.kind && other.by_add_track_ && !other.section_ &&
               !other.stopping;
      });
  Transceiver* transceiver = found != transceivers_.end() ? &*found : nullptr;
  if (transceiver == nullptr) {
    transceiver = &make_transceiver(section.kind, Direction::RecvOnly);
    transceiver->by_remote_ = true;
  }
  transceiver->section_ = index;
  transceiver->mid = section.mid ? *section.mid : draw_mid({});
  return *transceiver;
}

/// W3C webrtc #set-the-rtcsessiondescription, the steps that process remote tracks.
void Negotiation::hear_of_track(Transceiver& transceiver, const sdp::MediaSection& section) {
  transceiver.receiving = sdp::sends(section.direction) && !section.is_rejected();
  transceiver.remote_stream_ids.clear();
  if (!transceiver.receiving) return;
  transceiver.remote_stream_ids = streams_of(section);
  const sdp::Msid* msid = msid_of(section);
  if (msid != nullptr && !msid->track.empty()) transceiver.remote_track_id = msid->track;
  if (transceiver.remote_track_id.empty()) transceiver.remote_track_id = random_name(random_);
}

void Negotiation::apply_remote_answer(SdpType type, sdp::Description answer) {
  pending_remote_ =
      Applied{.type = type, .sdp = std::move(answer), .owners = pending_local_->owners};
  const auto& sections = pending_remote_->sdp.sections();
  for (std::size_t i = 0; i < sections.size(); ++i) {
    const auto owner = pending_remote_->owners[i];
    Transceiver* transceiver = owner ? find_mutable(*owner) : nullptr;
    if (transceiver != nullptr) hear_of_track(*transceiver, sections[i]);
  }
  learn_numbers(pending_remote_->sdp);
  collect_candidates(pending_remote_->sdp, false);
  state_ = SignalingState::HaveRemotePranswer;
  negotiate();
  if (type == SdpType::Answer) finish();
}

}  // namespace duet::peer
