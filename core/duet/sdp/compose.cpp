// SPDX-License-Identifier: MIT
// Descriptions of our own: lines from values.
#include <duet/sdp/compose.hpp>
#include <duet/sdp/text.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace duet::sdp {
namespace {

class Composer {
 public:
  std::optional<std::string> take() {
    return is_whole_ ? std::optional{std::move(out_)} : std::nullopt;
  }

  void session(const Session& session) {
    line("v=0");
    line("o=", session.origin.username, " ", session.origin.session_id, " ",
         std::to_string(session.origin.version), " IN IP4 0.0.0.0");
    line("s=-");
    line("t=0 0");
    if (!session.ice_options.empty()) line("a=ice-options:", joined(session.ice_options));
    for (const Group& group : session.groups) {
      line("a=group:", group.semantics, group.mids.empty() ? "" : " ", joined(group.mids));
    }
  }

  void section(const MediaSection& section) {
    line("m=", section.media, " ", std::to_string(section.port), " ", section.protocol, " ",
         joined(section.formats));
    // RFC 8840 §4.1.3: no address is known yet; candidates come in lines of their own.
    line("c=IN IP4 0.0.0.0");
    if (section.mid) line("a=mid:", *section.mid);
    if (section.is_rejected()) return line("a=inactive");
    if (section.bundle_only) line("a=bundle-only");
    transport(section.transport);
    for (const std::string& candidate : section.candidates) line("a=", candidate);
    if (section.end_of_candidates) line("a=end-of-candidates");
    if (section.is_rtp()) return rtp(section);
    if (section.sctp_port) sctp(section);
  }

 private:
  template <class... Parts>
  void line(const Parts&... parts) {
    ((is_whole_ = is_whole_ && is_byte_string(parts), out_ += std::string_view{parts}), ...);
    out_ += "\r\n";
  }

  static std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) {
      if (!out.empty()) out += ' ';
      out += word;
    }
    return out;
  }

  static std::string number(PayloadType payload_type) {
    return std::to_string(payload_type.value());
  }

  static std::string number(Ssrc ssrc) { return std::to_string(ssrc.value()); }

  void transport(const TransportAttributes& transport) {
    if (transport.ice_ufrag) line("a=ice-ufrag:", *transport.ice_ufrag);
    if (transport.ice_pwd) line("a=ice-pwd:", *transport.ice_pwd);
    if (!transport.ice_options.empty()) line("a=ice-options:", joined(transport.ice_options));
    for (const Fingerprint& fingerprint : transport.fingerprints) {
      line("a=fingerprint:", fingerprint.algorithm, " ", fingerprint.value);
    }
    if (transport.setup) line("a=setup:", to_string(*transport.setup));
    if (transport.tls_id) line("a=tls-id:", *transport.tls_id);
  }

  void rtp(const MediaSection& section) {
    line("a=", to_string(section.direction));
    for (const Msid& msid : section.msids) {
      line("a=msid:", msid.stream, msid.track.empty() ? "" : " ", msid.track);
    }
    if (section.rtcp_mux) line("a=rtcp-mux");
    if (section.rtcp_mux_only) line("a=rtcp-mux-only");
    if (section.rtcp_rsize) line("a=rtcp-rsize");
    if (section.extmap_allow_mixed) line("a=extmap-allow-mixed");
    for (const Extmap& extension : section.extensions) extmap(extension);
    for (const PayloadFormat& format : section.payloads) payload(format, section.kind);
    for (const Rid& rid : section.rids) {
      line("a=rid:", rid.id, rid.send ? " send" : " recv", rid.restrictions.empty() ? "" : " ",
           rid.restrictions);
    }
    if (section.simulcast) line("a=simulcast:", *section.simulcast);
    sources(section);
  }

  void extmap(const Extmap& extension) {
    line("a=extmap:", std::to_string(extension.id), extension.direction ? "/" : "",
         extension.direction ? to_string(*extension.direction) : "", " ", extension.uri,
         extension.attributes.empty() ? "" : " ", extension.attributes);
  }

  void payload(const PayloadFormat& format, MediaKind kind) {
    const std::string payload_type = number(format.payload_type);
    if (!format.encoding.empty()) {
      const bool has_channels = kind == MediaKind::Audio && format.channels != 1;
      line("a=rtpmap:", payload_type, " ", format.encoding, "/",
           std::to_string(format.clock_rate_hz), has_channels ? "/" : "",
           has_channels ? std::to_string(format.channels) : "");
    }
    for (const std::string& feedback : format.feedback) {
      line("a=rtcp-fb:", payload_type, " ", feedback);
    }
    if (!format.fmtp.empty()) line("a=fmtp:", payload_type, " ", format.fmtp);
  }

  void sources(const MediaSection& section) {
    for (const SsrcGroup& group : section.source_groups) {
      std::string ssrcs;
      for (const Ssrc ssrc : group.ssrcs) ssrcs += " " + number(ssrc);
      line("a=ssrc-group:", group.semantics, ssrcs);
    }
    for (const SsrcSource& source : section.sources) {
      line("a=ssrc:", number(source.ssrc), " cname:", source.cname);
      if (!source.msid) continue;
      line("a=ssrc:", number(source.ssrc), " msid:", source.msid->stream,
           source.msid->track.empty() ? "" : " ", source.msid->track);
    }
  }

  void sctp(const MediaSection& section) {
    const std::string port = std::to_string(*section.sctp_port);
    if (section.formats.front() == port) {  // the form before RFC 8841
      line("a=sctpmap:", port, " webrtc-datachannel 65535");
    } else {
      line("a=sctp-port:", port);
    }
    if (section.max_message_size) {
      line("a=max-message-size:", std::to_string(*section.max_message_size));
    }
    if (section.max_packet_size) {
      line("a=x-max-packet-size:", std::to_string(*section.max_packet_size));
    }
  }

  std::string out_;
  bool is_whole_ = true;
};

}  // namespace

std::optional<std::string> compose(const Session& session, std::span<const MediaSection> sections) {
  Composer composer;
  composer.session(session);
  for (const MediaSection& section : sections) composer.section(section);
  return composer.take();
}

}  // namespace duet::sdp
