// SPDX-License-Identifier: MIT
// The RTP half of a connection: the streams of its transceivers, and the RTCP they share.
#pragma once

#include <duet/base/random.hpp>
#include <duet/base/result.hpp>
#include <duet/base/time.hpp>
#include <duet/peer/error.hpp>
#include <duet/peer/media_control.hpp>
#include <duet/peer/packet_queue.hpp>
#include <duet/peer/transceiver.hpp>
#include <duet/rtp/demuxer.hpp>
#include <duet/rtp/session.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

namespace duet::peer {

/// One packet of media that the application has made; the header is ours.
struct MediaPacket {
  /// One of the negotiated codecs to send; nothing for the first of them.
  std::optional<PayloadType> payload_type = {};
  rtp::Timestamp timestamp;
  bool marker = false;
  std::span<const std::byte> payload;
  /// When the clock stood at `timestamp`: reports say so, and sound and picture are brought
  /// together by that. Nothing for the moment of sending.
  std::optional<Instant> captured_at = {};
};

/// A packet of media for the application. Views the datagram it came in.
struct MediaReceived {
  TransceiverId transceiver;
  Ssrc ssrc;
  rtp::ReceivedPacket packet;
};

/// The peer wants a key frame of what this transceiver sends, or will: the path was interrupted,
/// and what was sent meanwhile is lost.
struct KeyFrameWanted {
  TransceiverId transceiver;
};

/// The stream that this transceiver received has ended (RTCP BYE).
struct StreamEnded {
  TransceiverId transceiver;
  Ssrc ssrc;
};

/// How packets arrived at the peer; views the datagram it came in.
struct ArrivalsReported {
  rtp::TransportFeedback feedback;
};

/// The peer can take so much (REMB).
struct RateLimited {
  std::uint64_t rate_bps = 0;
};

/// What encoders may make from now on. Comes when it has changed by more than a little.
struct TargetRateChanged {
  /// Pictures, all together: what the path carries, less headers, sound and what is sent again.
  std::uint64_t media_bps = 0;
  /// What sound may take of the wire, headers and redundancy with it (congestion::SoundPlan).
  std::uint64_t sound_bps = 0;
};

using MediaEvent =
    std::variant<KeyFrameWanted, StreamEnded, ArrivalsReported, RateLimited, TargetRateChanged>;

struct MediaOptions {
  /// Whether pictures are paced and their rate is estimated, where the peer knows transport-wide
  /// feedback. Without it packets leave as they come.
  bool congestion_control = true;
  congestion::Config congestion;
};

/// Streams begin and end with what is negotiated. A stream that is received gets its receiver with
/// its first packet, so that a peer may change its SSRC at any time.
class Media {
 public:
  /// SSRCs that one transceiver receives at a time: a peer that restarts its encoder uses a new
  /// one, and the one unheard for longest gives its place.
  static constexpr std::size_t kMaxReceivers = 4;

  /// @param clock   the wall clock, as reports tell it
  /// @param random  outlives this
  Media(const rtp::NtpClock& clock, Random& random, const MediaOptions& options = {});
  ~Media();

  /// After each negotiation.
  void configure(Instant now, const std::vector<Transceiver>& transceivers);

  /// Queues a packet: pictures wait for the pacer, if there is one. InvalidStateError while the
  /// transceiver doesn't send, InvalidAccessError for a payload type that was not negotiated,
  /// OperationError for a packet of over kMaxPayload bytes or while the queue is full.
  Result<void, Error> send(Instant now, TransceiverId id, const MediaPacket& packet);

  static constexpr std::size_t kMaxPayload = 1200;

  /// @param packet  decrypted; retransmissions are restored in place
  /// @return nothing for duplicates, probes and what belongs to no transceiver
  std::optional<MediaReceived> handle_rtp(Instant now, std::span<std::byte> packet);
  void handle_rtcp(Instant now, std::span<const std::byte> packet);

  std::optional<MediaEvent> poll_event();

  /// Asks the peer for a key frame of what this transceiver receives.
  void request_key_frame(TransceiverId id);

  /// What is missing of a stream that this transceiver receives, before that number, is of no use
  /// any more: it is not asked for again. See rtp::RtpReceiver::forget_before().
  void forget_missing(TransceiverId id, Ssrc ssrc, std::int64_t before);

  struct Packet {
    std::size_t size = 0;
    bool is_rtcp = false;
    bool is_protected = false;  ///< it leaves as it is
  };

  /// Writes the next packet to send, unprotected. Ask until there is none, once there are keys.
  /// @param memory  kMinMemory bytes or more; srtp::kMaxRtcpOverhead of it stay free
  std::optional<Packet> poll_transmit(Instant now, std::span<std::byte> memory);

  static constexpr std::size_t kMinMemory = 1500;

  /// What an RTP packet of poll_transmit()'s became, to be sent again as such where there is no
  /// stream of retransmissions.
  /// @param size  before it was protected
  void handle_protected(Instant now, std::span<const std::byte> packet, std::size_t size);

  void handle_timeout(Instant now);
  std::optional<Instant> next_timeout() const;

  /// The most that encoders have a use for, on the wire: more is not looked for.
  void set_wanted_rate(std::uint64_t rate_bps);

  /// Says BYE with the next packet, which is the last; what waits is dropped.
  void close();

  // For statistics.

  const rtp::RtpSender* sender(TransceiverId id) const;
  std::vector<const rtp::RtpReceiver*> receivers(TransceiverId id) const;

  const rtp::RtcpSession* session() const { return session_ ? &*session_ : nullptr; }

  std::uint64_t packets_unrouted() const { return unrouted_; }

  /// The estimate, the pacer and what waits; nullptr before pictures are sent under control.
  const MediaControl* control() const { return control_.get(); }

 private:
  struct Receiver {
    std::unique_ptr<rtp::RtpReceiver> stream;
    Instant heard;
    bool has_left = false;  // BYE: what it counted stands
  };

  /// Where a stream that was held goes on: under one key no number is used twice (RFC 3711 §9.1).
  struct Numbers {
    Ssrc ssrc;
    rtp::SequenceNumber sequence;
    rtp::SequenceNumber rtx_sequence;
    rtp::OutboundStats stats;  // which W3C counts for the SSRC's whole life
  };

  /// One transceiver's streams.
  struct Stream {
    TransceiverId id;
    RtpParameters parameters;
    rtp::PayloadMap send_map;
    rtp::PayloadMap receive_map;
    bool nack = false;
    bool receives = false;
    bool is_paced = false;
    bool wants_key_frame = false;
    std::optional<Instant> key_frame_at;     // asked for of our own accord
    std::unique_ptr<rtp::RtpSender> sender;  // null while nothing is sent
    std::optional<Numbers> next;             // of a sender that was here before
    std::vector<Receiver> receivers;
  };

  static void remember_numbers(Stream& stream);
  Stream* find(TransceiverId id);
  const Stream* find(TransceiverId id) const;
  void configure_stream(const Transceiver& transceiver);
  void configure_demuxer(Instant now);
  void make_session(Instant now);
  void collect();
  bool has_retransmissions() const;
  Packet write_retransmission(Instant now, std::span<std::byte> memory);
  std::size_t write_padding(Instant now, std::span<std::byte> memory);
  std::size_t take(PacketQueue& queue, std::span<std::byte> memory) const;
  Packet depart(Instant now, MediaControl::Kind kind, std::span<std::byte> packet,
                bool is_protected = false);
  void tell_control(Instant now);
  Receiver& receiver_for(Instant now, Stream& stream, const rtp::Packet& packet);
  Stream* stream_that_sends(Ssrc ssrc);

  rtp::NtpClock clock_;
  MediaOptions options_;
  Random& random_;
  std::vector<Stream> streams_;  // in the order of the demuxer's sections
  rtp::ExtensionMap extensions_;
  rtp::Demuxer demuxer_;
  std::optional<rtp::RtcpSession> session_;
  rtp::Arrivals arrivals_;
  PacketQueue queue_;  // what isn't paced
  std::unique_ptr<MediaControl> control_;
  std::uint64_t wanted_bps_ = 0;      // 0 for what the configuration says
  std::uint64_t reports_heeded_ = 0;  // of receivers
  Instant heard_at_{};                // the last RTCP
  rtp::SequenceNumber next_transport_sequence_{0};
  std::vector<rtp::RtpSender*> senders_;  // of streams_, as RtcpSession wants them
  std::vector<rtp::RtpReceiver*> receivers_;
  std::uint64_t unrouted_ = 0;
  bool is_closed_ = false;
};

}  // namespace duet::peer
