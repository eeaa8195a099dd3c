// SPDX-License-Identifier: MIT
// getStats(): a connection's numbers in the W3C's kinds and names.
#pragma once

#include <duet/base/rtp_ids.hpp>
#include <duet/base/time.hpp>
#include <duet/data_channel/channel.hpp>
#include <duet/dtls/role.hpp>
#include <duet/ice/config.hpp>
#include <duet/ice/stats.hpp>
#include <duet/peer/media_stats.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace duet::peer {

class Connection;
enum class DtlsState : std::uint8_t;

/// Since 1970, by the connection's wall clock.
using StatsTime = std::chrono::microseconds;

// Members are the W3C's (webrtc-stats), in snake_case. Those that end in _id are ids of other
// entries in the same report; an empty one names none.

/// W3C webrtc-stats #dom-rtcstats.
struct StatsEntry {
  std::string id;  ///< stays the same from report to report
  StatsTime timestamp{};
};

/// #dom-rtccodecstats
struct CodecStats : StatsEntry {
  std::string transport_id;
  PayloadType payload_type;
  std::string mime_type;  ///< "video/VP8"
  std::uint32_t clock_rate = 0;
  std::optional<std::uint32_t> channels;  ///< of sound
  std::string sdp_fmtp_line;              ///< may be empty
};

/// #dom-rtcrtpstreamstats
struct RtpStreamStats : StatsEntry {
  Ssrc ssrc;
  MediaKind kind{};
  std::string transport_id;
  std::string codec_id;
};

/// #dom-rtcreceivedrtpstreamstats
struct ReceivedRtpStreamStats : RtpStreamStats {
  std::optional<std::uint64_t> packets_received;
  std::int64_t packets_lost = 0;
  double jitter = 0;  ///< seconds
};

/// #dom-rtcsentrtpstreamstats
struct SentRtpStreamStats : RtpStreamStats {
  std::uint64_t packets_sent = 0;
  std::uint64_t bytes_sent = 0;
};

/// #dom-rtcinboundrtpstreamstats
struct InboundRtpStreamStats : ReceivedRtpStreamStats {
  std::string mid;
  std::string track_identifier;
  std::string remote_id;
  std::uint64_t bytes_received = 0;
  std::uint64_t header_bytes_received = 0;
  std::uint64_t retransmitted_packets_received = 0;
  std::uint64_t retransmitted_bytes_received = 0;
  std::uint64_t packets_discarded = 0;
  std::uint64_t fec_packets_received = 0;
  std::optional<Ssrc> rtx_ssrc;
  std::uint32_t nack_count = 0;
  std::uint32_t pli_count = 0;
  std::uint32_t fir_count = 0;
  std::optional<StatsTime> last_packet_received_timestamp;
  DecoderStats decoder;
};

/// #dom-rtcoutboundrtpstreamstats
struct OutboundRtpStreamStats : SentRtpStreamStats {
  std::string mid;
  std::string media_source_id;
  std::string remote_id;
  std::uint32_t encoding_index = 0;
  std::uint64_t header_bytes_sent = 0;
  std::uint64_t retransmitted_packets_sent = 0;
  std::uint64_t retransmitted_bytes_sent = 0;
  std::optional<Ssrc> rtx_ssrc;
  std::uint32_t nack_count = 0;
  std::uint32_t pli_count = 0;
  std::uint32_t fir_count = 0;
  bool active = true;
  EncoderStats encoder;
};

/// #dom-rtcremoteinboundrtpstreamstats
struct RemoteInboundRtpStreamStats : ReceivedRtpStreamStats {
  std::string local_id;
  double fraction_lost = 0;
  std::optional<Duration> round_trip_time;
  Duration total_round_trip_time{};
  std::uint64_t round_trip_time_measurements = 0;
};

/// #dom-rtcremoteoutboundrtpstreamstats
struct RemoteOutboundRtpStreamStats : SentRtpStreamStats {
  std::string local_id;
  StatsTime remote_timestamp{};
  std::uint64_t reports_sent = 0;
  std::optional<Duration> round_trip_time;
  Duration total_round_trip_time{};
  std::uint64_t round_trip_time_measurements = 0;
};

/// #dom-rtcmediasourcestats
struct MediaSourceStats : StatsEntry {
  MediaKind kind{};
  std::string track_identifier;
  SourceStats source;
};

/// #dom-rtcpeerconnectionstats
struct PeerConnectionStats : StatsEntry {
  std::uint32_t data_channels_opened = 0;
  std::uint32_t data_channels_closed = 0;
};

/// #dom-rtcdatachannelstats
struct DataChannelStats : StatsEntry {
  std::string label;
  std::string protocol;
  std::optional<std::uint16_t> data_channel_identifier;
  data_channel::State state{};
  std::uint32_t messages_sent = 0;
  std::uint64_t bytes_sent = 0;
  std::uint32_t messages_received = 0;
  std::uint64_t bytes_received = 0;
};

/// #dom-rtctransportstats
struct TransportStats : StatsEntry {
  std::uint64_t packets_sent = 0;
  std::uint64_t packets_received = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  ice::Role ice_role{};
  std::string ice_local_username_fragment;
  ice::State ice_state{};
  DtlsState dtls_state{};
  std::string selected_candidate_pair_id;
  std::uint32_t selected_candidate_pair_changes = 0;
  std::string local_certificate_id;
  std::string remote_certificate_id;
  std::string tls_version;  ///< "FEFD": the two bytes of DTLS 1.2, as hexadecimal digits
  std::string dtls_cipher;  ///< as IANA's registry names it
  std::optional<dtls::Role> dtls_role;
  std::string srtp_cipher;
};

/// #dom-rtcicecandidatestats: local-candidate and remote-candidate
struct IceCandidateStats : StatsEntry {
  bool is_remote = false;
  std::string transport_id;
  std::string address;  ///< empty for one that hides behind a name
  std::uint16_t port = 0;
  ice::Protocol protocol{};
  ice::CandidateType candidate_type{};
  std::uint32_t priority = 0;
  std::string url;  ///< of the server that it was found with
  std::optional<ice::Carrier> relay_protocol;
  std::string foundation;
  std::string related_address;
  std::optional<std::uint16_t> related_port;
  std::string username_fragment;
  std::optional<ice::TcpType> tcp_type;
};

/// #dom-rtcicecandidatepairstats
struct IceCandidatePairStats : StatsEntry {
  std::string transport_id;
  std::string local_candidate_id;
  std::string remote_candidate_id;
  ice::PairState state{};
  bool nominated = false;
  std::uint64_t priority = 0;
  std::uint64_t packets_sent = 0;
  std::uint64_t packets_received = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::optional<StatsTime> last_packet_sent_timestamp;
  std::optional<StatsTime> last_packet_received_timestamp;
  Duration total_round_trip_time{};
  std::optional<Duration> current_round_trip_time;
  std::optional<double> available_outgoing_bitrate;  ///< of the selected pair alone
  std::optional<double> available_incoming_bitrate;
  std::uint64_t requests_received = 0;
  std::uint64_t requests_sent = 0;
  std::uint64_t responses_received = 0;
  std::uint64_t responses_sent = 0;
  std::uint64_t consent_requests_sent = 0;
  std::uint32_t packets_discarded_on_send = 0;
  std::uint64_t bytes_discarded_on_send = 0;
};

/// #dom-rtccertificatestats
struct CertificateStats : StatsEntry {
  std::string fingerprint;  ///< "AB:CD:..."
  std::string fingerprint_algorithm;
  std::string base64_certificate;  ///< DER
};

using Stats = std::variant<CodecStats, InboundRtpStreamStats, OutboundRtpStreamStats,
                           RemoteInboundRtpStreamStats, RemoteOutboundRtpStreamStats,
                           MediaSourceStats, PeerConnectionStats, DataChannelStats, TransportStats,
                           IceCandidateStats, IceCandidatePairStats, CertificateStats>;

/// W3C webrtc-stats #dom-rtcstatstype: "inbound-rtp".
std::string_view type_of(const Stats& entry);

const StatsEntry& entry_of(const Stats& entry);

/// W3C webrtc #dom-rtcstatsreport. Every id that is named is there.
struct StatsReport {
  std::vector<Stats> entries;

  /// nullptr if there is none of that kind and id.
  template <class T>
  const T* find(std::string_view id) const& {
    for (const Stats& one : entries) {
      const T* const entry = std::get_if<T>(&one);
      if (entry != nullptr && entry->id == id) return entry;
    }
    return nullptr;
  }

  template <class T>
  std::vector<const T*> all() const& {
    std::vector<const T*> found;
    for (const Stats& one : entries) {
      if (const T* const entry = std::get_if<T>(&one)) found.push_back(entry);
    }
    return found;
  }

  // What they give would be gone with the report.
  template <class T>
  const T* find(std::string_view id) const&& = delete;
  template <class T>
  std::vector<const T*> all() const&& = delete;
};

/// W3C webrtc #dom-rtcpeerconnection-getstats, without a selector. Changes nothing.
StatsReport get_stats(Instant now, const Connection& connection,
                      const StatsSupplement& supplement = {});

}  // namespace duet::peer
