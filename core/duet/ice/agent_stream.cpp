// SPDX-License-Identifier: MIT
// An ICE agent: streams to peers (RFC 6544) and to relays.
#include <duet/ice/agent.hpp>

#include <algorithm>
#include <utility>

namespace duet::ice {
namespace {

/// Who connects has a check to say; who says none within this is somebody else.
constexpr Duration kAcceptPatience = 5s;

/// Of those who have not said it yet: more than a peer has addresses. One more takes the place of
/// the one that has waited longest, so strangers who say nothing keep nobody out.
constexpr std::size_t kMaxUnproven = 8;

}  // namespace

Stream* Agent::find_stream(StreamId id) {
  const auto at = std::find_if(streams_.begin(), streams_.end(),
                               [&](const Stream& stream) { return stream.id == id; });
  return at == streams_.end() ? nullptr : &*at;
}

/// None if there are as many as may be.
StreamId Agent::want_stream(Carrier carrier, Framing framing, const Endpoint& local,
                            const Endpoint& remote, RelayId relay) {
  if (streams_.size() >= config_.limits.streams) {
    drop(Drop::TooMany);
    return {};
  }
  Stream stream;
  stream.id = StreamId{++last_id_};
  stream.framing = framing;
  stream.local = {local.address, 0};
  stream.remote = remote;
  stream.relay = relay;
  streams_.push_back(stream);
  const Relay* user = find_relay(relay);
  emit(StreamWanted{stream.id, carrier, framing, stream.local, remote,
                    user != nullptr ? user->host : std::string{}});
  return stream.id;
}

void Agent::drop_stream(StreamId id) {
  if (std::erase_if(streams_, [&](const Stream& stream) { return stream.id == id; }) == 0) return;
  emit(StreamUnwanted{id});
}

void Agent::handle_stream_connected(Instant now, StreamId id) {
  Stream* stream = find_stream(id);
  if (is_closed_ || stream == nullptr || stream->is_open) return;
  stream->is_open = true;
  stream->deadline.reset();
  if (Relay* relay = find_relay(stream->relay)) {
    relay->client = std::make_unique<turn::Client>(now, random_, turn::Client::Carrier::Stream,
                                                   relay->credential);
  } else {
    for (const auto& pair : current_.checklist.pairs()) {
      if (pair->source.stream == id) {
        start_check(now, *pair, Check::Kind::Ordinary);
        break;
      }
    }
  }
  update(now);
}

std::optional<StreamId> Agent::handle_stream_accepted(Instant now, const Endpoint& local,
                                                      const Endpoint& remote) {
  if (is_closed_ || find_address(local, true) == nullptr || config_.policy == Policy::Relay) {
    return std::nullopt;
  }
  if (streams_.size() >= config_.limits.streams) {
    drop(Drop::TooMany);
    return std::nullopt;
  }
  const auto is_unproven = [](const Stream& one) { return one.is_open && one.deadline; };
  if (std::ranges::count_if(streams_, is_unproven) == kMaxUnproven) {
    const StreamId oldest = std::ranges::find_if(streams_, is_unproven)->id;
    emit(StreamUnwanted{oldest});
    handle_stream_closed(now, oldest);
  }
  Stream stream;
  stream.id = StreamId{++last_id_};
  stream.local = local;
  stream.remote = remote;
  stream.is_open = true;
  stream.deadline = now + kAcceptPatience;
  streams_.push_back(stream);
  return stream.id;
}

void Agent::handle_stream_closed(Instant now, StreamId id) {
  const Stream* stream = find_stream(id);
  if (stream == nullptr) return;
  const RelayId relay_id = stream->relay;
  std::erase_if(streams_, [&](const Stream& s) { return s.id == id; });
  if (Relay* relay = find_relay(relay_id)) {
    if (!relay->relayed && !is_closed_) tell_failure(relay->server, relay->base, std::nullopt);
    remove_relay(now, relay_id);
  }
  for (Generation* generation : {&current_, previous_.get()}) {
    if (generation == nullptr) continue;
    for (const auto& pair : generation->checklist.pairs()) {
      if (pair->source.stream != id) continue;
      pair->source.stream = StreamId{};  // ours may be opened again
      fail_pair(now, *generation, *pair, std::nullopt);
    }
  }
  // Theirs can't.
  erase_pairs(current_, [&](const Pair& pair) {
    const LocalCandidate* local = find_local(pair.local);
    return !pair.is_udp && pair.source.stream == StreamId{} && local != nullptr &&
           local->candidate.tcp_type == TcpType::Passive;
  });
  update(now);
}

void Agent::handle_stream_timeouts(Instant now) {
  std::vector<StreamId> dead;
  for (const Stream& stream : streams_) {
    if (stream.deadline && *stream.deadline <= now) dead.push_back(stream.id);
  }
  for (const StreamId id : dead) {
    emit(StreamUnwanted{id});
    handle_stream_closed(now, id);
  }
}

std::optional<std::span<const std::byte>> Agent::handle_frame(Instant now, StreamId id,
                                                              std::span<const std::byte> bytes) {
  const Stream* stream = find_stream(id);
  if (stream == nullptr || !stream->is_open) {
    drop(Drop::UnknownStream);
    return std::nullopt;
  }
  if (Relay* relay = find_relay(stream->relay)) return handle_relay_packet(now, *relay, bytes);
  const Endpoint remote = stream->remote;
  const auto payload = handle_packet(now, Source{{}, {}, id}, remote, bytes);
  // What a stream says first is a check that we believe, or it is a stranger's.
  stream = find_stream(id);
  if (stream != nullptr && stream->deadline) {
    emit(StreamUnwanted{id});
    handle_stream_closed(now, id);
    return std::nullopt;
  }
  return payload;
}

}  // namespace duet::ice
