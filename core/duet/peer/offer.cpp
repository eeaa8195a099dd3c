// SPDX-License-Identifier: MIT
// Makes offers (RFC 9429 §5.2).
#include <duet/peer/bundle.hpp>
#include <duet/peer/local_section.hpp>
#include <duet/peer/negotiation.hpp>

#include <algorithm>
#include <utility>

namespace duet::peer {
namespace {

using Name = Error::Name;

}  // namespace

Result<SessionDescription, Error> Negotiation::create_offer(OfferOptions options) {
  if (state_ != SignalingState::Stable && state_ != SignalingState::HaveLocalOffer) {
    return refuse(Name::InvalidStateError,
                  "An offer can't be made in the state " + std::string{to_string(state_)} + ".");
  }
  auto offer = build_offer(options.ice_restart);
  if (!offer) return fail(offer.error());
  created_offer_ = *std::move(offer);
  return SessionDescription{.type = SdpType::Offer, .sdp = created_offer_->sdp.serialize()};
}

sdp::MediaSection Negotiation::offered_section(const Transceiver& transceiver,
                                               NumberTable& numbers) const {
  sdp::MediaSection section = rtp_section(transceiver, transceiver.direction);
  section.rtcp_mux_only = true;  // RFC 8858 §4.1
  for (const HeaderExtensionCapability& extension :
       settings_.capabilities.of(transceiver.kind).header_extensions) {
    const auto id = numbers.assign_extension(extension.uri);
    if (!id) continue;
    const bool is_one_way = extension.direction != Direction::SendRecv;
    section.extensions.push_back(
        {.id = *id,
         .direction = is_one_way ? std::optional{extension.direction} : std::nullopt,
         .uri = extension.uri});
  }
  set_formats(section, numbers.offer_formats(transceiver.kind, codecs_of(transceiver)));
  add_sources(section, transceiver.parameters);
  return section;
}

sdp::MediaSection Negotiation::offered_data_section() const {
  sdp::MediaSection section;
  section.kind = MediaKind::Application;
  section.media = to_string(MediaKind::Application);
  section.port = kDiscardPort;
  section.protocol = kDataProtocol;
  section.formats = {std::string{kDataFormat}};
  section.sctp_port = settings_.sctp_port;
  section.max_message_size = settings_.max_message_size;
  section.max_packet_size = settings_.max_packet_size;
  return section;
}

/// Sections keep their places; what is new takes those that both ends have given up, then new ones
/// (RFC 9429 §5.2.2).
Result<Negotiation::Applied, Error> Negotiation::build_offer(bool ice_restart) {
  const Applied* base = latest_local();
  std::vector<sdp::MediaSection> sections;
  std::vector<std::optional<TransceiverId>> owners;
  std::vector<std::size_t> free;
  NumberTable numbers = numbers_;
  bool has_data = false;

  const std::size_t kept = base == nullptr ? 0 : base->sdp.sections().size();
  for (std::size_t i = 0; i < kept; ++i) {
    const sdp::MediaSection& old = base->sdp.sections()[i];
    const auto owner = base->owners[i];
    const Transceiver* transceiver = owner ? find(*owner) : nullptr;
    sdp::MediaSection section = rejected_section(old);
    owners.emplace_back();
    if (transceiver != nullptr) {
      owners.back() = owner;
      if (!transceiver->stopping) section = offered_section(*transceiver, numbers);
    } else if (old.is_data_channel() && !old.is_rejected()) {
      section = offered_data_section();
      has_data = true;
    } else if (old.is_rejected()) {
      free.push_back(i);
    }
    section.mid = old.mid;
    sections.push_back(std::move(section));
  }

  const auto place = [&](sdp::MediaSection section, std::optional<TransceiverId> owner) {
    std::size_t index = sections.size();
    if (!free.empty()) {
      index = free.front();
      free.erase(free.begin());
      sections[index].mid.reset();
    } else {
      sections.emplace_back();
      owners.emplace_back();
    }
    section.mid = draw_mid(sections);
    sections[index] = std::move(section);
    owners[index] = owner;
  };
  for (const Transceiver& transceiver : transceivers_) {
    if (transceiver.section_ || transceiver.stopping) continue;
    place(offered_section(transceiver, numbers), transceiver.id);
  }
  if (wants_data_channels_ && !has_data) place(offered_data_section(), std::nullopt);
  if (sections.size() > sdp::kMaxSections) {
    return refuse(Name::OperationError, "An offer has 64 m-sections at most.");
  }

  const auto ice_before = base == nullptr ? std::nullopt : ice_of(base->sdp);
  const bool is_restart = !ice_before || ice_restart ||
                          std::find(ufrags_to_replace_.begin(), ufrags_to_replace_.end(),
                                    ice_before->ufrag) != ufrags_to_replace_.end();
  const IceParameters ice = is_restart ? draw_ice_parameters() : *ice_before;
  std::vector<std::string> bundle;
  for (sdp::MediaSection& section : sections) {
    if (section.is_rejected()) continue;
    section.transport = transport_attributes(ice, sdp::Setup::Actpass);
    section.transport.tls_id = tls_id_;
    // Departs from RFC 9429 §5.2.1: no section is bundle-only, since its port of zero is a refusal
    // to whoever doesn't know the word. An answer that needs a second transport is refused instead.
    if (bundle.empty() && !is_restart) keep_candidates(base->sdp, section);
    bundle.push_back(*section.mid);
  }
  return finish_description(SdpType::Offer, sections, std::move(bundle), std::move(owners));
}

}  // namespace duet::peer
