// SPDX-License-Identifier: MIT
// What comes on channels, and how the peer opens them (RFC 8832 §6, RFC 8831 §6.6).
#include <duet/data_channel/channels.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace duet::data_channel {

void Channels::handle_message(sctp::Message message) {
  if (message.ppid == kDcep) return handle_dcep(message);
  ChannelId id;
  Channel* channel = at_stream(message.stream, id);
  if (channel == nullptr || channel->state == State::Connecting) {
    return keep_early(std::move(message));
  }
  deliver(id, *channel, std::move(message));
}

void Channels::deliver(ChannelId id, Channel& channel, sctp::Message message) {
  // W3C webrtc #receiving-messages-on-a-data-channel: once it is closing, nothing comes any more.
  if (channel.state != State::Open) {
    ++messages_dropped_;
    return;
  }
  channel.is_acknowledged = true;  // RFC 8832 §6: a message tells as much as ACK
  using Kind = MessageReceived::Kind;
  switch (message.ppid.value()) {
    case kString.value():
    case kBinary.value():
      if (channel.is_partial_lost) {  // its beginning was dropped
        channel.is_partial_lost = false;
        ++messages_dropped_;
        return;
      }
      if (channel.partial.empty()) break;
      if (!keep_partial(channel, message.bytes)) {
        channel.is_partial_lost = false;  // this was its end
        return;
      }
      message.bytes = take_partial(channel);
      break;
    case kStringPartial.value():
    case kBinaryPartial.value():
      keep_partial(channel, message.bytes);
      return;
    case kStringEmpty.value():
    case kBinaryEmpty.value():
      message.bytes.clear();
      break;
    default:
      ++messages_dropped_;
      return;
  }
  const bool is_string = message.ppid == kString || message.ppid == kStringEmpty;
  ++channel.counters.messages_received;
  channel.counters.bytes_received += message.bytes.size();
  events_.emplace_back(
      MessageReceived{id, is_string ? Kind::String : Kind::Binary, std::move(message.bytes)});
}

/// Appends a piece of a message in deprecated pieces; false where all of it is dropped.
bool Channels::keep_partial(Channel& channel, std::span<const std::byte> piece) {
  const std::size_t size = channel.partial.size() + piece.size();
  if (channel.is_partial_lost || size > max_message_size_ ||
      partial_bytes_ + piece.size() > kMaxPartials * max_message_size_) {
    if (!std::exchange(channel.is_partial_lost, true)) ++messages_dropped_;
    take_partial(channel);
    return false;
  }
  channel.partial.insert(channel.partial.end(), piece.begin(), piece.end());
  partial_bytes_ += piece.size();
  return true;
}

std::vector<std::byte> Channels::take_partial(Channel& channel) {
  partial_bytes_ -= channel.partial.size();
  return std::exchange(channel.partial, {});
}

/// A negotiated channel is there when its application has created it, which may be later than the
/// peer's application has.
void Channels::keep_early(sctp::Message message) {
  if (early_.size() == kMaxEarlyMessages || early_bytes_ + message.bytes.size() > kMaxEarlyBytes) {
    ++messages_dropped_;
    return;
  }
  early_bytes_ += message.bytes.size();
  early_.push_back(std::move(message));
}

void Channels::deliver_early(ChannelId id) {
  Channel& channel = *channels_.find(id);
  std::vector<sctp::Message> others;
  for (sctp::Message& message : early_) {
    if (message.stream.value() != channel.init.id) {
      others.push_back(std::move(message));
      continue;
    }
    early_bytes_ -= message.bytes.size();
    deliver(id, channel, std::move(message));
  }
  early_ = std::move(others);
}

void Channels::handle_dcep(const sctp::Message& message) {
  ChannelId id;
  Channel* channel = at_stream(message.stream, id);
  if (is_ack(message.bytes)) {
    if (channel != nullptr && !channel->is_peers) {
      channel->is_acknowledged = true;
    } else {
      ++messages_dropped_;
    }
    return;
  }
  auto open = DataChannelOpen::parse(message.bytes);
  if (open && channel != nullptr && channel->is_incoming_reset) {
    // The peer has our reset and its own answered, or it could not use the stream again; only its
    // answer to us got lost.
    remove(id, {}, true);
    channel = nullptr;
  }
  if (!open || channel != nullptr) {  // broken, or a channel that is there
    ++messages_dropped_;
    if (!open && channel == nullptr) refuse(message.stream);
    return;
  }
  handle_open(message.stream, std::move(*open));
}

void Channels::acknowledge(Channel& channel) {
  const auto sent =
      association_.send_control(now_, sctp::StreamId{*channel.init.id}, kDcep, make_ack());
  // With full buffers, our first message tells the peer as much.
  channel.has_older_reset = !sent && sent.error() == sctp::SendError::Resetting;
}

void Channels::handle_open(sctp::StreamId stream, DataChannelOpen open) {
  const std::size_t names = open.label.size() + open.protocol.size();
  const bool is_wrong_side = is_ours(stream.value()) || by_stream_.contains(stream.value());
  if (is_wrong_side || stream.value() >= association_.outgoing_streams() ||
      peer_channels_ == kMaxPeerChannels || peer_names_ + names > kMaxPeerNames) {
    ++messages_dropped_;
    return refuse(stream);
  }
  const ChannelId id = channels_.insert();
  Channel& channel = *channels_.find(id);
  channel.is_peers = channel.is_acknowledged = true;
  ++peer_channels_;
  peer_names_ += names;
  constexpr std::uint32_t kMost = 65535;  // W3C has 16 bits where DCEP has 32
  const auto limit = static_cast<std::uint16_t>(std::min(open.reliability, kMost));
  channel.init.label = std::move(open.label);
  channel.init.protocol = std::move(open.protocol);
  channel.init.ordered = open.ordered;
  channel.init.id = stream.value();
  if (open.kind == DataChannelOpen::Kind::Rexmit) channel.init.max_retransmits = limit;
  if (open.kind == DataChannelOpen::Kind::Timed) channel.init.max_packet_life_time = limit;
  // W3C webrtc-priority: between the weights it is the higher one's.
  channel.init.priority = open.priority <= 128   ? Priority::VeryLow
                          : open.priority <= 256 ? Priority::Low
                          : open.priority <= 512 ? Priority::Medium
                                                 : Priority::High;
  channel.state = State::Open;
  ++counters_.opened;
  by_stream_.emplace(stream.value(), id);
  association_.set_weight(stream, static_cast<std::uint16_t>(channel.init.priority));
  acknowledge(channel);
  events_.emplace_back(Announced{id});
  if (!early_.empty()) deliver_early(id);
}

}  // namespace duet::data_channel
