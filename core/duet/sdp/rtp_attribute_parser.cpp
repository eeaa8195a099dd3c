// SPDX-License-Identifier: MIT
// The attributes of RTP become values: payload formats, extensions, sources, restricted streams.
#include <duet/sdp/description.hpp>
#include <duet/sdp/rtp_attribute_parser.hpp>
#include <duet/sdp/text.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace duet::sdp {
namespace {

using Reason = ParseError::Reason;
using Checked = std::optional<Reason>;

constexpr std::uint8_t kLastPayloadType = 127;
/// Where a format has this many kinds of feedback, the peer is making them up.
constexpr std::size_t kMaxFeedback = 32;
/// Bytes; the longest kinds known have under 20. One for `*` is kept once for each format.
constexpr std::size_t kMaxFeedbackSize = 128;

std::optional<PayloadType> parse_payload_type(std::string_view text) {
  const auto number = parse_number<std::uint8_t>(text);
  if (!number || *number > kLastPayloadType) return std::nullopt;
  return PayloadType{*number};
}

PayloadFormat* find(MediaSection& section, PayloadType payload_type) {
  return const_cast<PayloadFormat*>(std::as_const(section).find_payload(payload_type));
}

/// "111 opus/48000/2" (RFC 8866 §6.6). One of a payload type that the m= line lacks says nothing.
Checked parse_rtpmap(std::string_view value, MediaSection& out) {
  const auto payload_type = parse_payload_type(take_word(value));
  value = trim(value);
  const std::string_view encoding = take_until(value, '/');
  const auto clock_rate = parse_number<std::uint32_t>(take_until(value, '/'));
  if (!payload_type || !is_token(encoding) || !clock_rate) return Reason::BadRtpmap;
  PayloadFormat* format = find(out, *payload_type);
  if (format == nullptr) return {};
  // For video the last part has no meaning.
  const auto channels = out.kind == MediaKind::Audio && !value.empty()
                            ? parse_number<std::uint8_t>(value)
                            : std::optional<std::uint8_t>{1};
  if (!channels) return Reason::BadRtpmap;
  const bool is_other = format->encoding != encoding || format->clock_rate_hz != *clock_rate ||
                        format->channels != *channels;
  if (!format->encoding.empty() && is_other) return Reason::DuplicatePayloadType;
  format->encoding = encoding;
  format->clock_rate_hz = *clock_rate;
  format->channels = *channels;
  return {};
}

Checked parse_fmtp(std::string_view value, MediaSection& out) {
  const auto payload_type = parse_payload_type(take_word(value));
  if (!payload_type) return out.is_rtp() ? Checked{Reason::BadFmtp} : Checked{};
  PayloadFormat* format = find(out, *payload_type);
  if (format == nullptr) return {};
  if (!format->fmtp.empty()) format->fmtp += ';';
  format->fmtp += trim(value);
  return {};
}

constexpr std::string_view kAnyPayloadType = "*";

Checked add_feedback(PayloadFormat& format, std::string_view feedback) {
  const auto& known = format.feedback;
  if (std::find(known.begin(), known.end(), feedback) != known.end()) return {};
  if (known.size() == kMaxFeedback) return Reason::TooManyValues;
  format.feedback.emplace_back(feedback);
  return {};
}

/// "96 nack pli" or "* nack pli" (RFC 4585 §4.2).
Checked parse_feedback(std::string_view value, MediaSection& out) {
  const std::string_view word = take_word(value);
  const std::string_view feedback = trim(value);
  if (feedback.empty() || feedback.size() > kMaxFeedbackSize) return Reason::BadFeedback;
  if (word == kAnyPayloadType) {
    for (PayloadFormat& format : out.payloads) {
      if (const Checked wrong = add_feedback(format, feedback)) return wrong;
    }
    return {};
  }
  const auto payload_type = parse_payload_type(word);
  if (!payload_type) return Reason::BadFeedback;
  PayloadFormat* format = find(out, *payload_type);
  return format == nullptr ? Checked{} : add_feedback(*format, feedback);
}

/// "stream track"; the track may be missing.
std::optional<Msid> parse_msid_value(std::string_view value) {
  Msid msid;
  msid.stream = take_word(value);
  msid.track = take_word(value);
  // Departs from RFC 8830 §2: GStreamer writes an at sign, no character of a token; any word will
  // do.
  if (msid.stream.empty() || !trim(value).empty()) return std::nullopt;
  return msid;
}

Checked parse_msid(std::string_view value, MediaSection& out) {
  auto msid = parse_msid_value(value);
  if (!msid) return Reason::BadMsid;
  if (out.msids.size() == kMaxValues) return Reason::TooManyValues;
  out.msids.push_back(*std::move(msid));
  return {};
}

SsrcSource* find_or_add(std::vector<SsrcSource>& sources, Ssrc ssrc) {
  const auto found = std::find_if(sources.begin(), sources.end(),
                                  [&](const SsrcSource& source) { return source.ssrc == ssrc; });
  if (found != sources.end()) return &*found;
  if (sources.size() == kMaxValues) return nullptr;
  return &sources.emplace_back(SsrcSource{.ssrc = ssrc});
}

/// "2784445709 cname:TOxf4wVYT0osz/i8" (RFC 5576 §4.1).
Checked parse_ssrc(std::string_view value, MediaSection& out) {
  const auto number = parse_number<std::uint32_t>(take_word(value));
  value = trim(value);
  const std::string_view name = take_until(value, ':');
  if (!number || name.empty()) return Reason::BadSsrc;
  SsrcSource* source = find_or_add(out.sources, Ssrc{*number});
  if (source == nullptr) return Reason::TooManyValues;
  if (name == "cname") source->cname = value;
  if (name == "msid") source->msid = parse_msid_value(value);
  return {};
}

Checked parse_ssrc_group(std::string_view value, MediaSection& out) {
  SsrcGroup group;
  group.semantics = take_word(value);
  if (!is_token(group.semantics)) return Reason::BadSsrc;
  while (!trim(value).empty()) {
    const auto number = parse_number<std::uint32_t>(take_word(value));
    if (!number) return Reason::BadSsrc;
    if (group.ssrcs.size() == kMaxValues) return Reason::TooManyValues;
    group.ssrcs.emplace_back(*number);
  }
  if (out.source_groups.size() == kMaxValues) return Reason::TooManyValues;
  out.source_groups.push_back(std::move(group));
  return {};
}

Checked parse_rid(std::string_view value, MediaSection& out) {
  Rid rid;
  rid.id = take_word(value);
  const std::string_view direction = take_word(value);
  const bool is_known = std::any_of(out.rids.begin(), out.rids.end(),
                                    [&](const Rid& other) { return other.id == rid.id; });
  if (rid.id.empty() || is_known || (direction != "send" && direction != "recv")) {
    return Reason::BadRid;
  }
  rid.send = direction == "send";
  rid.restrictions = trim(value);
  if (out.rids.size() == kMaxValues) return Reason::TooManyValues;
  out.rids.push_back(std::move(rid));
  return {};
}

/// RFC 3551 §6: the payload types that need no rtpmap and that somebody still sends.
void name_static_types(MediaSection& section) {
  struct Static {
    std::uint8_t payload_type;
    std::string_view encoding;
  };

  // G722 samples at 16 kHz and says 8000 (RFC 3551 §4.5.2).
  constexpr std::array<Static, 4> kStatic = {{{0, "PCMU"}, {8, "PCMA"}, {9, "G722"}, {13, "CN"}}};
  constexpr std::uint32_t kClockRate = 8000;
  if (section.kind != MediaKind::Audio) return;
  for (const Static& known : kStatic) {
    PayloadFormat* format = find(section, PayloadType{known.payload_type});
    if (format == nullptr || !format->encoding.empty()) continue;
    format->encoding = known.encoding;
    format->clock_rate_hz = kClockRate;
  }
}

}  // namespace

Checked parse_payload_types(MediaSection& section) {
  for (const std::string& text : section.formats) {
    const auto payload_type = parse_payload_type(text);
    if (!payload_type) return Reason::BadMediaLine;
    if (find(section, *payload_type) != nullptr) return Reason::DuplicatePayloadType;
    section.payloads.push_back(PayloadFormat{.payload_type = *payload_type});
  }
  return {};
}

Checked parse_extmap(std::string_view value, std::vector<Extmap>& out) {
  Extmap extmap;
  std::string_view number = take_word(value);
  const auto id = parse_number<std::uint16_t>(take_until(number, '/'));
  extmap.uri = take_word(value);
  extmap.attributes = trim(value);
  if (!id || *id == 0 || extmap.uri.empty()) return Reason::BadExtmap;
  extmap.id = *id;
  if (!number.empty()) {
    for (const Direction direction :
         {Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly, Direction::Inactive}) {
      if (number == to_string(direction)) extmap.direction = direction;
    }
    if (!extmap.direction) return Reason::BadExtmap;
  }
  // RFC 8285 §6: from 4096 on, one number may offer several extensions to choose from.
  const bool is_known = *id < 4096 && std::any_of(out.begin(), out.end(), [&](const Extmap& other) {
    return other.id == *id;
  });
  if (is_known) return Reason::DuplicateExtmap;
  if (out.size() == kMaxValues) return Reason::TooManyValues;
  out.push_back(std::move(extmap));
  return {};
}

Checked parse_rtp_attribute(std::string_view name, std::string_view value, MediaSection& out) {
  if (name == "rtpmap") return parse_rtpmap(value, out);
  if (name == "fmtp") return parse_fmtp(value, out);
  if (name == "rtcp-fb") return parse_feedback(value, out);
  if (name == "extmap") return parse_extmap(value, out.extensions);
  if (name == "msid") return parse_msid(value, out);
  if (name == "ssrc") return parse_ssrc(value, out);
  if (name == "ssrc-group") return parse_ssrc_group(value, out);
  if (name == "rid") return parse_rid(value, out);
  if (name == "simulcast") out.simulcast = value;
  if (name == "rtcp-mux") out.rtcp_mux = true;
  if (name == "rtcp-mux-only") out.rtcp_mux_only = true;
  if (name == "rtcp-rsize") out.rtcp_rsize = true;
  if (name == "extmap-allow-mixed") out.extmap_allow_mixed = true;
  return {};
}

Checked finish_rtp(const std::vector<Extmap>& session, MediaSection& section) {
  for (const Extmap& extmap : session) {
    if (section.extensions.size() == kMaxValues) return Reason::TooManyValues;
    const bool is_known = std::any_of(
        section.extensions.begin(), section.extensions.end(),
        [&](const Extmap& own) { return own.id == extmap.id || own.uri == extmap.uri; });
    if (!is_known) section.extensions.push_back(extmap);
  }
  name_static_types(section);
  return {};
}

}  // namespace duet::sdp
