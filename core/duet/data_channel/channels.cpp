// SPDX-License-Identifier: MIT
// How channels come about, and what their application asks for.
#include <duet/base/bytes.hpp>
#include <duet/data_channel/channels.hpp>

#include <algorithm>
#include <utility>

namespace duet::data_channel {
namespace {

constexpr std::uint32_t kNoStream = 65535;  // RFC 8832 §6: not to be used

}  // namespace

Channels::Channels(Instant now, Random& random, const sctp::Config& config)
    : max_message_size_{config.max_message_size}, now_{now}, association_{now, random, config} {}

Channels::~Channels() = default;

bool Channels::is_ours(std::uint16_t stream) const {
  return role_ && (stream % 2 == 0) == (*role_ == DtlsRole::Client);
}

std::optional<std::uint16_t> Channels::free_stream() {
  std::uint32_t stream = std::max(first_free_, *role_ == DtlsRole::Client ? 0U : 1U);
  const std::uint32_t end = std::min<std::uint32_t>(association_.outgoing_streams(), kNoStream);
  while (stream < end && by_stream_.contains(static_cast<std::uint16_t>(stream))) stream += 2;
  if (stream >= end) return std::nullopt;
  first_free_ = stream;
  return static_cast<std::uint16_t>(stream);
}

Result<ChannelId, ChannelError> Channels::create(Instant now, ChannelInit init) {
  now_ = now;
  if (is_over_) return fail(ChannelError::InvalidStateError);
  if (init.label.size() > kMaxNameSize || init.protocol.size() > kMaxNameSize) {
    return fail(ChannelError::TypeError);
  }
  if (init.max_packet_life_time && init.max_retransmits) return fail(ChannelError::TypeError);
  if (init.negotiated && !init.id) return fail(ChannelError::TypeError);
  if (!init.negotiated) init.id.reset();
  if (init.id) {
    if (*init.id >= kNoStream) return fail(ChannelError::TypeError);
    const bool is_beyond =
        association_.is_connected() && *init.id >= association_.outgoing_streams();
    if (by_stream_.contains(*init.id) || is_beyond) return fail(ChannelError::OperationError);
  } else if (role_ && !free_stream()) {
    return fail(ChannelError::OperationError);
  }
  const ChannelId id = channels_.insert();
  Channel& channel = *channels_.find(id);
  channel.init = std::move(init);
  if (channel.init.id) by_stream_.emplace(*channel.init.id, id);
  if (role_ && !begin(id, channel)) {
    by_stream_.erase(*channel.init.id);
    channels_.erase(id);
    return fail(ChannelError::OperationError);
  }
  return id;
}

void Channels::connect(Instant now, DtlsRole role) {
  now_ = now;
  if (role_ || is_over_) return;
  role_ = role;
  std::vector<ChannelId> unlucky;
  // In the order of their creation (W3C webrtc #announce-datachannel-open).
  channels_.for_each([&](ChannelId id, Channel& channel) {
    if (!begin(id, channel)) unlucky.push_back(id);
  });
  for (const ChannelId id : unlucky) remove(id, "OperationError: no stream left", true);
  association_.connect(now);
}

/// The role is known: gives the channel its stream, and tells the peer. What is said here goes
/// along with COOKIE ECHO. False if there is no stream left.
bool Channels::begin(ChannelId id, Channel& channel) {
  if (!channel.init.id) {
    channel.init.id = free_stream();
    if (!channel.init.id) return false;
    by_stream_.emplace(*channel.init.id, id);
  }
  const sctp::StreamId stream{*channel.init.id};
  association_.set_weight(stream, static_cast<std::uint16_t>(channel.init.priority));
  association_.set_low_threshold(stream, channel.low_threshold);
  if (channel.init.negotiated) {
    channel.is_acknowledged = true;
  } else {
    DataChannelOpen open{.ordered = channel.init.ordered,
                         .priority = static_cast<std::uint16_t>(channel.init.priority),
                         .label = channel.init.label,
                         .protocol = channel.init.protocol};
    if (channel.init.max_retransmits) {
      open.kind = DataChannelOpen::Kind::Rexmit;
      open.reliability = *channel.init.max_retransmits;
    } else if (channel.init.max_packet_life_time) {
      open.kind = DataChannelOpen::Kind::Timed;
      open.reliability = *channel.init.max_packet_life_time;
    }
    if (!association_.send_control(now_, stream, kDcep, open.serialize())) return false;
  }
  if (association_.is_connected()) this->open(id, channel);
  return true;
}

void Channels::open(ChannelId id, Channel& channel) {
  if (channel.state != State::Connecting) return;
  channel.state = State::Open;
  ++counters_.opened;
  events_.emplace_back(Opened{id});
  if (!early_.empty()) deliver_early(id);
}

void Channels::handle_connected() {
  events_.emplace_back(TransportConnected{});
  std::vector<ChannelId> beyond;
  channels_.for_each([&](ChannelId id, Channel& channel) {
    if (!role_) return;  // connect() will see to it
    if (*channel.init.id >= association_.outgoing_streams()) {
      beyond.push_back(id);
    } else if (channel.state == State::Closing) {
      ask_reset(channel);  // closed before there was anything to reset
    } else {
      open(id, channel);
    }
  });
  for (const ChannelId id : beyond) remove(id, "OperationError: the peer has fewer streams", true);
}

void Channels::handle(sctp::Event event) {
  if (auto* message = std::get_if<sctp::Message>(&event)) {
    handle_message(std::move(*message));
  } else if (std::holds_alternative<sctp::Connected>(event)) {
    handle_connected();
  } else if (std::holds_alternative<sctp::Restarted>(event)) {
    close_all("OperationError: the peer began anew");
  } else if (const auto* incoming = std::get_if<sctp::IncomingReset>(&event)) {
    handle_incoming_reset(incoming->stream);
  } else if (const auto* outgoing = std::get_if<sctp::OutgoingReset>(&event)) {
    handle_outgoing_reset(outgoing->stream, outgoing->is_performed);
  } else if (const auto* low = std::get_if<sctp::BufferedLow>(&event)) {
    ChannelId id;
    if (const Channel* channel = at_stream(low->stream, id); channel != nullptr) {
      if (channel->state == State::Open) events_.emplace_back(BufferedAmountLow{id});
    }
  } else if (auto* closed = std::get_if<sctp::Closed>(&event)) {
    is_over_ = true;
    const bool is_wanted = closed->reason == sctp::Closed::Reason::Shutdown ||
                           closed->reason == sctp::Closed::Reason::Aborted;
    close_all(is_wanted ? std::string{} : "OperationError: the transport failed");
    events_.emplace_back(TransportClosed{closed->reason, std::move(closed->text)});
  }
}

std::optional<Event> Channels::poll_event() {
  while (next_event_ == events_.size()) {
    events_.clear();
    if (events_.capacity() > 16) events_ = std::vector<Event>{};
    next_event_ = 0;
    auto event = association_.poll_event();
    if (!event) return std::nullopt;
    handle(std::move(*event));
  }
  return std::move(events_[next_event_++]);
}

Channels::Channel* Channels::at_stream(sctp::StreamId stream, ChannelId& id) {
  const auto found = by_stream_.find(stream.value());
  if (found == by_stream_.end()) return nullptr;
  id = found->second;
  return channels_.find(id);
}

sctp::Reliability Channels::reliability_of(const Channel& channel) const {
  sctp::Reliability reliability;
  if (channel.init.max_retransmits) reliability.max_retransmits = *channel.init.max_retransmits;
  if (channel.init.max_packet_life_time) {
    reliability.lifetime = std::chrono::milliseconds{*channel.init.max_packet_life_time};
  }
  return reliability;
}

Result<void, ChannelError> Channels::send(Instant now, ChannelId id, MessageReceived::Kind kind,
                                          std::vector<std::byte> bytes) {
  now_ = now;
  Channel* channel = channels_.find(id);
  if (channel == nullptr || channel->state != State::Open) {
    return fail(ChannelError::InvalidStateError);
  }
  const std::size_t size = bytes.size();
  const bool is_string = kind == MessageReceived::Kind::String;
  sctp::Ppid ppid = is_string ? kString : kBinary;
  if (bytes.empty()) {  // RFC 8831 §6.6
    ppid = is_string ? kStringEmpty : kBinaryEmpty;
    bytes.push_back(std::byte{0});
  }
  // RFC 8832 §6: until the peer is known to have the channel, a message must not overtake OPEN.
  const bool may_overtake = !channel->init.ordered && channel->is_acknowledged;
  const auto sent = association_.send(now, sctp::StreamId{*channel->init.id}, ppid,
                                      may_overtake ? sctp::Order::Unordered : sctp::Order::Ordered,
                                      reliability_of(*channel), std::move(bytes));
  if (sent) {
    ++channel->counters.messages_sent;
    channel->counters.bytes_sent += size;
    return {};
  }
  switch (sent.error()) {
    case sctp::SendError::TooLong:
      return fail(ChannelError::TypeError);
    case sctp::SendError::BufferFull:
      return fail(ChannelError::OperationError);
    case sctp::SendError::Closed:
    case sctp::SendError::Empty:
    case sctp::SendError::NoSuchStream:
    case sctp::SendError::Resetting:
      break;
  }
  return fail(ChannelError::InvalidStateError);
}

Result<void, ChannelError> Channels::send_text(Instant now, ChannelId id, std::string_view text) {
  const auto bytes = as_bytes(text);
  return send(now, id, MessageReceived::Kind::String, {bytes.begin(), bytes.end()});
}

State Channels::state(ChannelId id) const {
  const Channel* channel = channels_.find(id);
  return channel == nullptr ? State::Closed : channel->state;
}

const ChannelInit* Channels::find(ChannelId id) const {
  const Channel* channel = channels_.find(id);
  return channel == nullptr ? nullptr : &channel->init;
}

std::size_t Channels::buffered_amount(ChannelId id) const {
  const Channel* channel = channels_.find(id);
  if (channel == nullptr || !channel->init.id) return 0;
  return association_.buffered(sctp::StreamId{*channel->init.id});
}

std::vector<ChannelId> Channels::ids() const {
  std::vector<ChannelId> all;
  channels_.for_each([&](ChannelId id, const Channel&) { all.push_back(id); });
  return all;
}

ChannelCounters Channels::counters(ChannelId id) const {
  const Channel* channel = channels_.find(id);
  return channel == nullptr ? ChannelCounters{} : channel->counters;
}

void Channels::set_buffered_amount_low_threshold(ChannelId id, std::size_t bytes) {
  Channel* channel = channels_.find(id);
  if (channel == nullptr) return;
  channel->low_threshold = bytes;
  if (role_) association_.set_low_threshold(sctp::StreamId{*channel->init.id}, bytes);
}

}  // namespace duet::data_channel
