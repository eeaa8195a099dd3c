// SPDX-License-Identifier: MIT
// One stream that is sent: its numbers, its history, what the peer reports of it.
#pragma once

#include <duet/rtp/packet_writer.hpp>
#include <duet/rtp/payload_map.hpp>
#include <duet/rtp/rtcp_feedback.hpp>
#include <duet/rtp/rtcp_report.hpp>
#include <duet/rtp/rtx.hpp>
#include <duet/rtp/send_history.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace duet::rtp {

struct SenderOptions {
  Ssrc ssrc;
  /// The stream of retransmissions (RFC 4588 §5.3); without one, packets go again as the bytes that
  /// left: see RtpSender::handle_protected().
  std::optional<Ssrc> rtx_ssrc;
  /// Where the numbers begin: random (RFC 3550 §5.1).
  SequenceNumber first_sequence;
  SequenceNumber first_rtx_sequence;
  PayloadMap payloads;
  ExtensionMap extensions;
  /// a=extmap-allow-mixed: whether single packets may have the other form (RFC 8285 §4.1.2).
  bool mixed_extension_forms = false;
  std::string mid;  ///< empty for none
  std::string rid;  ///< empty for none
  /// Whether packets are kept at all: a stream without NACK needs none.
  bool keeps_history = true;
  SendHistory::Limits history;
};

/// An extension's value for one packet.
struct OutgoingExtension {
  ExtensionType type{};
  std::span<const std::byte> value;
};

/// What the media layer gives for one packet.
struct OutgoingPacket {
  PayloadType payload_type;
  Timestamp timestamp;
  bool marker = false;
  /// Numbers to leave out before it, at most SendHistory::kMaxGap: what a forwarder never had.
  std::uint16_t skipped = 0;
  /// When the frame was captured; reports tie the timestamp to it.
  Instant captured_at;
  std::span<const std::byte> head;  ///< the codec's own header, before `payload`; may be empty
  std::span<const std::byte> payload;
  /// Those that were not negotiated are left out.
  std::span<const OutgoingExtension> extensions;
};

/// What W3C calls outbound-rtp, as far as RTP knows it; all counts since the beginning.
struct OutboundStats {
  std::uint64_t packets_sent = 0;       ///< retransmissions included
  std::uint64_t bytes_sent = 0;         ///< of payload, retransmissions included
  std::uint64_t header_bytes_sent = 0;  ///< headers and padding
  std::uint64_t retransmitted_packets_sent = 0;
  std::uint64_t retransmitted_bytes_sent = 0;
  std::uint64_t nack_count = 0;  ///< NACK packets that came
  std::uint64_t pli_count = 0;
  std::uint64_t fir_count = 0;
  /// Asked for, but gone, asked for too often, or over the rate.
  std::uint64_t retransmissions_refused = 0;
  std::optional<PayloadType> payload_type;  ///< of the last packet of media
  std::optional<Instant> last_packet_sent;
};

/// What W3C calls remote-inbound-rtp: the peer's reports of this stream.
struct RemoteInboundStats {
  std::uint64_t reports = 0;
  std::int64_t packets_lost = 0;
  std::int64_t packets_received = 0;  ///< of those up to highest_sequence
  double fraction_lost = 0;           ///< 0 to 1, of the last report
  std::uint32_t jitter_ticks = 0;
  std::uint32_t highest_sequence = 0;
  std::optional<Duration> round_trip;
  Duration total_round_trip{0};
  std::uint64_t round_trip_measurements = 0;
  std::optional<Instant> last_report;
};

/// Writes packets of one stream, keeps them for a while, and sends again what the peer asks for.
class RtpSender {
 public:
  /// Retransmissions waiting for poll_retransmission().
  static constexpr std::size_t kMaxQueued = 512;
  /// The same packet is sent again so often at most, as NackList::kMaxRequests.
  static constexpr int kMaxResends = 10;
  /// What a lost answer costs, on average: the part that is lost, times the round trip in which it
  /// is asked for again. From there on each request is answered twice, since the wait is seen.
  static constexpr Duration kAnswerTwiceCost = 5ms;
  /// Retransmissions may have as many bytes as the packets have, plus this. So a flood of NACKs at
  /// most doubles what is sent, and a path that loses half can still be repaired.
  static constexpr std::size_t kResendBurst = 65'536;

  /// @param before  counts of a sender of the same stream, whose place this one takes
  explicit RtpSender(SenderOptions options, const OutboundStats& before = {});

  /// Writes the next packet of the stream. If abs-send-time or a transport-wide number were
  /// negotiated, their places are there, zero: see stamp_departure().
  /// @param buffer  with kSrtpTailRoom more than the packet
  /// @return empty, and nothing counts, if it doesn't fit
  std::span<std::byte> write(Instant now, const OutgoingPacket& packet,
                             std::span<std::byte> buffer);

  /// A packet of padding to probe the path with: on the RTX stream, as it has no place elsewhere
  /// without confusing who counts frames (RFC 4588 §4).
  /// @param size  bytes of padding, 1 to 255
  /// @return empty without an RTX stream, or before its first packet
  std::span<std::byte> write_padding(std::size_t size, std::span<std::byte> buffer);

  /// A packet to probe the path with that may be of use: the longest of the last ones that was sent
  /// again least often, as its retransmission. Counts as padding.
  /// @param buffer  as in poll_retransmission()
  /// @return empty without an RTX stream, or if no packet of the last second is kept
  std::span<std::byte> write_probe(Instant now, std::span<std::byte> buffer);

  /// Whether there is no stream of retransmissions, and packets are sent again nevertheless. Then
  /// poll_retransmission() gives what handle_protected() was given.
  bool sends_again_as_it_was() const { return options_.keeps_history && !options_.rtx_ssrc; }

  /// A packet of write()'s left as these bytes. Only they may be sent again under its number: what
  /// else is protected under that gives the key away (RFC 7714 §10.1).
  /// @param size  before it was protected
  void handle_protected(Instant now, std::span<const std::byte> packet, std::size_t size);

  void handle_nack(Instant now, const Nack& nack);

  /// Nothing that was sent so far is worth sending again: a key frame comes next.
  void forget_sent() {
    history_.clear();
    queue_size_ = 0;
  }

  void handle_pli() { ++stats_.pli_count; }

  /// @return false for a repetition of the last one (RFC 5104 §4.3.1.2)
  bool handle_fir(const FirEntry& entry);
  /// @param ntp  now, by the clock that reports were written with
  void handle_report_block(Instant now, NtpTime ntp, const ReportBlock& block);

  /// The peer reports the stream of retransmissions, so it knows it.
  void handle_rtx_reported() { is_rtx_reported_ = true; }

  void set_round_trip(Duration round_trip) { round_trip_ = round_trip; }

  /// The next retransmission, protected if sends_again_as_it_was(). Ask until it is empty.
  /// @param buffer  as in write(), with kOsnSize and the stream's names more
  std::span<std::byte> poll_retransmission(Instant now, std::span<std::byte> buffer);

  bool has_retransmissions() const { return queue_size_ != 0; }

  /// What a sender report says now (RFC 3550 §6.4.1); nothing before the first packet.
  std::optional<SenderInfo> report(Instant now, NtpTime ntp) const;
  /// Whether a packet was sent within the last two report intervals (RFC 3550 §6.3.8).
  bool is_active(Instant now, Duration interval) const;

  /// The numbers of the next packets: for a sender that takes this one's place.
  SequenceNumber next_sequence() const { return next_; }

  SequenceNumber next_rtx_sequence() const { return next_rtx_; }

  Ssrc ssrc() const { return options_.ssrc; }

  std::optional<Ssrc> rtx_ssrc() const { return options_.rtx_ssrc; }

  const SenderOptions& options() const { return options_; }

  const OutboundStats& stats() const { return stats_; }

  const RemoteInboundStats& remote_stats() const { return remote_; }

 private:
  void add_departure(PacketWriter& writer) const;
  bool add_extensions(PacketWriter& writer, const OutgoingPacket& packet, ExtensionForm form) const;
  RtxHeader rtx_header(PayloadType type) const;
  ExtensionForm form_of(const OutgoingPacket& packet) const;
  bool answers_twice() const;
  void queue(SequenceNumber sequence);
  std::span<std::byte> resend(Instant now, SendHistory::Entry& entry, std::span<std::byte> buffer);

  SenderOptions options_;
  ExtensionForm form_;  // of packets whose extensions are all short
  SendHistory history_;
  std::size_t protection_ = 0;  // bytes that it adds to a packet, where those are kept so
  SequenceNumber next_;
  SequenceNumber next_rtx_;
  // Of the last packet: ties the stream's clock to ours.
  Timestamp timestamp_;
  Instant captured_at_;
  PayloadType payload_type_;
  std::uint32_t packet_count_ = 0;  // of this SSRC alone, for reports
  std::uint32_t octet_count_ = 0;
  // The peer knows the stream, so its names can be left out.
  bool is_reported_ = false;
  bool is_rtx_reported_ = false;

  std::vector<SequenceNumber> queue_;  // ring of kMaxQueued, made with the first NACK
  std::size_t queue_first_ = 0;
  std::size_t queue_size_ = 0;
  std::size_t resend_credit_ = kResendBurst;  // bytes
  std::optional<Duration> round_trip_;
  std::optional<std::uint8_t> fir_sequence_;
  OutboundStats stats_;
  RemoteInboundStats remote_;
};

/// Puts in what is known only when a packet leaves: its transport-wide number and abs-send-time,
/// where there is a place for them. Retransmissions need it too.
/// @return whether the packet has a transport-wide number now
bool stamp_departure(std::span<std::byte> packet, const ExtensionMap& extensions,
                     SequenceNumber transport_sequence, NtpTime now);

}  // namespace duet::rtp
