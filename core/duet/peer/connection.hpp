// SPDX-License-Identifier: MIT
// The W3C's RTCPeerConnection as one machine, without a socket.
#pragma once

#include <duet/base/random.hpp>
#include <duet/base/result.hpp>
#include <duet/base/time.hpp>
#include <duet/data_channel/channels.hpp>
#include <duet/peer/event.hpp>
#include <duet/peer/media.hpp>
#include <duet/peer/negotiation.hpp>
#include <duet/peer/transport.hpp>
#include <duet/sctp/association.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace duet::peer {

struct ConnectionConfig {
  TransportConfig transport;
  /// How pictures are paced, and whether.
  MediaOptions media = {};
  Capabilities capabilities = default_capabilities();
  /// The wall clock, for RTCP.
  rtp::NtpClock clock{Instant{}, {}};
  /// Bytes that we take in one message of a data channel (RFC 8841 §6).
  std::size_t max_message_size = std::size_t{256} * 1024;
  /// The longest SCTP packet worth trying, with a peer that says that it takes longer ones than
  /// sctp::kBaseMtu: then the path is searched (docs/decisions/0015).
  std::size_t max_mtu = sctp::kBaseMtu;
};

/// All of a call's one end: negotiation, ICE, DTLS, SRTP, RTP, SCTP and data channels.
///
/// The owner gives it the addresses of its sockets, what comes in there, and the time; it sends
/// what poll_transmit() gives, and asks poll_event() after every call. Misuse returns the W3C's
/// error and changes nothing. After close() every call is harmless.
class Connection {
 public:
  /// @param random  outlives this
  Connection(Random& random, ConnectionConfig config);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // --- descriptions: see Negotiation

  Result<TransceiverId, Error> add_transceiver(Instant now, MediaKind kind,
                                               TransceiverInit init = {});
  Result<TransceiverId, Error> add_track(Instant now, MediaKind kind, std::string track_id,
                                         std::vector<std::string> stream_ids = {});
  Result<void, Error> remove_track(Instant now, TransceiverId id);
  Result<void, Error> replace_track(Instant now, TransceiverId id,
                                    std::optional<std::string> track_id);
  Result<void, Error> set_direction(Instant now, TransceiverId id, Direction direction);
  Result<void, Error> set_codec_preferences(Instant now, TransceiverId id,
                                            std::vector<CodecCapability> codecs);

  Result<SendParameters, Error> get_parameters(TransceiverId id) {
    return negotiation_.get_parameters(id);
  }

  Result<void, Error> set_parameters(Instant now, TransceiverId id,
                                     const SendParameters& parameters);
  Result<void, Error> stop(Instant now, TransceiverId id);
  Result<SessionDescription, Error> create_offer(Instant now, OfferOptions options = {});
  Result<SessionDescription, Error> create_answer(Instant now);
  Result<void, Error> set_local_description(Instant now);
  Result<void, Error> set_local_description(Instant now, const SessionDescription& description);
  Result<void, Error> set_remote_description(Instant now, const SessionDescription& description);
  Result<void, Error> add_ice_candidate(Instant now, const IceCandidateInit& candidate);
  void restart_ice(Instant now);

  const Negotiation& negotiation() const { return negotiation_; }

  // --- data channels: see data_channel::Channels

  /// TypeError, OperationError, InvalidStateError as the W3C says.
  Result<data_channel::ChannelId, Error> create_data_channel(Instant now,
                                                             data_channel::ChannelInit init);
  Result<void, Error> send(Instant now, data_channel::ChannelId channel,
                           data_channel::MessageReceived::Kind kind, std::vector<std::byte> bytes);
  Result<void, Error> send_text(Instant now, data_channel::ChannelId channel,
                                std::string_view text);
  void close_data_channel(Instant now, data_channel::ChannelId channel);
  void set_buffered_amount_low_threshold(data_channel::ChannelId channel, std::size_t bytes);

  /// nullptr before the first channel of either end.
  const data_channel::Channels* channels() const { return channels_ ? &*channels_ : nullptr; }

  // --- media: see Media

  Result<void, Error> send(Instant now, TransceiverId transceiver, const MediaPacket& packet);

  void request_key_frame(TransceiverId transceiver) { media_.request_key_frame(transceiver); }

  /// The most that encoders have a use for, on the wire: more is not looked for.
  void set_wanted_rate(std::uint64_t rate_bps) { media_.set_wanted_rate(rate_bps); }

  void forget_missing(TransceiverId transceiver, Ssrc ssrc, std::int64_t before) {
    media_.forget_missing(transceiver, ssrc, before);
  }

  const Media& media() const { return media_; }

  // --- addresses, packets and streams: see ice::Agent

  void add_local_address(Instant now, const Endpoint& base);
  void add_local_tcp_address(Instant now, const Endpoint& base);
  void remove_local_address(Instant now, const Endpoint& base);
  void end_of_local_addresses(Instant now);
  void set_servers(Instant now, std::vector<ice::Server> servers);
  void handle_resolved(Instant now, std::string_view name, std::optional<IpAddress> address);

  /// A datagram that came in at `base`. It is decrypted in place, and events may view it.
  void handle_datagram(Instant now, const Endpoint& base, const Endpoint& remote,
                       std::span<std::byte> bytes);
  /// A frame of a stream, as ice::next_frame() cut it. The same.
  void handle_frame(Instant now, ice::StreamId stream, std::span<std::byte> bytes);
  void handle_stream_connected(Instant now, ice::StreamId stream);
  std::optional<ice::StreamId> handle_stream_accepted(Instant now, const Endpoint& local,
                                                      const Endpoint& remote);
  void handle_stream_closed(Instant now, ice::StreamId stream);

  // --- time and output

  void handle_timeout(Instant now);
  std::optional<Instant> next_timeout() const;

  /// The next packet to send. Ask until there is none, after every other call. Poll events first:
  /// what they are answered with is sent too.
  /// @param memory  kMinMemory bytes at least, and with a larger max_mtu that and
  ///                dtls::Transport::kMaxOverhead; the payload may lie there. Valid until the next
  ///                call
  std::optional<ice::Outgoing> poll_transmit(Instant now, std::span<std::byte> memory);

  static constexpr std::size_t kMinMemory = Media::kMinMemory + dtls::Transport::kMaxOverhead;

  /// Views are valid until the next call other than this one.
  std::optional<Event> poll_event();

  /// Tells the peer, and ends everything. What is to be sent for that can be polled still.
  void close(Instant now);

  // --- state

  SignalingState signaling_state() const { return negotiation_.signaling_state(); }

  ConnectionState connection_state() const { return state_; }

  ice::State ice_connection_state() const;
  ice::GatheringState ice_gathering_state() const;

  const Transport& transport() const { return transport_; }

  const rtp::NtpClock& ntp_clock() const { return config_.clock; }

  /// Data channels of this connection's whole life.
  data_channel::ConnectionCounters channel_counters() const;

  bool is_closed() const { return state_ == ConnectionState::Closed; }

 private:
  /// A report, an ABORT, a close_notify, and what of media was waiting.
  static constexpr std::size_t kMaxFarewell = 16;

  struct Farewell {
    ice::Outgoing outgoing;
    std::vector<std::byte> payload;
  };

  template <class T>
  T settled(Instant now, T result) {
    settle(now);
    return result;
  }

  void settle(Instant now);
  bool handle_negotiation(Instant now);
  bool handle_transport(Instant now);
  bool handle_channels();
  void handle_media();
  void handle(Instant now, const ice::Event& event);
  void handle_incoming(Instant now, const Incoming& incoming);
  void add_candidate(const ice::LocalCandidateFound& found);
  void make_channels(Instant now);
  void connect_channels(Instant now);
  void update_state();
  void keep_farewell(Instant now);
  ConnectionState current_state() const;

  Random& random_;
  ConnectionConfig config_;
  Negotiation negotiation_;
  Transport transport_;
  Media media_;
  std::optional<data_channel::Channels> channels_;
  bool channels_connected_ = false;
  data_channel::ConnectionCounters earlier_channels_;  // those of a peer that was another one
  ConnectionState state_ = ConnectionState::New;
  std::deque<Event> events_;
  std::vector<Farewell> farewell_;
  std::size_t farewell_polled_ = 0;
};

}  // namespace duet::peer
