// SPDX-License-Identifier: MIT
// How channels end: both halves of their stream are reset (RFC 8831 §6.7).
#include <duet/data_channel/channels.hpp>

#include <algorithm>
#include <utility>

namespace duet::data_channel {

void Channels::close(Instant now, ChannelId id) {
  now_ = now;
  Channel* channel = channels_.find(id);
  if (channel == nullptr || channel->state == State::Closing) return;
  leave_open(*channel);
  channel->state = State::Closing;
  if (!role_) {  // nobody has heard of it
    remove(id, {}, true);
    return;
  }
  if (!association_.is_connected()) return;  // handle_connected() goes on
  ask_reset(*channel);
  finish_if_reset(id);
}

void Channels::ask_reset(Channel& channel) {
  if (channel.is_reset_asked) return;
  channel.is_reset_asked = true;
  if (association_.reset_stream(now_, sctp::StreamId{*channel.init.id})) return;
  // The peer can't: the channel ends here, and its stream is never used again.
  channel.is_outgoing_reset = channel.is_incoming_reset = true;
}

/// Closes what the peer opened and can't have.
void Channels::refuse(sctp::StreamId stream) {
  if (!by_stream_.contains(stream.value())) association_.reset_stream(now_, stream);
}

void Channels::handle_incoming_reset(sctp::StreamId stream) {
  std::erase_if(early_, [&](const sctp::Message& message) {
    if (message.stream != stream) return false;
    early_bytes_ -= message.bytes.size();
    return true;
  });
  ChannelId id;
  Channel* channel = at_stream(stream, id);
  if (channel == nullptr) return;
  channel->is_incoming_reset = true;
  if (channel->state != State::Closing) {
    leave_open(*channel);
    channel->state = State::Closing;
    events_.emplace_back(ChannelClosing{id});
  }
  ask_reset(*channel);
  finish_if_reset(id);
}

void Channels::handle_outgoing_reset(sctp::StreamId stream, bool is_performed) {
  ChannelId id;
  Channel* channel = at_stream(stream, id);
  if (channel == nullptr) return;
  if (channel->has_older_reset) {  // the answer about the stream's old life
    channel->has_older_reset = false;
    if (channel->state == State::Open) acknowledge(*channel);
    return;
  }
  if (!channel->is_reset_asked) return;
  if (!is_performed) return remove(id, {}, false);
  channel->is_outgoing_reset = true;
  finish_if_reset(id);
}

void Channels::finish_if_reset(ChannelId id) {
  const Channel& channel = *channels_.find(id);
  if (!channel.is_outgoing_reset || !channel.is_incoming_reset) return;
  remove(id, {}, association_.extensions().reconfig);
}

void Channels::leave_open(Channel& channel) {
  if (channel.state == State::Open) ++counters_.closed;
}

void Channels::remove(ChannelId id, std::string error, bool is_stream_free) {
  Channel& channel = *channels_.find(id);
  leave_open(channel);
  take_partial(channel);
  if (channel.is_peers) {
    --peer_channels_;
    peer_names_ -= channel.init.label.size() + channel.init.protocol.size();
  }
  if (channel.init.id && is_stream_free) {
    by_stream_.erase(*channel.init.id);
    if (is_ours(*channel.init.id)) {
      first_free_ = std::min<std::uint32_t>(first_free_, *channel.init.id);
    }
  }
  channels_.erase(id);
  events_.emplace_back(ChannelClosed{id, std::move(error)});
}

void Channels::close_all(const std::string& error) {
  std::vector<ChannelId> all;
  channels_.for_each([&](ChannelId id, Channel&) { all.push_back(id); });
  for (const ChannelId id : all) remove(id, error, true);
  by_stream_.clear();
  first_free_ = 0;
  early_ = std::vector<sctp::Message>{};
  early_bytes_ = 0;
}

}  // namespace duet::data_channel
