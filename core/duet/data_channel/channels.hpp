// SPDX-License-Identifier: MIT
// All data channels of a connection as one machine.
#pragma once

#include <duet/base/result.hpp>
#include <duet/base/slot_map.hpp>
#include <duet/base/time.hpp>
#include <duet/data_channel/channel.hpp>
#include <duet/data_channel/dcep.hpp>
#include <duet/sctp/association.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace duet::data_channel {

/// The peer opened a channel; it is open.
struct Announced {
  ChannelId channel;
};

struct Opened {
  ChannelId channel;
};

struct MessageReceived {
  enum class Kind : std::uint8_t { String, Binary };

  ChannelId channel;
  Kind kind = Kind::Binary;
  std::vector<std::byte> bytes;  // of a string, what the peer calls UTF-8
};

/// bufferedamountlow.
struct BufferedAmountLow {
  ChannelId channel;
};

/// The peer began to close it: nothing can be sent any more.
struct ChannelClosing {
  ChannelId channel;
};

/// The channel is gone, and its id finds nothing from now on.
struct ChannelClosed {
  ChannelId channel;
  std::string error;  // empty if it was closed on purpose
};

/// The association under all of them.
struct TransportConnected {};

struct TransportClosed {
  sctp::Closed::Reason reason{};
  std::string text;
};

using Event = std::variant<Announced, Opened, MessageReceived, BufferedAmountLow, ChannelClosing,
                           ChannelClosed, TransportConnected, TransportClosed>;

/// Channels and the association under them (RFC 8831). It is driven as the association would be.
class Channels {
 public:
  /// Channels that the peer may have open at once: as many as Chromium has in all. More are closed
  /// as soon as they open.
  static constexpr std::size_t kMaxPeerChannels = 1024;
  /// Bytes of all their labels and protocols.
  static constexpr std::size_t kMaxPeerNames = std::size_t{256} * 1024;
  /// Messages that came before their negotiated channel was created here; more are dropped.
  static constexpr std::size_t kMaxEarlyMessages = 64;
  static constexpr std::size_t kMaxEarlyBytes = std::size_t{256} * 1024;
  /// Of all messages in deprecated pieces (RFC 8831 §6.6), in messages of the longest size; what is
  /// more is dropped. Nobody who is still about sends such.
  static constexpr std::size_t kMaxPartials = 4;

  Channels(Instant now, Random& random, const sctp::Config& config);
  ~Channels();

  /// As Association::set_peer().
  void set_peer(std::uint16_t port, std::size_t max_message_size, std::size_t max_mtu) {
    association_.set_peer(port, max_message_size, max_mtu);
  }

  /// As Association::set_round_trip().
  void set_round_trip(Duration round_trip) { association_.set_round_trip(round_trip); }

  /// DTLS is there: connects, and gives channels that wait for it their streams.
  void connect(Instant now, DtlsRole role);

  void handle_packet(Instant now, std::span<const std::byte> bytes) {
    now_ = now;
    association_.handle_packet(now, bytes);
  }

  void handle_timeout(Instant now) {
    now_ = now;
    association_.handle_timeout(now);
  }

  std::optional<Instant> next_timeout() const { return association_.next_timeout(); }

  /// As Association::poll_transmit(). Poll events first: what they are answered with is sent too.
  std::optional<std::span<const std::byte>> poll_transmit() { return association_.poll_transmit(); }

  /// As Association::may_be_fragmented().
  bool may_be_fragmented() const { return association_.may_be_fragmented(); }

  std::optional<Event> poll_event();

  /// W3C webrtc #dom-peerconnection-createdatachannel, from step 10 on.
  ///
  /// @return TypeError for values that can't be, OperationError if the id is taken or there is no
  ///         stream left, InvalidStateError after the end
  Result<ChannelId, ChannelError> create(Instant now, ChannelInit init);

  /// W3C webrtc #datachannel-send. The bytes are moved all the way to the network.
  ///
  /// @return InvalidStateError if it is not open, TypeError if the peer takes no message so long,
  ///         OperationError if the buffer is full
  Result<void, ChannelError> send(Instant now, ChannelId channel, MessageReceived::Kind kind,
                                  std::vector<std::byte> bytes);
  Result<void, ChannelError> send_text(Instant now, ChannelId channel, std::string_view text);

  /// What was sent before still goes out. ChannelClosed follows.
  void close(Instant now, ChannelId channel);

  /// Ends all, with what is on its way delivered first; or at once.
  void close_transport(Instant now) { association_.close(now); }

  void abort_transport(Instant now, std::string_view why) { association_.abort(now, why); }

  void handle_path_changed(Instant now, std::optional<Duration> round_trip) {
    association_.handle_path_changed(now, round_trip);
  }

  /// Closed for one that is gone.
  State state(ChannelId channel) const;

  /// What it was created with, by us or by the peer, its id once there is one; null if it is gone.
  const ChannelInit* find(ChannelId channel) const;

  std::size_t buffered_amount(ChannelId channel) const;
  void set_buffered_amount_low_threshold(ChannelId channel, std::size_t bytes);

  std::size_t size() const { return channels_.size(); }

  /// Those that are there, in no order.
  std::vector<ChannelId> ids() const;

  ChannelCounters counters(ChannelId channel) const;

  const ConnectionCounters& counters() const { return counters_; }

  const sctp::Association& association() const { return association_; }

  /// Messages of the peer's that meant nothing: broken DCEP, unknown kinds, no such channel.
  std::uint64_t messages_dropped() const { return messages_dropped_; }

 private:
  struct Channel {
    ChannelInit init;
    State state = State::Connecting;
    bool is_peers = false;
    bool is_acknowledged = false;  // the peer knows the channel, so order does not matter any more
    bool has_older_reset = false;  // of the stream's old life, unanswered: ACK waits for that
    bool is_reset_asked = false;   // our half is being reset
    bool is_outgoing_reset = false;
    bool is_incoming_reset = false;
    std::size_t low_threshold = 0;  // bytes
    ChannelCounters counters;
    std::vector<std::byte> partial;  // of a message in deprecated pieces
    bool is_partial_lost = false;    // some of it was dropped: the rest is of no use
  };

  // channels.cpp
  std::optional<std::uint16_t> free_stream();
  bool is_ours(std::uint16_t stream) const;
  bool begin(ChannelId id, Channel& channel);
  void open(ChannelId id, Channel& channel);
  void handle_connected();
  void handle(sctp::Event event);
  sctp::Reliability reliability_of(const Channel& channel) const;
  Channel* at_stream(sctp::StreamId stream, ChannelId& id);

  // channels_messages.cpp
  void handle_message(sctp::Message message);
  void handle_dcep(const sctp::Message& message);
  void handle_open(sctp::StreamId stream, DataChannelOpen open);
  void acknowledge(Channel& channel);
  void deliver(ChannelId id, Channel& channel, sctp::Message message);
  bool keep_partial(Channel& channel, std::span<const std::byte> piece);
  std::vector<std::byte> take_partial(Channel& channel);
  void keep_early(sctp::Message message);
  void deliver_early(ChannelId id);

  // channels_closing.cpp
  void ask_reset(Channel& channel);
  void refuse(sctp::StreamId stream);
  void handle_incoming_reset(sctp::StreamId stream);
  void handle_outgoing_reset(sctp::StreamId stream, bool is_performed);
  void finish_if_reset(ChannelId id);
  void leave_open(Channel& channel);
  void remove(ChannelId id, std::string error, bool is_stream_free);
  void close_all(const std::string& error);

  std::size_t max_message_size_;
  Instant now_;
  sctp::Association association_;
  std::optional<DtlsRole> role_;
  bool is_over_ = false;
  SlotMap<ChannelId, Channel> channels_;
  std::unordered_map<std::uint16_t, ChannelId> by_stream_;
  std::uint32_t first_free_ = 0;  // no stream of our parity below is free
  std::size_t peer_channels_ = 0;
  std::size_t peer_names_ = 0;  // bytes
  std::vector<sctp::Message> early_;
  std::size_t early_bytes_ = 0;
  std::size_t partial_bytes_ = 0;
  std::vector<Event> events_;
  std::size_t next_event_ = 0;
  std::uint64_t messages_dropped_ = 0;
  ConnectionCounters counters_;
};

}  // namespace duet::data_channel
