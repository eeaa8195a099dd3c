// SPDX-License-Identifier: MIT
// One stream that is received: what is new in it, what is missing, and what to report.
#pragma once

#include <duet/rtp/nack_list.hpp>
#include <duet/rtp/packet.hpp>
#include <duet/rtp/payload_map.hpp>
#include <duet/rtp/reception.hpp>
#include <duet/rtp/rtcp_report.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace duet::rtp {

struct ReceiverOptions {
  Ssrc ssrc;
  std::optional<Ssrc> rtx_ssrc;  ///< may also become known later
  PayloadMap payloads;
  bool nack = false;  ///< whether the sender answers generic NACK
  bool pli = false;   ///< whether it makes a key frame when asked: pictures, not sound
};

/// A packet for the media layer, each of a stream once. Also padding, whose payload is empty, and
/// ULPFEC: they tell nothing but that no frame has these numbers.
struct ReceivedPacket {
  Packet packet;  ///< a view of the datagram's memory
  Payload::Role role{};
  std::int64_t sequence = 0;   ///< unwrapped; a restart makes a gap of more than 3,000
  std::int64_t timestamp = 0;  ///< unwrapped
  bool recovered = false;      ///< came as a retransmission in a stream of its own
  bool restarted = false;      ///< nothing before it belongs to it
};

/// What W3C calls inbound-rtp, as far as RTP knows it; all counts since the beginning.
struct InboundStats {
  std::uint64_t packets_received = 0;       ///< retransmissions included
  std::uint64_t bytes_received = 0;         ///< of payload
  std::uint64_t header_bytes_received = 0;  ///< headers and padding
  std::uint64_t retransmitted_packets_received = 0;
  std::uint64_t retransmitted_bytes_received = 0;
  std::uint64_t fec_packets_received = 0;
  std::uint64_t packets_duplicated = 0;
  std::uint64_t packets_discarded = 0;  ///< unknown payload type, or too far from the others
  std::uint64_t padding_received = 0;   ///< packets without payload, and empty retransmissions
  std::uint64_t nack_count = 0;         ///< NACK packets that were sent
  std::uint64_t pli_count = 0;
  std::uint64_t fir_count = 0;
  std::uint64_t restarts = 0;
  std::optional<PayloadType> payload_type;  ///< of the last packet of media
  std::optional<Instant> last_packet_received;
};

/// What W3C calls remote-outbound-rtp: the sender's reports of this stream.
struct RemoteOutboundStats {
  std::uint64_t reports = 0;
  std::uint32_t packets_sent = 0;
  std::uint32_t bytes_sent = 0;
  NtpTime remote_time;
  std::optional<Duration> round_trip;  ///< by XR (RFC 3611 §4.5)
  Duration total_round_trip{0};
  std::uint64_t round_trip_measurements = 0;
};

/// Takes the packets of one stream, and those of its retransmissions, and tells what is new.
class RtpReceiver {
 public:
  explicit RtpReceiver(const ReceiverOptions& options) : options_{options} {}

  /// @param packet  of ssrc() or of rtx_ssrc(), as the demultiplexer routed it
  /// @param memory  the bytes it was parsed from: a retransmission is restored there
  /// @return nothing for what the media layer needn't see: duplicates and probes
  std::optional<ReceivedPacket> handle_packet(Instant now, const Packet& packet,
                                              std::span<std::byte> memory);

  void handle_sender_report(Instant now, const SenderInfo& info);
  /// The peer answered our reference time.
  void handle_round_trip(Duration round_trip);

  void set_round_trip(Duration round_trip) { nacks_.set_round_trip(round_trip); }

  /// After a negotiation: what payload types mean from now on, and whether NACKs are answered.
  void set_payloads(const PayloadMap& payloads, bool nack) {
    options_.payloads = payloads;
    options_.nack = nack;
  }

  void set_rtx_ssrc(Ssrc ssrc) { options_.rtx_ssrc = ssrc; }

  /// The media layer goes on from here: what is missing before this number, as ReceivedPacket has
  /// it, is not wanted any more.
  void forget_before(std::int64_t sequence) { nacks_.forget_before(sequence); }

  /// What to ask for again now, oldest first; ask again if `out` got full.
  std::size_t poll_nack(Instant now, std::span<SequenceNumber> out) {
    return nacks_.poll_nack(now, out);
  }

  /// True once when packets were given up, or the stream restarted: only a key frame helps.
  bool poll_key_frame_wanted();

  std::optional<Instant> next_timeout() const { return nacks_.next_timeout(); }

  /// The block for the next report (RFC 3550 §6.4.1), which begins the next interval; nothing
  /// before the first packet.
  std::optional<ReportBlock> take_report(Instant now);

  void count_nack() { ++stats_.nack_count; }

  void count_pli() { ++stats_.pli_count; }

  void count_fir() { ++stats_.fir_count; }

  /// When the sender's clock stood at this timestamp, by its reports: what sound and picture are
  /// brought together with. Nothing before the first report.
  std::optional<NtpTime> capture_time(Timestamp timestamp) const;

  Ssrc ssrc() const { return options_.ssrc; }

  std::optional<Ssrc> rtx_ssrc() const { return options_.rtx_ssrc; }

  const ReceiverOptions& options() const { return options_; }

  const InboundStats& stats() const { return stats_; }

  const RemoteOutboundStats& remote_stats() const { return remote_; }

  /// W3C packetsLost: of this SSRC, so what retransmissions repaired is lost all the same.
  std::int64_t packets_lost() const { return reception_.lost(); }

  /// W3C jitter, in seconds.
  double jitter() const;

  std::size_t packets_missing() const { return nacks_.missing(); }

 private:
  std::optional<ReceivedPacket> handle_media(Instant now, const Packet& packet);
  std::optional<ReceivedPacket> handle_rtx(Instant now, const Packet& packet,
                                           std::span<std::byte> memory);
  std::optional<ReceivedPacket> deliver(Instant now, const Packet& packet,
                                        Reception::Verdict verdict, bool recovered);
  void count(Instant now, const Packet& packet);

  ReceiverOptions options_;
  Reception reception_;
  NackList nacks_;
  Unwrapper<Timestamp> timestamps_;

  struct LastReport {
    SenderInfo info;
    Instant at;
  };

  std::optional<LastReport> last_report_;
  std::uint32_t clock_rate_ = 0;  // of the last packet of media, or of RED
  bool key_frame_wanted_ = false;
  InboundStats stats_;
  RemoteOutboundStats remote_;
};

}  // namespace duet::rtp
