// SPDX-License-Identifier: MIT
// One m-section: its lines as they were written, and what they mean.
#pragma once

#include <duet/sdp/attributes.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duet::sdp {

enum class MediaKind : std::uint8_t { Audio, Video, Application, Other };

/// "audio", "video", "application"; empty for Other.
std::string_view to_string(MediaKind kind);

/// `type=value`, the line's end left out.
struct Line {
  char type = 0;
  std::string value;

  friend bool operator==(const Line&, const Line&) = default;
};

/// What an m-section or, for all that don't say otherwise, the session tells about the transport.
struct TransportAttributes {
  std::optional<std::string> ice_ufrag;   // 4 to 256 characters (RFC 8839 §5.4)
  std::optional<std::string> ice_pwd;     // 22 to 256 characters
  std::vector<std::string> ice_options;   // "trickle", "ice2", "renomination"
  std::vector<Fingerprint> fingerprints;  // RFC 8122 §5: of one certificate
  std::optional<Setup> setup;
  std::optional<std::string> tls_id;  // RFC 8842 §4

  bool has_ice_option(std::string_view option) const;

  friend bool operator==(const TransportAttributes&, const TransportAttributes&) = default;
};

/// An m-section. `lines` is the truth and begins with the m= line; the rest was read from it when
/// it was parsed.
struct MediaSection {
  std::vector<Line> lines;

  // The m= line (RFC 8866 §5.14).
  MediaKind kind = MediaKind::Other;
  std::string media;  // "audio"
  std::uint16_t port = 0;
  std::string protocol;              // "UDP/TLS/RTP/SAVPF"
  std::vector<std::string> formats;  // payload types, or "webrtc-datachannel"

  std::optional<std::string> mid;
  Direction direction = Direction::SendRecv;
  bool bundle_only = false;         // RFC 9143 §6
  bool rtcp_mux = false;            // RFC 5761 §5.1.1
  bool rtcp_mux_only = false;       // RFC 8858 §3
  bool rtcp_rsize = false;          // RFC 5506 §5.1
  bool extmap_allow_mixed = false;  // RFC 8285 §6, here or at the session
  TransportAttributes transport;    // with the session's where the section is silent
  std::vector<std::string>
      candidates;                  // "candidate:..." without "a="; what they say is ICE's matter
  bool end_of_candidates = false;  // here or at the session (RFC 8840 §4.2)

  // RTP, in the order of the m= line or as written
  std::vector<PayloadFormat> payloads;
  std::vector<Extmap> extensions;
  std::vector<Msid> msids;
  std::vector<SsrcSource> sources;
  std::vector<SsrcGroup> source_groups;
  std::vector<Rid> rids;
  std::optional<std::string> simulcast;  // its value as written (RFC 8853 §5.1)

  // SCTP (RFC 8841); the older form with sctpmap is read into the same fields
  std::optional<std::uint16_t> sctp_port;
  std::optional<std::uint64_t> max_message_size;  // bytes; 0 for any size
  /// Duet's own, `a=x-max-packet-size`: the longest SCTP packet that this end takes, in bytes. Who
  /// doesn't say may fail on one that is longer than the Internet's (docs/decisions/0015).
  std::optional<std::uint64_t> max_packet_size;

  /// Refused or taken out: its port is zero, and that isn't bundle-only's zero (RFC 9143 §6).
  bool is_rejected() const { return port == 0 && !bundle_only; }

  /// Audio or video over RTP, of whichever profile.
  bool is_rtp() const;

  /// "webrtc-datachannel" over SCTP over DTLS, in its present or its older form.
  bool is_data_channel() const;

  const PayloadFormat* find_payload(PayloadType payload_type) const;

  /// What may be sent to the describing end, in bit/s of RTP: its b=TIAS, else its b=AS less what
  /// IP and UDP take of it (RFC 9429 §5.9). Nothing where it sets no bound.
  std::optional<std::uint64_t> max_bitrate() const;

  friend bool operator==(const MediaSection&, const MediaSection&) = default;
};

}  // namespace duet::sdp
