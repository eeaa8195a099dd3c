// SPDX-License-Identifier: MIT
// RTCP between the two ends: what comes goes to its stream, what is due goes out.
#pragma once

#include <duet/rtp/arrivals.hpp>
#include <duet/rtp/receiver.hpp>
#include <duet/rtp/rtcp_schedule.hpp>
#include <duet/rtp/rtcp_writer.hpp>
#include <duet/rtp/sender.hpp>
#include <duet/rtp/transport_feedback.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace duet::rtp {

struct SessionOptions {
  /// Who feedback comes from while nothing is sent (RFC 4585 §6.1).
  Ssrc ssrc;
  /// One name for all streams (RFC 8834 §4.9), 1 to 255 bytes.
  std::string cname;
  bool reduced_size = false;  ///< a=rtcp-rsize (RFC 5506): feedback may go without a report
  /// Whether round trips are measured by XR while nothing is sent (RFC 3611 §4.4).
  bool reference_time = true;
  RtcpSchedule::Options schedule;
};

/// The streams of a session. They belong to the caller, who may change them between any two calls.
struct Streams {
  std::span<RtpSender* const> senders;
  std::span<RtpReceiver* const> receivers;
};

/// The peer wants a key frame of this stream, by PLI or FIR.
struct KeyFrameRequest {
  Ssrc ssrc;
};

/// The peer can take so much, by REMB.
struct RateRequest {
  std::uint64_t rate_bps = 0;
};

/// The stream has ended.
struct Goodbye {
  Ssrc ssrc;
};

/// TransportFeedback is a view of the datagram: it is valid as long as that is.
using RtcpEvent = std::variant<KeyFrameRequest, RateRequest, Goodbye, TransportFeedback>;

enum class KeyFrameMethod : std::uint8_t { Pli, Fir };

/// All RTCP of one transport.
class RtcpSession {
 public:
  /// Streams that key frames are asked of; the one asked longest ago makes place for a new one.
  static constexpr std::size_t kMaxKeyFrameSources = 64;
  /// Of one datagram: more than it has streams. What a peer asks for beyond is not heard.
  static constexpr std::size_t kMaxEvents = 64;
  /// A report with a name and room for feedback.
  static constexpr std::size_t kMinBuffer = 512;
  /// The least between two requests for the same stream, or a round trip if that is longer.
  static constexpr Duration kKeyFrameGap = 100ms;
  /// Reference times of the peer's that the next report answers (RFC 3611 §4.5).
  static constexpr std::size_t kMaxReferences = 4;

  struct Stats {
    std::uint64_t packets_received = 0;  ///< datagrams
    std::uint64_t packets_sent = 0;
    std::uint64_t malformed = 0;  ///< datagrams, or packets in them, that broke a rule
    std::uint64_t ignored = 0;    ///< packets of types that say nothing here
    std::uint64_t astray = 0;     ///< feedback and reports on streams that aren't here
  };

  /// @param random  outlives the session
  RtcpSession(Instant now, const NtpClock& clock, Random& random, SessionOptions options);

  /// One datagram, unprotected. Events that were not polled since the last one are gone.
  void handle_packet(Instant now, std::span<const std::byte> bytes, const Streams& streams);
  std::optional<RtcpEvent> poll_event();

  /// Asks for a key frame, now or when the last request is long enough ago.
  void request_key_frame(Ssrc media, KeyFrameMethod method = KeyFrameMethod::Pli);
  /// Tells the peer what we can take (REMB), now and with each report; 0 stops it.
  void set_receive_rate(std::uint64_t rate_bps);
  /// All streams end: the next datagram says so and is the last (RFC 3550 §6.3.7).
  void close();

  /// The next datagram that is due. Ask until it is empty: after each input, and at next_timeout().
  /// @param arrivals  whose feedback goes along; nullptr for none
  /// @param buffer    at least kMinBuffer, usually 1,200 bytes, kSrtpTailRoom of which stay free
  std::span<std::byte> poll_transmit(Instant now, const Streams& streams, Arrivals* arrivals,
                                     std::span<std::byte> buffer);

  std::optional<Instant> next_timeout(const Streams& streams, const Arrivals* arrivals) const;

  /// Smoothed, from reports or XR.
  std::optional<Duration> round_trip() const { return round_trip_; }

  const Stats& stats() const { return stats_; }

 private:
  struct KeyFrameSource {
    Ssrc ssrc;
    std::optional<Instant> asked_at;
    bool wanted = false;
    KeyFrameMethod method = KeyFrameMethod::Pli;
    std::uint8_t fir_sequence = 0;
  };

  struct Reference {
    Ssrc ssrc;
    std::uint32_t time = 0;  // compact
    Instant at;
  };
  enum class State : std::uint8_t { Open, Closing, Closed };

  void handle_one(Instant now, const RtcpPacket& packet, const Streams& streams);
  void handle_sender_report(Instant now, const SenderReport& report, const Streams& streams);
  void handle_blocks(Instant now, const Records<ReportBlock>& blocks, const Streams& streams);
  void handle_extended(Instant now, const ExtendedReport& report, const Streams& streams);
  void handle_feedback(Instant now, const Feedback& feedback, const Streams& streams);
  void handle_payload_feedback(const Feedback& feedback, const Streams& streams);
  void learn_round_trip(Duration measured, const Streams& streams);

  /// A whole report (RFC 3550 §6.1), or the least that a compound needs (RFC 4585 §3.1).
  void write_report(Instant now, const Streams& streams, RtcpWriter& writer);
  void write_minimal_report(const Streams& streams, RtcpWriter& writer);
  std::size_t take_blocks(Instant now, const Streams& streams, std::span<ReportBlock> out);
  void write_extended(Instant now, bool sends, Ssrc own, RtcpWriter& writer);
  bool write_feedback(Instant now, const Streams& streams, Arrivals* arrivals, RtcpWriter& writer);
  bool write_key_frame_requests(Instant now, const Streams& streams, RtcpWriter& writer);
  bool write_nacks(Instant now, const Streams& streams, RtcpWriter& writer);
  bool write_arrivals(Instant now, const Streams& streams, Arrivals* arrivals, RtcpWriter& writer);
  bool write_receive_rate(const Streams& streams, RtcpWriter& writer);
  void add_event(const RtcpEvent& event);
  void add_key_frame_request(Ssrc ssrc);
  Duration key_frame_gap() const;
  Ssrc own_ssrc(const Streams& streams) const;

  NtpClock clock_;
  SessionOptions options_;
  RtcpSchedule schedule_;
  State state_ = State::Open;
  std::vector<RtcpEvent> events_;  // of the last datagram
  std::size_t next_event_ = 0;
  std::vector<KeyFrameSource> key_frames_;
  std::vector<Reference> references_;
  std::size_t first_receiver_ = 0;  // whose block comes first, where not all fit
  std::uint64_t receive_rate_bps_ = 0;
  bool receive_rate_changed_ = false;
  std::optional<Duration> round_trip_;
  Stats stats_;
};

}  // namespace duet::rtp
