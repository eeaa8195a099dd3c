// SPDX-License-Identifier: MIT
// An SCTP association over DTLS as one machine.
#pragma once

#include <duet/base/random.hpp>
#include <duet/base/result.hpp>
#include <duet/base/time.hpp>
#include <duet/sctp/congestion.hpp>
#include <duet/sctp/cookie.hpp>
#include <duet/sctp/data.hpp>
#include <duet/sctp/init.hpp>
#include <duet/sctp/message.hpp>
#include <duet/sctp/outstanding.hpp>
#include <duet/sctp/packet.hpp>
#include <duet/sctp/parameter.hpp>
#include <duet/sctp/path_mtu.hpp>
#include <duet/sctp/reassembly.hpp>
#include <duet/sctp/reconfig.hpp>
#include <duet/sctp/rtt.hpp>
#include <duet/sctp/send_queue.hpp>
#include <duet/sctp/tsn_tracker.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace duet::sctp {

struct Config {
  std::uint16_t local_port = 5000;  // a=sctp-port (RFC 8841 §5); 5000 is what everybody has
  std::uint16_t remote_port = 5000;
  std::uint16_t outgoing_streams = 65535;  // RFC 8831 §6.2; they cost nothing until used
  std::uint16_t incoming_streams = 65535;
  /// Bytes that may wait here for what is missing, or for poll_event(). Ten times what 100 Mbit/s
  /// and 30 ms need, since retransmissions take round trips; at least twice max_message_size.
  std::size_t receive_window = std::size_t{4} * 1024 * 1024;
  /// The longest message taken, our a=max-message-size (RFC 8841 §6).
  std::size_t max_message_size = std::size_t{1024} * 1024;
  /// The peer's a=max-message-size; 65536 without one, SIZE_MAX for its 0.
  std::size_t peer_max_message_size = 65536;
  /// Bytes that may wait to be sent, or for their acknowledgement; what browsers have.
  std::size_t send_buffer = std::size_t{16} * 1024 * 1024;
  bool interleaving = true;
  bool zero_checksum = true;
  /// The longest SCTP packet that the layers below carry: above kBaseMtu, the path is searched for
  /// its longest, and packets must not be fragmented below.
  std::size_t max_mtu = kBaseMtu;
  /// What connectivity checks have measured.
  std::optional<Duration> round_trip;
};

struct Connected {};

/// The peer began its association anew (RFC 9260 §5.2.4.1). What it had not taken comes again.
struct Restarted {};

/// Our half of a stream begins anew, or the peer refused that.
struct OutgoingReset {
  StreamId stream;
  bool is_performed = false;
};

/// The peer's half of a stream begins anew: nothing of its old life will follow.
struct IncomingReset {
  StreamId stream;
};

/// What waits on a stream to be sent fell to its threshold.
struct BufferedLow {
  StreamId stream;
};

/// Answer to add_streams(); `total` is what there are now.
struct StreamsAdded {
  std::uint16_t total = 0;
};

/// The end; nothing follows.
struct Closed {
  enum class Reason : std::uint8_t {
    Shutdown,           // both ends are through (RFC 9260 §9.2)
    Aborted,            // by abort()
    PeerAborted,        // `text` is the cause it gave
    TimedOut,           // the peer went silent
    ProtocolViolation,  // the peer broke a rule after which there is no going on
    OutOfResource,      // the peer's messages, begun at the same time, are more than the window
  };
  Reason reason{};
  std::string text;
};

using Event = std::variant<Connected, Restarted, Message, OutgoingReset, IncomingReset, BufferedLow,
                           StreamsAdded, Closed>;

enum class SendError : std::uint8_t {
  Closed,        // InvalidStateError: closed, or closing
  TooLong,       // TypeError: longer than the peer takes
  Empty,         // SCTP has no empty messages; RFC 8831 §6.6 says how to send one
  BufferFull,    // OperationError: Config::send_buffer
  NoSuchStream,  // more than were agreed on
  Resetting,     // reset_stream() is under way
};

/// What getStats and tests ask for.
struct Statistics {
  std::uint64_t packets_sent = 0;
  std::uint64_t packets_received = 0;
  std::uint64_t packets_dropped = 0;   // not ours, or broken
  std::uint64_t chunks_dropped = 0;    // broken, unexpected, or more than there is room for
  std::uint64_t chunks_duplicate = 0;  // DATA that had come before
  std::uint64_t retransmissions = 0;
  std::uint64_t timeouts = 0;
};

/// One association: RFC 9260 over one path, DTLS (RFC 8261), with partial reliability (RFC 3758),
/// interleaving (RFC 8260), stream resets (RFC 6525) and path MTU discovery (RFC 8899).
///
/// Both ends may connect() at once, as WebRTC always has them do; it is one association all the
/// same. A packet that belongs to none is dropped without an answer: DTLS has shown who sent it.
///
/// Nothing takes effect before poll_transmit() is called until it has nothing more. Packets that
/// arrived together are best all handled before that: they are acknowledged by one SACK then.
class Association {
 public:
  /// Time-outs in a row after which the peer is given up: with kMaxRto, about a minute, longer than
  /// ICE waits for consent (30 s, RFC 7675 §5.1), and a moment for a new path.
  static constexpr int kMaxTimeouts = 20;
  /// RFC 9260 §6.2 allows 200 ms; what is asked for by the I bit, or shows a gap, goes at once.
  static constexpr Duration kSackDelay = 20ms;
  static constexpr Duration kHeartbeatInterval = 30s;  // RFC 9260 §16, HB.interval
  /// Answers (INIT ACK, HEARTBEAT ACK, ERROR) that wait to be sent; more are not made.
  static constexpr std::size_t kMaxReplies = 8;
  /// A message is split to fill up a packet only if that puts this much into it.
  static constexpr std::size_t kSmallestFragment = 256;

  Association(Instant now, Random& random, const Config& config);
  ~Association();
  Association(const Association&) = delete;
  Association& operator=(const Association&) = delete;

  /// What the peer's description says, before connect().
  /// @param max_message_size  as Config::peer_max_message_size
  /// @param max_mtu           the longest packet that the peer takes; Config::max_mtu bounds it
  void set_peer(std::uint16_t port, std::size_t max_message_size, std::size_t max_mtu) {
    config_.remote_port = port;
    config_.peer_max_message_size = max_message_size;
    config_.max_mtu = std::clamp(max_mtu, kBaseMtu, std::max(config_.max_mtu, kBaseMtu));
    path_ = PathMtu{std::min(config_.max_mtu, kMaxMtu)};
  }

  /// What connectivity checks have measured since it was made, before connect().
  void set_round_trip(Duration round_trip) { rtt_ = RttEstimator{round_trip}; }

  /// Sends INIT. Without it, the association waits for the peer's.
  void connect(Instant now);

  /// What INIT says of us.
  const Init& local_init() const { return local_; }

  /// One packet, as DTLS gave it.
  void handle_packet(Instant now, std::span<const std::byte> bytes);

  void handle_timeout(Instant now);
  std::optional<Instant> next_timeout() const;

  /// A packet to send, or nothing. Valid until the next call that isn't const.
  std::optional<std::span<const std::byte>> poll_transmit();

  /// Whether what poll_transmit() gave last was cut when the path carried more. It can't be cut
  /// again: the layers below must let it be fragmented (RFC 9260 §6.9).
  bool may_be_fragmented() const { return may_be_fragmented_; }

  std::optional<Event> poll_event();

  /// Queues a message, from before connect() on.
  Result<void, SendError> send(Instant now, StreamId stream, Ppid ppid, Order order,
                               Reliability reliability, std::vector<std::byte> bytes);

  /// As send(), ordered and reliable, for what is nobody's message: it does not count in
  /// buffered().
  Result<void, SendError> send_control(Instant now, StreamId stream, Ppid ppid,
                                       std::vector<std::byte> bytes);

  /// Bytes given to send() on this stream that have not been sent for the first time.
  std::size_t buffered(StreamId stream) const { return queue_.buffered(stream); }

  void set_low_threshold(StreamId stream, std::size_t bytes) {
    queue_.set_low_threshold(stream, bytes);
  }

  /// The stream's share of the path, relative to others (RFC 8831 §6.4).
  void set_weight(StreamId stream, std::uint16_t weight) { queue_.set_weight(stream, weight); }

  /// Ends our half of a stream once everything queued on it was sent: OutgoingReset follows. Until
  /// then nothing can be sent on it. False if the peer can't, or if this is not Connected.
  bool reset_stream(Instant now, StreamId stream);

  /// Asks for more outgoing streams; StreamsAdded follows. False as above.
  bool add_streams(Instant now, std::uint16_t count);

  /// Ends it when everything sent has come (SHUTDOWN).
  void close(Instant now);

  /// Ends it now (ABORT). `text` is told to the peer.
  void abort(Instant now, std::string_view text);

  /// The packets take another way from now on: what was learned of the old one is forgotten, and
  /// what is unacknowledged is sent again at once.
  void handle_path_changed(Instant now, std::optional<Duration> round_trip);

  bool is_connected() const { return state_ >= State::Established; }

  bool is_closed() const { return state_ == State::Closed && is_over_; }

  /// Agreed on; what we asked for before Connected.
  std::uint16_t outgoing_streams() const { return outgoing_streams_; }

  std::uint16_t incoming_streams() const { return incoming_streams_; }

  Duration round_trip() const { return rtt_.smoothed(); }

  std::size_t congestion_window() const { return congestion_.window(); }

  std::size_t mtu() const { return path_.current(); }

  std::uint32_t peer_window() const { return peer_window_; }

  const Extensions& extensions() const { return agreed_; }

  Statistics statistics() const;

 private:
  /// RFC 9260 §4.
  enum class State : std::uint8_t {
    Closed,
    CookieWait,
    CookieEchoed,
    Established,
    ShutdownPending,
    ShutdownSent,
    ShutdownReceived,
    ShutdownAckSent,
  };

  enum class SackNeed : std::uint8_t { None, Delayed, Now };

  /// A packet of its own: one chunk, to a tag.
  struct Reply {
    VerificationTag tag;
    ChunkType type{};
    std::uint8_t flags = 0;
    std::vector<std::byte> value;
  };

  struct Heartbeat {
    std::uint64_t nonce = 0;
    Instant sent;
    std::size_t size = 0;  // of the probe; 0 for a plain one
  };

  struct QueuedEvent {
    std::uint64_t after = 0;  // messages that go before it
    Event event;
  };

  // association.cpp
  Result<void, SendError> enqueue(Instant now, OutgoingMessage message);
  bool is_for_us(const Packet& packet, const Chunk& first) const;
  bool handle_chunk(const Chunk& chunk);
  bool handle_unknown(const Chunk& chunk);
  void handle_abort(const Chunk& chunk);
  void handle_error(const Chunk& chunk);
  void handle_heartbeat_ack(const Chunk& chunk);
  void reply(VerificationTag tag, ChunkType type, std::uint8_t flags, std::vector<std::byte> value);
  void report(Cause cause, std::span<const std::byte> information);
  void push_event(Event event);
  void finish(Closed::Reason reason, std::string text);
  void fail_with(Closed::Reason reason, Cause cause, std::string_view text);

  // association_setup.cpp
  void handle_init(const Packet& packet, const Chunk& chunk);
  void handle_init_ack(const Chunk& chunk);
  bool handle_cookie_echo(const Packet& packet, const Chunk& chunk);
  void handle_cookie_ack();
  void handle_stale_cookie();
  void adopt_peer(const Init& peer);
  void restart(const StateCookie& cookie);
  void enter_established();

  // association_receive.cpp
  void handle_data(const Chunk& chunk);
  void handle_forward_tsn(const Chunk& chunk);
  bool make_room_for(const DataChunk& data);
  void handle_reconfig(const Chunk& chunk);
  void handle_outgoing_reset(std::span<const std::byte> value);
  void handle_add_streams(std::span<const std::byte> value);
  void perform_incoming_reset(const Reconfig::Request& request);
  void look_at_deferred_reset();
  void handle_reconfig_response(std::span<const std::byte> value);
  std::uint32_t free_window() const;
  void note_sack(SackNeed need);

  // association_send.cpp
  std::optional<std::span<const std::byte>> finish_packet(PacketWriter& out, ChecksumRule rule);
  ChecksumRule checksum_rule() const;
  PacketWriter begin_packet(std::size_t size, VerificationTag tag);
  std::size_t packet_limit();
  std::optional<std::span<const std::byte>> transmit_reply();
  std::optional<std::span<const std::byte>> transmit_setup();
  std::optional<std::span<const std::byte>> transmit_probe();
  void fill_control(PacketWriter& out);
  void fill_sack(PacketWriter& out);
  void fill_forward_tsn(PacketWriter& out);
  void fill_data(PacketWriter& out);
  void fill_lost(PacketWriter& out);
  void fill_new(PacketWriter& out);
  bool may_send();
  void write_data(PacketWriter& out, Tsn tsn);
  Heartbeat add_heartbeat(PacketWriter& out, std::size_t size);
  void handle_sack(const Sack& sack);
  void handle_losses(std::size_t count, std::uint64_t first);

  // association_timers.cpp
  void handle_t1();
  void handle_t2();
  void handle_t3();
  void handle_heartbeat_timeout();
  bool count_timeout();
  void arm_t3();
  Duration backed_off(Duration timeout) const;

  // association_shutdown.cpp
  void handle_shutdown(const Chunk& chunk);
  void handle_shutdown_ack();
  void look_at_shutdown();

  Config config_;
  Random& random_;
  Instant now_;
  CookieMaker cookies_;
  Init local_;
  State state_ = State::Closed;
  bool is_over_ = false;
  bool was_connected_ = false;

  VerificationTag peer_tag_;
  Extensions agreed_;
  std::uint16_t outgoing_streams_;
  std::uint16_t incoming_streams_;

  // Sending.
  SendQueue queue_;
  Outstanding outstanding_;
  CongestionControl congestion_;
  RttEstimator rtt_;
  PathMtu path_;
  std::uint32_t peer_window_ = 0;
  std::uint64_t next_packet_ = 0;
  bool is_limited_ = false;  // by the congestion window or the pacer, when we last looked
  bool may_probe_ = false;   // one packet, whatever the window says
  bool may_be_fragmented_ = false;
  bool is_forward_due_ = false;
  Tsn forwarded_;  // where the last FORWARD-TSN went to
  std::chrono::time_point<MonotonicClock, std::chrono::nanoseconds> paced_until_{};

  // Receiving.
  TsnTracker received_;
  Reassembly reassembly_;
  SackNeed sack_ = SackNeed::None;
  Instant sack_time_;
  int packets_unacknowledged_ = 0;
  bool has_data_in_packet_ = false;
  std::uint32_t told_window_ = 0;

  // Control.
  Reconfig reconfig_;
  std::vector<Reply> replies_;
  std::vector<std::byte> cookie_;  // of the peer, while CookieEchoed
  bool is_setup_due_ = false;      // INIT or COOKIE ECHO
  bool is_cookie_ack_due_ = false;
  bool is_shutdown_due_ = false;  // SHUTDOWN or SHUTDOWN ACK
  std::optional<Heartbeat> heartbeat_;
  std::optional<Heartbeat> probe_;
  bool is_heartbeat_due_ = false;

  // Timers (RFC 9260 §6.3, §4), and how often they ran out.
  std::optional<Instant> t1_;  // INIT, COOKIE ECHO
  std::optional<Instant> t2_;  // SHUTDOWN, SHUTDOWN ACK
  std::optional<Instant> t3_;  // DATA, FORWARD-TSN
  std::optional<Instant> reconfig_time_;
  std::optional<Instant> heartbeat_time_;
  int timeouts_ = 0;         // in a row
  int backoff_ = 0;          // doublings
  bool was_probed_ = false;  // the tail, since something was acknowledged

  std::vector<QueuedEvent> events_;  // from next_event_ on
  std::size_t next_event_ = 0;
  std::uint64_t messages_taken_ = 0;
  std::vector<std::byte> buffer_;
  Statistics statistics_;
};

}  // namespace duet::sctp
