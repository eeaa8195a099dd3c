// SPDX-License-Identifier: MIT
// The W3C's RTCPeerConnection as one machine: which layer is told of what.
#include <duet/peer/connection.hpp>

#include <algorithm>
#include <array>
#include <limits>

namespace duet::peer {

namespace {

/// Takes the capabilities out: some kilobytes that nobody else needs.
NegotiationSettings settings_of(ConnectionConfig& config) {
  const dtls::Fingerprint fingerprint = config.transport.identity->fingerprint();
  NegotiationSettings settings{
      .capabilities = std::move(config.capabilities),
      .fingerprints = {{.algorithm = std::string{fingerprint.hash_function()},
                        .value = fingerprint.hex()}},
      .max_message_size = config.max_message_size};
  if (config.max_mtu > sctp::kBaseMtu) settings.max_packet_size = config.max_mtu;
  return settings;
}

/// One SCTP packet is one record (RFC 8261 §3).
ConnectionConfig with_room_for_packets(ConnectionConfig config) {
  config.transport.max_data = std::max(config.transport.max_data, config.max_mtu);
  return config;
}

Error to_error(data_channel::ChannelError error) {
  using data_channel::ChannelError;
  switch (error) {
    case ChannelError::TypeError:
      return {Error::Name::TypeError, "The data channel can't be made, or carry that, like this."};
    case ChannelError::InvalidStateError:
      return {Error::Name::InvalidStateError, "The data channel is not open."};
    case ChannelError::OperationError:
      break;
  }
  return {Error::Name::OperationError,
          "The data channel's id is taken, or too much waits to be sent."};
}

template <class T>
Result<T, Error> to_result(Result<T, data_channel::ChannelError> result) {
  if (!result) return fail(to_error(result.error()));
  return *result;
}

Result<void, Error> to_result(Result<void, data_channel::ChannelError> result) {
  if (!result) return fail(to_error(result.error()));
  return {};
}

Error closed() { return {Error::Name::InvalidStateError, "The connection is closed."}; }

}  // namespace

Connection::Connection(Random& random, ConnectionConfig config)
    : random_{random},
      config_{with_room_for_packets(std::move(config))},
      negotiation_{settings_of(config_), random},
      transport_{random, config_.transport},
      media_{config_.clock, random, config_.media} {}

Connection::~Connection() = default;

// --- descriptions

Result<TransceiverId, Error> Connection::add_transceiver(Instant now, MediaKind kind,
                                                         TransceiverInit init) {
  return settled(now, negotiation_.add_transceiver(kind, std::move(init)));
}

Result<TransceiverId, Error> Connection::add_track(Instant now, MediaKind kind,
                                                   std::string track_id,
                                                   std::vector<std::string> stream_ids) {
  return settled(now, negotiation_.add_track(kind, std::move(track_id), std::move(stream_ids)));
}

Result<void, Error> Connection::remove_track(Instant now, TransceiverId id) {
  return settled(now, negotiation_.remove_track(id));
}

Result<void, Error> Connection::replace_track(Instant now, TransceiverId id,
                                              std::optional<std::string> track_id) {
  return settled(now, negotiation_.replace_track(id, std::move(track_id)));
}

Result<void, Error> Connection::set_direction(Instant now, TransceiverId id, Direction direction) {
  return settled(now, negotiation_.set_direction(id, direction));
}

Result<void, Error> Connection::set_codec_preferences(Instant now, TransceiverId id,
                                                      std::vector<CodecCapability> codecs) {
  return settled(now, negotiation_.set_codec_preferences(id, std::move(codecs)));
}

Result<void, Error> Connection::set_parameters(Instant now, TransceiverId id,
                                               const SendParameters& parameters) {
  return settled(now, negotiation_.set_parameters(id, parameters));
}

Result<void, Error> Connection::stop(Instant now, TransceiverId id) {
  return settled(now, negotiation_.stop(id));
}

Result<SessionDescription, Error> Connection::create_offer(Instant now, OfferOptions options) {
  return settled(now, negotiation_.create_offer(options));
}

Result<SessionDescription, Error> Connection::create_answer(Instant now) {
  return settled(now, negotiation_.create_answer());
}

Result<void, Error> Connection::set_local_description(Instant now) {
  return settled(now, negotiation_.set_local_description());
}

Result<void, Error> Connection::set_local_description(Instant now,
                                                      const SessionDescription& description) {
  return settled(now, negotiation_.set_local_description(description));
}

Result<void, Error> Connection::set_remote_description(Instant now,
                                                       const SessionDescription& description) {
  return settled(now, negotiation_.set_remote_description(description));
}

Result<void, Error> Connection::add_ice_candidate(Instant now, const IceCandidateInit& candidate) {
  return settled(now, negotiation_.add_ice_candidate(candidate));
}

void Connection::restart_ice(Instant now) {
  negotiation_.restart_ice();
  settle(now);
}

// --- data channels

Result<data_channel::ChannelId, Error> Connection::create_data_channel(
    Instant now, data_channel::ChannelInit init) {
  if (is_closed()) return fail(closed());
  make_channels(now);
  const auto channel = to_result(channels_->create(now, std::move(init)));
  if (!channel) return channel;
  if (const auto added = negotiation_.add_data_channels(); !added) return fail(added.error());
  return settled(now, channel);
}

Result<void, Error> Connection::send(Instant now, data_channel::ChannelId channel,
                                     data_channel::MessageReceived::Kind kind,
                                     std::vector<std::byte> bytes) {
  if (!channels_) return fail(to_error(data_channel::ChannelError::InvalidStateError));
  return to_result(channels_->send(now, channel, kind, std::move(bytes)));
}

Result<void, Error> Connection::send_text(Instant now, data_channel::ChannelId channel,
                                          std::string_view text) {
  if (!channels_) return fail(to_error(data_channel::ChannelError::InvalidStateError));
  return to_result(channels_->send_text(now, channel, text));
}

void Connection::close_data_channel(Instant now, data_channel::ChannelId channel) {
  if (!channels_) return;
  channels_->close(now, channel);
  settle(now);
}

data_channel::ConnectionCounters Connection::channel_counters() const {
  data_channel::ConnectionCounters counters = earlier_channels_;
  if (channels_) {
    counters.opened += channels_->counters().opened;
    counters.closed += channels_->counters().closed;
  }
  return counters;
}

void Connection::set_buffered_amount_low_threshold(data_channel::ChannelId channel,
                                                   std::size_t bytes) {
  if (channels_) channels_->set_buffered_amount_low_threshold(channel, bytes);
}

void Connection::make_channels(Instant now) {
  if (channels_) return;
  channels_.emplace(
      now, random_,
      sctp::Config{.max_message_size = config_.max_message_size, .max_mtu = config_.max_mtu});
}

/// Once descriptions have agreed on it, and DTLS is there to carry it.
void Connection::connect_channels(Instant now) {
  if (channels_connected_ || !negotiation_.sctp() || !transport_.is_connected()) return;
  make_channels(now);
  const SctpParameters& parameters = *negotiation_.sctp();
  channels_->set_peer(
      parameters.remote_port,
      static_cast<std::size_t>(
          parameters.max_message_size.value_or(std::numeric_limits<std::size_t>::max())),
      static_cast<std::size_t>(parameters.max_packet_size.value_or(sctp::kBaseMtu)));
  if (const auto measured = transport_.ice()->round_trip()) channels_->set_round_trip(*measured);
  channels_->connect(now, *transport_.dtls()->role() == dtls::Role::Client
                              ? data_channel::DtlsRole::Client
                              : data_channel::DtlsRole::Server);
  channels_connected_ = true;
}

// --- media

Result<void, Error> Connection::send(Instant now, TransceiverId transceiver,
                                     const MediaPacket& packet) {
  if (!transport_.has_media_keys()) {
    return fail(Error{Error::Name::InvalidStateError, "There is no connection yet."});
  }
  return media_.send(now, transceiver, packet);
}

// --- addresses, packets and streams

void Connection::add_local_address(Instant now, const Endpoint& base) {
  transport_.add_local_address(now, base);
  settle(now);
}

void Connection::add_local_tcp_address(Instant now, const Endpoint& base) {
  transport_.add_local_tcp_address(now, base);
  settle(now);
}

void Connection::remove_local_address(Instant now, const Endpoint& base) {
  transport_.remove_local_address(now, base);
  settle(now);
}

void Connection::end_of_local_addresses(Instant now) {
  transport_.end_of_local_addresses(now);
  settle(now);
}

void Connection::set_servers(Instant now, std::vector<ice::Server> servers) {
  transport_.set_servers(now, std::move(servers));
  settle(now);
}

void Connection::handle_resolved(Instant now, std::string_view name,
                                 std::optional<IpAddress> address) {
  if (transport_.ice() != nullptr) transport_.ice()->handle_resolved(now, name, address);
  settle(now);
}

void Connection::handle_datagram(Instant now, const Endpoint& base, const Endpoint& remote,
                                 std::span<std::byte> bytes) {
  handle_incoming(now, transport_.handle_datagram(now, base, remote, bytes));
}

void Connection::handle_frame(Instant now, ice::StreamId stream, std::span<std::byte> bytes) {
  handle_incoming(now, transport_.handle_frame(now, stream, bytes));
}

void Connection::handle_incoming(Instant now, const Incoming& incoming) {
  switch (incoming.kind) {
    case Incoming::Kind::Rtp:
      if (auto received = media_.handle_rtp(now, incoming.packet)) events_.emplace_back(*received);
      return;  // nothing else can have changed
    case Incoming::Kind::Rtcp:
      media_.handle_rtcp(now, incoming.packet);
      handle_media();
      return;
    case Incoming::Kind::Data:
      settle(now);  // perhaps this has connected us
      while (const auto packet = transport_.poll_data()) {
        if (channels_) channels_->handle_packet(now, *packet);
      }
      break;
    case Incoming::Kind::Nothing:
      break;
  }
  settle(now);
}

void Connection::handle_stream_connected(Instant now, ice::StreamId stream) {
  if (transport_.ice() != nullptr) transport_.ice()->handle_stream_connected(now, stream);
  settle(now);
}

std::optional<ice::StreamId> Connection::handle_stream_accepted(Instant now, const Endpoint& local,
                                                                const Endpoint& remote) {
  if (transport_.ice() == nullptr) return std::nullopt;
  return settled(now, transport_.ice()->handle_stream_accepted(now, local, remote));
}

void Connection::handle_stream_closed(Instant now, ice::StreamId stream) {
  if (transport_.ice() != nullptr) transport_.ice()->handle_stream_closed(now, stream);
  settle(now);
}

// --- time and output

void Connection::handle_timeout(Instant now) {
  transport_.handle_timeout(now);
  if (channels_) channels_->handle_timeout(now);
  media_.handle_timeout(now);
  handle_media();
  settle(now);
}

std::optional<Instant> Connection::next_timeout() const {
  std::optional<Instant> next = transport_.next_timeout();
  const auto look = [&next](std::optional<Instant> at) {
    if (at && (!next || *at < *next)) next = at;
  };
  if (channels_connected_) look(channels_->next_timeout());
  if (transport_.has_media_keys()) look(media_.next_timeout());
  return next;
}

std::optional<ice::Outgoing> Connection::poll_transmit(Instant now, std::span<std::byte> memory) {
  if (is_closed() && farewell_polled_ < farewell_.size()) {
    Farewell& last = farewell_[farewell_polled_++];
    last.outgoing.payload = last.payload;
    return last.outgoing;
  }
  if (auto outgoing = transport_.poll_transmit(now)) return outgoing;
  if (transport_.has_media_keys()) {
    while (const auto packet = media_.poll_transmit(now, memory)) {
      std::optional<ice::Outgoing> outgoing;
      if (packet->is_rtcp) {
        outgoing = transport_.send_rtcp(now, memory, packet->size);
      } else if (packet->is_protected) {
        outgoing = transport_.send_protected(now, memory.first(packet->size));
      } else {
        outgoing = transport_.send_rtp(now, memory, packet->size);
        if (outgoing) media_.handle_protected(now, outgoing->payload, packet->size);
      }
      if (outgoing) return outgoing;
    }
  }
  if (channels_connected_) {
    while (const auto packet = channels_->poll_transmit()) {
      auto outgoing = transport_.send_data(now, *packet, memory);
      if (!outgoing) continue;
      outgoing->may_be_fragmented = channels_->may_be_fragmented();
      return outgoing;
    }
  }
  return std::nullopt;
}

std::optional<Event> Connection::poll_event() {
  if (events_.empty()) handle_channels();  // a buffer that has become low by sending
  if (events_.empty()) return std::nullopt;
  Event event = std::move(events_.front());
  events_.pop_front();
  return event;
}

void Connection::close(Instant now) {
  if (is_closed()) return;
  media_.close();
  if (channels_) channels_->abort_transport(now, "closed");
  handle_channels();
  keep_farewell(now);
  negotiation_.close();
  transport_.close_dtls();
  keep_farewell(now);
  transport_.close(now);
  state_ = ConnectionState::Closed;
  events_.emplace_back(ConnectionStateChanged{state_});
}

/// What the peer is to hear last (BYE, ABORT, close_notify) is written while there is a way to it.
void Connection::keep_farewell(Instant now) {
  std::array<std::byte, kMinMemory> memory;  // NOLINT: written before it is read
  while (farewell_.size() < kMaxFarewell) {
    const auto packet = poll_transmit(now, memory);
    if (!packet) break;
    farewell_.push_back({*packet, {packet->payload.begin(), packet->payload.end()}});
  }
}

// --- what one layer says is for another

/// Until nobody has anything to say any more.
void Connection::settle(Instant now) {
  bool more = true;
  while (more) {
    more = handle_negotiation(now);
    more = handle_transport(now) || more;
    more = handle_channels() || more;
  }
  update_state();
}

bool Connection::handle_negotiation(Instant now) {
  bool any = false;
  bool is_media_changed = false;
  while (auto event = negotiation_.poll_event()) {
    any = true;
    if (std::holds_alternative<TransportChanged>(*event)) {
      transport_.apply(now, negotiation_.transport());
    } else if (const auto* remote = std::get_if<RemoteCandidate>(&*event)) {
      ice::Agent* const agent = transport_.ice();
      if (agent == nullptr) continue;
      if (remote->candidate.empty()) {
        agent->end_of_remote_candidates(now);
      } else if (const auto candidate = ice::Candidate::parse(remote->candidate)) {
        // What it can't use is no error of the caller's (RFC 8838 §10).
        (void)agent->add_remote_candidate(now, *candidate);
      }
    } else if (std::holds_alternative<SctpChanged>(*event)) {
      connect_channels(now);
    } else {
      is_media_changed = true;
      std::visit(
          [this](auto& one) {
            using T = std::decay_t<decltype(one)>;
            if constexpr (std::is_constructible_v<Event, T>) events_.emplace_back(std::move(one));
          },
          *event);
    }
  }
  if (is_media_changed) media_.configure(now, negotiation_.transceivers());
  return any;
}

bool Connection::handle_transport(Instant now) {
  bool any = false;
  while (const auto event = transport_.poll_event()) {
    any = true;
    if (const auto* changed = std::get_if<DtlsStateChanged>(&*event)) {
      events_.emplace_back(*changed);
      connect_channels(now);
      const bool is_over =
          changed->state == DtlsState::Closed || changed->state == DtlsState::Failed;
      if (is_over && channels_) channels_->abort_transport(now, "The transport has ended.");
      if (changed->state == DtlsState::New && channels_connected_) {  // another peer's will follow
        channels_->abort_transport(now, "The peer is another one.");
        handle_channels();
        earlier_channels_ = channel_counters();
        channels_.reset();
        channels_connected_ = false;
      }
    } else {
      handle(now, std::get<ice::Event>(*event));
    }
  }
  return any;
}

void Connection::handle(Instant now, const ice::Event& event) {
  if (const auto* found = std::get_if<ice::LocalCandidateFound>(&event))
    return add_candidate(*found);
  const auto* gathering = std::get_if<ice::GatheringStateChanged>(&event);
  if (gathering != nullptr && gathering->state == ice::GatheringState::Complete) {
    const std::string& ufrag = transport_.ice()->local_credentials().ufrag;
    if (auto init = negotiation_.add_local_candidate(ufrag, "")) {
      events_.emplace_back(IceCandidateFound{*std::move(init)});
    }
  }
  if (std::holds_alternative<ice::PairSelected>(event) && channels_connected_) {
    channels_->handle_path_changed(now, transport_.ice()->round_trip());
  }
  events_.emplace_back(event);
}

void Connection::add_candidate(const ice::LocalCandidateFound& found) {
  const std::string& ufrag = transport_.ice()->local_credentials().ufrag;
  auto init = negotiation_.add_local_candidate(ufrag, found.candidate.serialize());
  if (init) events_.emplace_back(IceCandidateFound{*std::move(init)});
  events_.emplace_back(ice::Event{found});
}

bool Connection::handle_channels() {
  bool any = false;
  while (channels_) {
    auto event = channels_->poll_event();
    if (!event) break;
    any = true;
    events_.emplace_back(*std::move(event));
  }
  return any;
}

void Connection::handle_media() {
  while (auto event = media_.poll_event()) {
    std::visit([this](const auto& one) { events_.emplace_back(one); }, *event);
  }
}

/// W3C webrtc #dom-rtcpeerconnectionstate, with one ICE and one DTLS transport.
ConnectionState Connection::current_state() const {
  if (is_closed()) return ConnectionState::Closed;
  const ice::State ice = ice_connection_state();
  const DtlsState dtls = transport_.dtls_state();
  if (ice == ice::State::Failed || dtls == DtlsState::Failed) return ConnectionState::Failed;
  if (ice == ice::State::Disconnected) return ConnectionState::Disconnected;
  if (ice == ice::State::New && (dtls == DtlsState::New || dtls == DtlsState::Closed)) {
    return ConnectionState::New;
  }
  const bool has_way = ice == ice::State::Connected || ice == ice::State::Completed;
  if (has_way && (dtls == DtlsState::Connected || dtls == DtlsState::Closed)) {
    return ConnectionState::Connected;
  }
  return ConnectionState::Connecting;
}

void Connection::update_state() {
  const ConnectionState state = current_state();
  if (state == state_) return;
  state_ = state;
  events_.emplace_back(ConnectionStateChanged{state});
}

ice::State Connection::ice_connection_state() const {
  return transport_.ice() == nullptr ? ice::State::New : transport_.ice()->state();
}

ice::GatheringState Connection::ice_gathering_state() const {
  return transport_.ice() == nullptr ? ice::GatheringState::New
                                     : transport_.ice()->gathering_state();
}

}  // namespace duet::peer
