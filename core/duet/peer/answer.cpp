// SPDX-License-Identifier: MIT
// Makes answers (RFC 9429 §5.3).
#include <duet/peer/bundle.hpp>
#include <duet/peer/codec_match.hpp>
#include <duet/peer/local_section.hpp>
#include <duet/peer/negotiated_rtp.hpp>
#include <duet/peer/negotiation.hpp>

#include <algorithm>
#include <utility>

namespace duet::peer {
namespace {

/// Those of ours that the offer has, with its numbers (RFC 8285 §6).
std::vector<sdp::Extmap> common_extensions(const sdp::MediaSection& offer,
                                           const std::vector<HeaderExtensionCapability>& ours) {
  std::vector<sdp::Extmap> out;
  for (const sdp::Extmap& offered : offer.extensions) {
    const auto known = std::find_if(
        ours.begin(), ours.end(),
        [&](const HeaderExtensionCapability& capability) { return capability.uri == offered.uri; });
    const bool is_there = std::any_of(out.begin(), out.end(), [&](const sdp::Extmap& extension) {
      return extension.uri == offered.uri;
    });
    if (known == ours.end() || is_there) continue;
    if (!is_usable_extension_id(offered.id, offer.extmap_allow_mixed)) continue;
    const Direction direction = sdp::intersect(
        known->direction, sdp::reverse(offered.direction.value_or(Direction::SendRecv)));
    if (direction == Direction::Inactive) continue;
    const bool is_one_way = direction != Direction::SendRecv;
    out.push_back({.id = offered.id,
                   .direction = is_one_way ? std::optional{direction} : std::nullopt,
                   .uri = offered.uri});
  }
  return out;
}

}  // namespace

Result<SessionDescription, Error> Negotiation::create_answer() {
  if (state_ != SignalingState::HaveRemoteOffer && state_ != SignalingState::HaveLocalPranswer) {
    return refuse(Error::Name::InvalidStateError, "There is no offer to answer in the state " +
                                                      std::string{to_string(state_)} + ".");
  }
  auto answer = build_answer();
  if (!answer) return fail(answer.error());
  created_answer_ = *std::move(answer);
  return SessionDescription{.type = SdpType::Answer, .sdp = created_answer_->sdp.serialize()};
}

/// Of simulcast and its rids nothing is said, which asks for a single stream (RFC 8853 §5.3.2).
sdp::MediaSection Negotiation::answered_section(const sdp::MediaSection& offer,
                                                const Transceiver& transceiver) const {
  auto formats = answer_formats(offer.payloads, codecs_of(transceiver),
                                !transceiver.codec_preferences.empty());
  if (formats.empty()) return rejected_section(offer);
  const Direction direction = sdp::intersect(sdp::reverse(offer.direction), transceiver.direction);
  sdp::MediaSection section = rtp_section(transceiver, direction);
  section.protocol = offer.protocol;
  section.mid = offer.mid;
  section.rtcp_rsize = offer.rtcp_rsize;
  section.extmap_allow_mixed = offer.extmap_allow_mixed;
  section.extensions =
      common_extensions(offer, settings_.capabilities.of(transceiver.kind).header_extensions);
  set_formats(section, std::move(formats));
  add_sources(section, transceiver.parameters);
  return section;
}

sdp::MediaSection Negotiation::answered_data_section(const sdp::MediaSection& offer) const {
  sdp::MediaSection section = offered_data_section();
  section.protocol = offer.protocol;
  section.formats = offer.formats;
  section.mid = offer.mid;
  // The form before RFC 8841 names the port in its format.
  if (offer.formats.front() != kDataFormat) section.sctp_port = offer.sctp_port;
  return section;
}

/// New credentials for a first answer and for a restart (RFC 8839 §4.4.1.1.1), else those in force.
IceParameters Negotiation::ice_for_answer() {
  if (pending_local_) {  // a provisional answer that this one follows
    if (const auto ice = ice_of(pending_local_->sdp)) return *ice;
  }
  const auto offered = ice_of(pending_remote_->sdp);
  const bool is_restart = !transport_.local_ice || transport_.remote_ice != offered;
  return is_restart ? draw_ice_parameters() : *transport_.local_ice;
}

/// RFC 8842 §5.3: active where there is a choice, since that saves a round trip.
sdp::Setup Negotiation::setup_for_answer(const sdp::MediaSection& offer) const {
  const sdp::Setup offered = offer.transport.setup.value_or(sdp::Setup::Actpass);
  if (offered == sdp::Setup::Active) return sdp::Setup::Passive;
  const bool is_same_association =
      share_certificate(offer.transport.fingerprints, transport_.remote_fingerprints);
  if (offered == sdp::Setup::Actpass && is_same_association &&
      transport_.dtls_role == DtlsRole::Server) {
    return sdp::Setup::Passive;
  }
  return sdp::Setup::Active;
}

Result<Negotiation::Applied, Error> Negotiation::build_answer() {
  const sdp::Description& offer = pending_remote_->sdp;
  const std::vector<bool> carried = bundled_sections(offer);
  std::vector<sdp::MediaSection> sections;
  bool has_data = false;  // RFC 8831 §6.2: one association carries all channels
  for (std::size_t i = 0; i < carried.size(); ++i) {
    const sdp::MediaSection& offered = offer.sections()[i];
    const auto owner = pending_remote_->owners[i];
    const Transceiver* transceiver = owner ? find(*owner) : nullptr;
    if (carried[i] && transceiver != nullptr && !transceiver->stopping) {
      sections.push_back(answered_section(offered, *transceiver));
    } else if (carried[i] && offered.is_data_channel() && !std::exchange(has_data, true)) {
      sections.push_back(answered_data_section(offered));
    } else {
      sections.push_back(rejected_section(offered));
    }
  }

  // The transport is that of the first of the offer's group that is accepted (RFC 9143 §7.3.1).
  const auto first = std::find_if(sections.begin(), sections.end(),
                                  [](const auto& section) { return !section.is_rejected(); });
  std::vector<std::string> bundle;
  std::size_t tag = static_cast<std::size_t>(first - sections.begin());
  if (first != sections.end() && first->mid) {
    if (const sdp::Group* group = offer.bundle_of(*first->mid)) {
      for (const std::string& mid : group->mids) {
        const auto index = offer.index_of_mid(mid);
        if (!index || sections[*index].is_rejected()) continue;
        if (bundle.empty()) tag = *index;
        bundle.push_back(mid);
      }
    }
  }
  if (first == sections.end()) {
    return finish_description(SdpType::Answer, sections, {}, pending_remote_->owners);
  }
  const IceParameters ice = ice_for_answer();
  const auto transport_section = tagged_section(offer);
  const sdp::MediaSection& offered = offer.sections()[transport_section.value_or(tag)];
  for (std::size_t i = 0; i < sections.size(); ++i) {
    if (sections[i].is_rejected()) continue;
    sections[i].transport = transport_attributes(ice, setup_for_answer(offered));
    // RFC 8842 §5.3: an answer has a tls-id if its offer has one.
    if (offered.transport.tls_id) sections[i].transport.tls_id = tls_id_;
    const Applied* base = latest_local();
    if (i == tag && base != nullptr && ice_of(base->sdp) == ice)
      keep_candidates(base->sdp, sections[i]);
  }
  return finish_description(SdpType::Answer, sections, std::move(bundle), pending_remote_->owners);
}

}  // namespace duet::peer
