// SPDX-License-Identifier: MIT
// Sections of our descriptions: what offers and answers have in common.
#include <duet/peer/bundle.hpp>
#include <duet/peer/codec_match.hpp>
#include <duet/peer/local_section.hpp>
#include <duet/peer/negotiation.hpp>
#include <duet/sdp/compose.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace duet::peer {

sdp::MediaSection rejected_section(const sdp::MediaSection& like) {
  sdp::MediaSection section;
  section.kind = like.kind;
  section.media = like.media;
  section.protocol = like.protocol;
  section.formats = like.formats;
  section.mid = like.mid;
  return section;
}

void set_formats(sdp::MediaSection& section, std::vector<sdp::PayloadFormat> formats) {
  section.payloads = std::move(formats);
  section.formats.clear();
  for (const sdp::PayloadFormat& format : section.payloads) {
    section.formats.push_back(std::to_string(format.payload_type.value()));
  }
}

std::optional<IceParameters> ice_of(const sdp::Description& description) {
  const auto tag = tagged_section(description);
  if (!tag) return std::nullopt;
  const sdp::TransportAttributes& transport = description.sections()[*tag].transport;
  if (!transport.ice_ufrag || !transport.ice_pwd) return std::nullopt;
  return IceParameters{.ufrag = *transport.ice_ufrag, .pwd = *transport.ice_pwd};
}

void keep_candidates(const sdp::Description& from, sdp::MediaSection& to) {
  const auto tag = tagged_section(from);
  if (!tag) return;
  to.candidates = from.sections()[*tag].candidates;
  to.end_of_candidates = from.sections()[*tag].end_of_candidates;
}

sdp::MediaSection Negotiation::rtp_section(const Transceiver& transceiver,
                                           Direction direction) const {
  sdp::MediaSection section;
  section.kind = transceiver.kind;
  section.media = to_string(transceiver.kind);
  section.port = kDiscardPort;
  section.protocol = kRtpProtocol;
  section.direction = direction;
  section.rtcp_mux = true;
  section.rtcp_rsize = true;
  section.extmap_allow_mixed = true;
  // Also where the offer lets us not send, so that the wish to is on record
  // (W3C webrtc #dfn-check-if-negotiation-is-needed compares the streams).
  if (!sdp::sends(transceiver.direction)) return section;
  for (const std::string& stream : transceiver.stream_ids) {
    section.msids.push_back({.stream = stream, .track = transceiver.msid_track_});
  }
  if (section.msids.empty())
    section.msids.push_back({.stream = "-", .track = transceiver.msid_track_});
  return section;
}

void add_sources(sdp::MediaSection& section, const RtpParameters& parameters) {
  // Wherever we wish to send, on hold too, as Chromium does. A source that is gone from a
  // description and comes back is decoded by it, and shown no more.
  if (section.msids.empty()) return;
  const SsrcPair& local = parameters.local;
  section.sources.push_back({.ssrc = local.ssrc, .cname = parameters.cname});
  const bool has_rtx =
      std::any_of(section.payloads.begin(), section.payloads.end(),
                  [](const sdp::PayloadFormat& format) { return is_rtx(format.encoding); });
  if (!local.rtx || !has_rtx) return;
  section.sources.push_back({.ssrc = *local.rtx, .cname = parameters.cname});
  section.source_groups.push_back({.semantics = "FID", .ssrcs = {local.ssrc, *local.rtx}});
}

sdp::TransportAttributes Negotiation::transport_attributes(const IceParameters& ice,
                                                           sdp::Setup setup) const {
  sdp::TransportAttributes transport;
  transport.ice_ufrag = ice.ufrag;
  transport.ice_pwd = ice.pwd;
  transport.fingerprints = settings_.fingerprints;
  transport.setup = setup;
  return transport;
}

IceParameters Negotiation::draw_ice_parameters() {
  // RFC 8445 §5.3: 24 and 128 bits at least; these have 48 and 144.
  constexpr std::size_t kUfrag = 8;
  constexpr std::size_t kPwd = 24;
  constexpr std::string_view kIceChars =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<std::byte, kUfrag + kPwd> bytes{};
  random_.fill(bytes);
  std::string text;
  for (const std::byte byte : bytes)
    text += kIceChars[std::to_integer<std::size_t>(byte & std::byte{63})];
  return {.ufrag = text.substr(0, kUfrag), .pwd = text.substr(kUfrag)};
}

std::string Negotiation::draw_mid(const std::vector<sdp::MediaSection>& taken) {
  const auto is_taken = [&](const std::string& mid) {
    for (const auto* applied :
         {&current_local_, &current_remote_, &pending_local_, &pending_remote_}) {
      if (*applied && (*applied)->sdp.find_mid(mid) != nullptr) return true;
    }
    return std::any_of(taken.begin(), taken.end(),
                       [&](const sdp::MediaSection& section) { return section.mid == mid; });
  };
  // RFC 9429 §5.2.1: short, and telling nothing.
  std::string mid;
  do {
    mid = std::to_string(next_mid_++);
  } while (is_taken(mid));
  return mid;
}

Result<Negotiation::Applied, Error> Negotiation::finish_description(
    SdpType type, const std::vector<sdp::MediaSection>& sections, std::vector<std::string> bundle,
    std::vector<std::optional<TransceiverId>> owners) {
  sdp::Session session;
  // RFC 9429 §5.2.1: the version grows with each description that is made.
  session.origin = {.username = "-", .session_id = session_id_, .version = ++version_};
  session.ice_options = {"trickle", "ice2"};
  if (!bundle.empty()) session.groups.push_back({.semantics = "BUNDLE", .mids = std::move(bundle)});
  const auto text = sdp::compose(session, sections);
  if (!text) {
    return refuse(Error::Name::OperationError, "A value of the description holds an end of line.");
  }
  auto description = sdp::Description::parse(*text);
  if (!description) {
    return refuse(Error::Name::OperationError,
                  "The description can't be written: " +
                      std::string{sdp::describe(description.error().reason)} + ".");
  }
  return Applied{.type = type, .sdp = *std::move(description), .owners = std::move(owners)};
}

}  // namespace duet::peer
