// SPDX-License-Identifier: MIT
// Attributes become values: those of every section, and of the session.
#include <duet/base/ascii.hpp>
#include <duet/sdp/attribute_parser.hpp>
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

/// RFC 8839 §5.4: ice-char, and the characters beyond it that older agents draw from.
constexpr bool is_ice_char(char c) {
  return is_alphanumeric(c) || std::string_view{"+/-=#_"}.find(c) != std::string_view::npos;
}

Checked parse_credential(std::string_view value, std::size_t least,
                         std::optional<std::string>& out) {
  constexpr std::size_t kMost = 256;  // RFC 8839 §5.4
  if (value.size() < least || value.size() > kMost || !all_of(value, is_ice_char)) {
    return Reason::BadIceCredentials;
  }
  out = value;
  return {};
}

Checked parse_ice_options(std::string_view value, TransportAttributes& out) {
  while (!trim(value).empty()) {
    if (out.ice_options.size() == kMaxValues) return Reason::TooManyValues;
    out.ice_options.emplace_back(take_word(value));
  }
  return {};
}

/// The bytes of a known hash; nothing for others, whose fingerprints nobody checks.
std::optional<std::size_t> hash_size(std::string_view algorithm) {
  constexpr std::array<std::pair<std::string_view, std::size_t>, 5> kSizes = {
      {{"sha-1", 20}, {"sha-224", 28}, {"sha-256", 32}, {"sha-384", 48}, {"sha-512", 64}}};
  for (const auto& [name, size] : kSizes) {
    if (name == algorithm) return size;
  }
  return std::nullopt;
}

constexpr bool is_hex(char c) { return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f'); }

/// "AB:CD:EF" in capitals; empty if it is not that.
std::string to_fingerprint(std::string_view value) {
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (i % 3 == 2 ? c != ':' : !is_hex(c)) return {};
    out += c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c;
  }
  return value.size() % 3 == 2 ? out : std::string{};
}

Checked parse_fingerprint(std::string_view value, TransportAttributes& out) {
  Fingerprint fingerprint;
  fingerprint.algorithm = to_lower(take_word(value));
  fingerprint.value = to_fingerprint(trim(value));
  if (!is_token(fingerprint.algorithm) || fingerprint.value.empty()) return Reason::BadFingerprint;
  const auto size = hash_size(fingerprint.algorithm);
  if (size && fingerprint.value.size() != *size * 3 - 1) return Reason::BadFingerprint;
  if (out.fingerprints.size() == kMaxValues) return Reason::TooManyValues;
  out.fingerprints.push_back(std::move(fingerprint));
  return {};
}

Checked parse_setup(std::string_view value, TransportAttributes& out) {
  for (const Setup setup : {Setup::Actpass, Setup::Active, Setup::Passive, Setup::Holdconn}) {
    if (equal_ignoring_case(value, to_string(setup))) {
      out.setup = setup;
      return {};
    }
  }
  return Reason::BadSetup;
}

/// Nothing for an attribute of another kind.
std::optional<Checked> parse_transport(std::string_view name, std::string_view value,
                                       TransportAttributes& out) {
  if (name == "ice-ufrag") return parse_credential(value, 4, out.ice_ufrag);
  if (name == "ice-pwd") return parse_credential(value, 22, out.ice_pwd);
  if (name == "ice-options") return parse_ice_options(value, out);
  if (name == "fingerprint") return parse_fingerprint(value, out);
  if (name == "setup") return parse_setup(value, out);
  if (name == "tls-id") {
    out.tls_id = value;
    return Checked{};
  }
  return std::nullopt;
}

std::optional<Direction> parse_direction(std::string_view name) {
  for (const Direction direction :
       {Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly, Direction::Inactive}) {
    if (name == to_string(direction)) return direction;
  }
  return std::nullopt;
}

Checked parse_group(std::string_view value, std::vector<Group>& out) {
  Group group;
  group.semantics = take_word(value);
  if (!is_token(group.semantics)) return Reason::BadGroup;
  while (!trim(value).empty()) {
    const std::string_view mid = take_word(value);
    if (!is_token(mid)) return Reason::BadGroup;
    if (group.mids.size() == kMaxValues) return Reason::TooManyValues;
    group.mids.emplace_back(mid);
  }
  if (out.size() == kMaxValues) return Reason::TooManyValues;
  out.push_back(std::move(group));
  return {};
}

Checked parse_mid(std::string_view value, MediaSection& out) {
  if (!is_token(value) || (out.mid && *out.mid != value)) return Reason::BadMid;
  out.mid = value;
  return {};
}

Checked parse_candidate(std::string_view text, MediaSection& out) {
  if (out.candidates.size() == kMaxCandidatesPerSection) return Reason::TooManyCandidates;
  out.candidates.emplace_back(text);
  return {};
}

Checked parse_max_message_size(std::string_view value, MediaSection& out) {
  out.max_message_size = parse_number<std::uint64_t>(value);
  return out.max_message_size ? Checked{} : Reason::BadSctp;
}

/// Ours, so what it means to others is no error.
Checked parse_max_packet_size(std::string_view value, MediaSection& out) {
  out.max_packet_size = parse_number<std::uint64_t>(value);
  return {};
}

Checked parse_sctp_port(std::string_view value, MediaSection& out) {
  out.sctp_port = parse_number<std::uint16_t>(value);
  return out.sctp_port ? Checked{} : Reason::BadSctp;
}

/// "5000 webrtc-datachannel 1024", the form before RFC 8841.
Checked parse_sctpmap(std::string_view value, MediaSection& out) {
  const auto port = parse_number<std::uint16_t>(take_word(value));
  if (!port) return Reason::BadSctp;
  if (take_word(value) == "webrtc-datachannel") out.sctp_port = port;
  return {};
}

struct Attribute {
  // Both without spaces around them.
  std::string_view name;
  std::string_view value;  // empty where there is no colon
};

Attribute split(std::string_view text) {
  Attribute attribute;
  attribute.name = trim(take_until(text, ':'));
  attribute.value = trim(text);
  return attribute;
}

MediaKind parse_kind(std::string_view media) {
  for (const MediaKind kind : {MediaKind::Audio, MediaKind::Video, MediaKind::Application}) {
    if (media == to_string(kind)) return kind;
  }
  return MediaKind::Other;
}

void inherit(const TransportAttributes& session, TransportAttributes& section) {
  // RFC 8839 §5.4: a user name and its password come from the same place.
  if (!section.ice_ufrag && !section.ice_pwd) {
    section.ice_ufrag = session.ice_ufrag;
    section.ice_pwd = session.ice_pwd;
  }
  if (section.ice_options.empty()) section.ice_options = session.ice_options;
  if (section.fingerprints.empty()) section.fingerprints = session.fingerprints;
  if (!section.setup) section.setup = session.setup;
  if (!section.tls_id) section.tls_id = session.tls_id;
}

}  // namespace

Checked parse_session_attribute(std::string_view text, SessionAttributes& out) {
  const auto [name, value] = split(text);
  if (const auto done = parse_transport(name, value, out.transport)) return *done;
  if (const auto direction = parse_direction(name)) out.direction = *direction;
  if (name == "group") return parse_group(value, out.groups);
  if (name == "extmap") return parse_extmap(value, out.extensions);
  if (name == "ice-lite") out.ice_lite = true;
  if (name == "extmap-allow-mixed") out.extmap_allow_mixed = true;
  if (name == "end-of-candidates") out.end_of_candidates = true;
  return {};
}

Checked parse_section_attribute(std::string_view text, MediaSection& out) {
  const auto [name, value] = split(text);
  if (const auto done = parse_transport(name, value, out.transport)) return *done;
  if (const auto direction = parse_direction(name)) out.direction = *direction;
  if (name == "mid") return parse_mid(value, out);
  if (name == "candidate") return parse_candidate(text, out);
  if (name == "end-of-candidates") out.end_of_candidates = true;
  if (name == "bundle-only") out.bundle_only = true;
  if (name == "sctp-port") return parse_sctp_port(value, out);
  if (name == "sctpmap") return parse_sctpmap(value, out);
  if (name == "max-message-size") return parse_max_message_size(value, out);
  if (name == "x-max-packet-size") return parse_max_packet_size(value, out);
  return parse_rtp_attribute(name, value, out);
}

Checked parse_media_line(std::string_view text, MediaSection& out) {
  out.media = take_word(text);
  std::string_view ports = take_word(text);
  const auto port = parse_number<std::uint16_t>(take_until(ports, '/'));
  out.protocol = take_word(text);
  if (!is_token(out.media) || !port || out.protocol.empty()) return Reason::BadMediaLine;
  out.kind = parse_kind(out.media);
  out.port = *port;
  while (!trim(text).empty()) {
    const std::string_view format = take_word(text);
    if (!is_token(format)) return Reason::BadMediaLine;
    if (out.formats.size() == kMaxFormats) return Reason::TooManyValues;
    out.formats.emplace_back(format);
  }
  if (out.formats.empty()) return Reason::BadMediaLine;
  return out.is_rtp() ? parse_payload_types(out) : Checked{};
}

Checked finish_section(const SessionAttributes& session, MediaSection& section) {
  inherit(session.transport, section.transport);
  section.end_of_candidates |= session.end_of_candidates;
  if (!section.is_rtp()) return {};
  section.extmap_allow_mixed |= session.extmap_allow_mixed;
  return finish_rtp(session.extensions, section);
}

}  // namespace duet::sdp
