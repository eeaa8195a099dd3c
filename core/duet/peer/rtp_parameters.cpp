// SPDX-License-Identifier: MIT
// What two ends have agreed on for one transceiver.
#include <duet/peer/codec_match.hpp>
#include <duet/peer/negotiated_rtp.hpp>
#include <duet/peer/number_table.hpp>
#include <duet/peer/rtp_parameters.hpp>
#include <duet/sdp/text.hpp>

#include <algorithm>
#include <utility>

namespace duet::peer {
namespace {

using sdp::MediaSection;
using sdp::PayloadFormat;

const PayloadFormat* find_rtx(const MediaSection& section, PayloadType payload_type) {
  const auto found = std::find_if(
      section.payloads.begin(), section.payloads.end(), [&](const PayloadFormat& format) {
        return is_rtx(format.encoding) && associated_payload_type(format.fmtp) == payload_type;
      });
  return found == section.payloads.end() ? nullptr : &*found;
}

/// What `answered` was in the offer: of the same number, else of the same meaning (RFC 3264 §6.1).
const PayloadFormat* find_offered(const MediaSection& offer, const PayloadFormat& answered) {
  const PayloadFormat* same_number = offer.find_payload(answered.payload_type);
  if (same_number != nullptr && is_same_codec(identity(*same_number), identity(answered))) {
    return same_number;
  }
  const auto found =
      std::find_if(offer.payloads.begin(), offer.payloads.end(), [&](const PayloadFormat& format) {
        return is_same_codec(identity(format), identity(answered));
      });
  return found == offer.payloads.end() ? nullptr : &*found;
}

Codec make_codec(const PayloadFormat& format, std::vector<std::string> feedback,
                 const PayloadFormat* rtx) {
  Codec codec{.payload_type = format.payload_type,
              .name = format.encoding,
              .clock_rate_hz = format.clock_rate_hz,
              .channels = format.channels,
              .fmtp = format.fmtp,
              .feedback = std::move(feedback)};
  if (rtx == nullptr) return codec;
  codec.rtx = rtx->payload_type;
  if (const auto time = rtx->parameter("rtx-time")) {
    codec.rtx_time_ms = sdp::parse_number<std::uint32_t>(*time);
  }
  return codec;
}

std::vector<HeaderExtension> common_extensions(const MediaSection& local,
                                               const MediaSection& remote, bool allow_mixed) {
  std::vector<HeaderExtension> out;
  for (const sdp::Extmap& ours : local.extensions) {
    const auto theirs =
        std::find_if(remote.extensions.begin(), remote.extensions.end(),
                     [&](const sdp::Extmap& other) { return other.uri == ours.uri; });
    if (theirs == remote.extensions.end() || theirs->id != ours.id) continue;
    if (!is_usable_extension_id(ours.id, allow_mixed)) continue;
    const auto direction =
        sdp::intersect(ours.direction.value_or(sdp::Direction::SendRecv),
                       sdp::reverse(theirs->direction.value_or(sdp::Direction::SendRecv)));
    if (direction == sdp::Direction::Inactive) continue;
    out.push_back(
        {.id = static_cast<std::uint8_t>(ours.id), .uri = ours.uri, .direction = direction});
  }
  return out;
}

/// The streams that the peer tells of, each with its retransmissions.
std::vector<SsrcPair> remote_ssrcs(const MediaSection& remote) {
  std::vector<SsrcPair> pairs;
  for (const sdp::SsrcGroup& group : remote.source_groups) {
    if (group.semantics != "FID" || group.ssrcs.size() != 2) continue;
    pairs.push_back({.ssrc = group.ssrcs[0], .rtx = group.ssrcs[1]});
  }
  for (const sdp::SsrcSource& source : remote.sources) {
    const bool is_paired = std::any_of(pairs.begin(), pairs.end(), [&](const SsrcPair& pair) {
      return pair.ssrc == source.ssrc || pair.rtx == source.ssrc;
    });
    if (!is_paired) pairs.push_back({.ssrc = source.ssrc});
  }
  return pairs;
}

}  // namespace

bool Codec::has_feedback(std::string_view what) const {
  return std::find(feedback.begin(), feedback.end(), what) != feedback.end();
}

std::optional<std::uint8_t> RtpParameters::extension_id(std::string_view uri) const {
  const auto found =
      std::find_if(extensions.begin(), extensions.end(),
                   [&](const HeaderExtension& extension) { return extension.uri == uri; });
  return found == extensions.end() ? std::nullopt : std::optional{found->id};
}

bool is_usable_extension_id(std::uint16_t id, bool allow_mixed) {
  if (id == 0 || id == kReservedId) return false;
  return id <= (allow_mixed ? kLastId : kLastOneByteId);
}

bool has_common_media(const MediaSection& offer, const MediaSection& answer) {
  return std::any_of(
      answer.payloads.begin(), answer.payloads.end(), [&](const PayloadFormat& format) {
        return carries_media(format.encoding) && find_offered(offer, format) != nullptr;
      });
}

RtpParameters negotiated_rtp(const MediaSection& local, const MediaSection& remote,
                             bool local_answers, const RtpParameters& before) {
  RtpParameters out;
  out.local = before.local;
  out.cname = before.cname;
  out.mid = remote.mid.value_or(std::string{});
  const MediaSection& offer = local_answers ? remote : local;
  const MediaSection& answer = local_answers ? local : remote;
  for (const PayloadFormat& answered : answer.payloads) {
    if (is_rtx(answered.encoding) || answered.encoding.empty()) continue;
    const PayloadFormat* offered = find_offered(offer, answered);
    if (offered == nullptr) continue;
    const PayloadFormat& ours = local_answers ? answered : *offered;
    const PayloadFormat& theirs = local_answers ? *offered : answered;
    const auto feedback = common_feedback(ours.feedback, theirs.feedback);
    const PayloadFormat* our_rtx = find_rtx(local, ours.payload_type);
    const PayloadFormat* their_rtx = find_rtx(remote, theirs.payload_type);
    const bool has_rtx = our_rtx != nullptr && their_rtx != nullptr;
    out.send.push_back(make_codec(theirs, feedback, has_rtx ? their_rtx : nullptr));
    out.receive.push_back(make_codec(ours, feedback, has_rtx ? our_rtx : nullptr));
  }
  // Each sends what the other one put first: of the answerer "the most preferred media format in
  // the offer that is also listed in the answer" (RFC 3264 §6.1).
  std::ranges::stable_sort(local_answers ? out.send : out.receive, {}, [&](const Codec& codec) {
    return std::ranges::find(offer.payloads, codec.payload_type, &PayloadFormat::payload_type) -
           offer.payloads.begin();
  });
  out.extmap_allow_mixed = local.extmap_allow_mixed && remote.extmap_allow_mixed;
  out.extensions = common_extensions(local, remote, out.extmap_allow_mixed);
  out.reduced_size = local.rtcp_rsize && remote.rtcp_rsize;
  out.remote = remote_ssrcs(remote);
  if (!remote.sources.empty()) out.remote_cname = remote.sources.front().cname;
  out.max_bitrate = remote.max_bitrate();
  return out;
}

}  // namespace duet::peer
