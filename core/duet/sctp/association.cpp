// SPDX-License-Identifier: MIT
// The surface of an association, and which chunk goes where.
#include <duet/base/bytes.hpp>
#include <duet/base/check.hpp>
#include <duet/sctp/association.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace duet::sctp {
namespace {

constexpr std::uint8_t kTagReflected = 0x01;  // T bit of ABORT and SHUTDOWN COMPLETE

/// Longest reason kept of what a peer wrote into its ABORT.
constexpr std::size_t kMaxReason = 200;

VerificationTag random_tag(Random& random) {
  const auto value = static_cast<std::uint32_t>(random.u64());
  return VerificationTag{value == 0 ? 1 : value};
}

Init make_init(Random& random, const Config& config) {
  return {.tag = random_tag(random),
          .window =
              static_cast<std::uint32_t>(std::min<std::size_t>(config.receive_window, 0xFFFFFFFF)),
          .outgoing_streams = config.outgoing_streams,
          .incoming_streams = config.incoming_streams,
          .initial_tsn = Tsn{static_cast<std::uint32_t>(random.u64())},
          .extensions = {.forward_tsn = true,
                         .interleaving = config.interleaving,
                         .reconfig = true,
                         .zero_checksum = config.zero_checksum}};
}

}  // namespace

Association::Association(Instant now, Random& random, const Config& config)
    : config_{config},
      random_{random},
      now_{now},
      cookies_{random},
      local_{make_init(random, config)},
      outgoing_streams_{config.outgoing_streams},
      incoming_streams_{config.incoming_streams},
      outstanding_{local_.initial_tsn, queue_},
      congestion_{kBaseMtu},
      rtt_{config.round_trip},
      path_{std::min(config.max_mtu, kMaxMtu)},
      received_{Tsn{}},
      reassembly_{config.max_message_size},
      told_window_{local_.window} {
  DUET_CHECK(config.receive_window >= 2 * config.max_message_size);
}

Association::~Association() = default;

void Association::connect(Instant now) {
  now_ = now;
  if (state_ != State::Closed || is_over_) return;
  state_ = State::CookieWait;
  is_setup_due_ = true;
}

// ------------------------------------------------------------------ packets in

bool Association::is_for_us(const Packet& packet, const Chunk& first) const {
  if (packet.source_port != config_.remote_port || packet.destination_port != config_.local_port) {
    return false;
  }
  switch (first.type) {  // RFC 9260 §8.5.1
    case ChunkType::Init:
      return packet.tag == VerificationTag{};
    case ChunkType::CookieEcho:
      return true;  // the cookie says which tag
    case ChunkType::Abort:
    case ChunkType::ShutdownComplete:
      if (first.flag(kTagReflected)) {
        return packet.tag == peer_tag_ && peer_tag_ != VerificationTag{};
      }
      return packet.tag == local_.tag;
    default:
      return packet.tag == local_.tag;
  }
}

void Association::handle_packet(Instant now, std::span<const std::byte> bytes) {
  now_ = now;
  if (is_over_) return;
  const auto packet = Packet::parse(
      bytes, config_.zero_checksum ? ChecksumRule::Crc32cOrZero : ChecksumRule::Crc32c);
  ChunkReader chunks{packet ? packet->chunks : std::span<const std::byte>{}};
  auto chunk = chunks.next();
  if (!chunk || !is_for_us(*packet, *chunk)) {
    ++statistics_.packets_dropped;
    return;
  }
  ++statistics_.packets_received;
  has_data_in_packet_ = false;
  if (chunk->type == ChunkType::Init) return handle_init(*packet, *chunk);  // always alone
  if (chunk->type == ChunkType::CookieEcho) {
    if (!handle_cookie_echo(*packet, *chunk)) return;
    chunk = chunks.next();
  }
  for (; chunk && !is_over_; chunk = chunks.next()) {
    if (!handle_chunk(*chunk)) break;
  }
  if (!chunks.ok()) ++statistics_.chunks_dropped;
  if (is_over_) return;
  if (has_data_in_packet_) {
    // RFC 9260 §6.2: at least every second packet, and at once while something is missing.
    ++packets_unacknowledged_;
    const bool is_urgent = packets_unacknowledged_ >= 2 || !received_.ranges().empty() ||
                           state_ == State::ShutdownSent;
    note_sack(is_urgent ? SackNeed::Now : SackNeed::Delayed);
  }
  look_at_deferred_reset();
  look_at_shutdown();
}

bool Association::handle_chunk(const Chunk& chunk) {
  switch (chunk.type) {
    case ChunkType::Data:
    case ChunkType::IData:
      handle_data(chunk);
      break;
    case ChunkType::Sack:
      if (const auto sack = Sack::parse(chunk.value)) {
        handle_sack(*sack);
      } else {
        ++statistics_.chunks_dropped;
      }
      break;
    case ChunkType::ForwardTsn:
    case ChunkType::IForwardTsn:
      handle_forward_tsn(chunk);
      break;
    case ChunkType::InitAck:
      handle_init_ack(chunk);
      break;
    case ChunkType::CookieAck:
      handle_cookie_ack();
      break;
    case ChunkType::Heartbeat:
      if (is_connected()) {
        reply(peer_tag_, ChunkType::HeartbeatAck, 0, {chunk.value.begin(), chunk.value.end()});
      }
      break;
    case ChunkType::HeartbeatAck:
      handle_heartbeat_ack(chunk);
      break;
    case ChunkType::Abort:
      handle_abort(chunk);
      break;
    case ChunkType::Error:
      handle_error(chunk);
      break;
    case ChunkType::Shutdown:
      handle_shutdown(chunk);
      break;
    case ChunkType::ShutdownAck:
      handle_shutdown_ack();
      break;
    case ChunkType::ShutdownComplete:
      if (state_ == State::ShutdownAckSent) finish(Closed::Reason::Shutdown, {});
      break;
    case ChunkType::ReConfig:
      handle_reconfig(chunk);
      break;
    case ChunkType::Pad:
      break;
    case ChunkType::Init:
    case ChunkType::CookieEcho:
      ++statistics_.chunks_dropped;  // not the first of its packet (RFC 9260 §4.3, §5.1)
      return false;
    default:
      return handle_unknown(chunk);
  }
  return true;
}

bool Association::handle_unknown(const Chunk& chunk) {
  ++statistics_.chunks_dropped;
  const auto rule = UnknownRule::of_chunk(static_cast<std::uint8_t>(chunk.type));
  if (rule.report && is_connected()) {
    // The whole chunk is to be told; its head says enough, and fits whatever the peer sent.
    std::array<std::byte, kChunkHeaderSize> head{static_cast<std::byte>(chunk.type),
                                                 static_cast<std::byte>(chunk.flags), std::byte{0},
                                                 std::byte{kChunkHeaderSize}};
    report(Cause::UnrecognizedChunkType, head);
  }
  return rule.skip;
}

void Association::handle_abort(const Chunk& chunk) {
  std::string text;
  ParameterReader causes{chunk.value};
  if (const auto cause = causes.next()) {
    const auto type = static_cast<Cause>(cause->type);
    if (type == Cause::UserInitiatedAbort || type == Cause::ProtocolViolation) {
      const auto reason = cause->value.first(std::min(cause->value.size(), kMaxReason));
      text = as_text(reason);
    } else {
      text = "cause " + std::to_string(cause->type);
    }
  }
  finish(Closed::Reason::PeerAborted, std::move(text));
}

void Association::handle_error(const Chunk& chunk) {
  ParameterReader causes{chunk.value};
  while (const auto cause = causes.next()) {
    if (static_cast<Cause>(cause->type) == Cause::StaleCookie) handle_stale_cookie();
  }
}

void Association::handle_heartbeat_ack(const Chunk& chunk) {
  // Info parameter with our nonce (RFC 9260 §3.3.6); one that we did not send changes nothing.
  if (chunk.value.size() != kParameterHeaderSize + 8) return;
  ByteReader in{chunk.value.subspan(kParameterHeaderSize)};
  const std::uint64_t nonce = in.u64();
  if (heartbeat_ && heartbeat_->nonce == nonce) {
    rtt_.handle_sample(now_ - heartbeat_->sent);
    timeouts_ = 0;
    heartbeat_.reset();
    heartbeat_time_ = now_ + kHeartbeatInterval;
  } else if (probe_ && probe_->nonce == nonce) {
    path_.handle_probe_acked(probe_->size);
    congestion_.set_packet_size(path_.current());
    probe_.reset();
  }
}

// ------------------------------------------------------------------ the application

Result<void, SendError> Association::send(Instant now, StreamId stream, Ppid ppid, Order order,
                                          Reliability reliability, std::vector<std::byte> bytes) {
  OutgoingMessage message{.stream = stream,
                          .ppid = ppid,
                          .is_unordered = order == Order::Unordered,
                          .bytes = std::move(bytes),
                          .max_retransmits = reliability.max_retransmits};
  if (reliability.lifetime) message.expires = now + *reliability.lifetime;
  return enqueue(now, std::move(message));
}

Result<void, SendError> Association::send_control(Instant now, StreamId stream, Ppid ppid,
                                                  std::vector<std::byte> bytes) {
  return enqueue(now,
                 {.stream = stream, .ppid = ppid, .is_counted = false, .bytes = std::move(bytes)});
}

Result<void, SendError> Association::enqueue(Instant now, OutgoingMessage message) {
  now_ = now;
  const std::size_t size = message.bytes.size();
  if (is_over_ || state_ > State::Established) return fail(SendError::Closed);
  if (message.stream.value() >= outgoing_streams_) return fail(SendError::NoSuchStream);
  if (size == 0) return fail(SendError::Empty);
  if (size > config_.peer_max_message_size) return fail(SendError::TooLong);
  if (reconfig_.is_resetting(message.stream)) return fail(SendError::Resetting);
  if (size > config_.send_buffer - std::min(queue_.held(), config_.send_buffer)) {
    return fail(SendError::BufferFull);
  }
  queue_.add(std::move(message));
  return {};
}

bool Association::reset_stream(Instant now, StreamId stream) {
  now_ = now;
  if (state_ != State::Established || !agreed_.reconfig) return false;
  if (stream.value() >= outgoing_streams_) return false;
  reconfig_.request_reset(stream);
  return true;
}

bool Association::add_streams(Instant now, std::uint16_t count) {
  now_ = now;
  if (state_ != State::Established || !agreed_.reconfig || count == 0) return false;
  if (count > 0xFFFF - outgoing_streams_) return false;
  reconfig_.request_streams(count);
  return true;
}

std::optional<Event> Association::poll_event() {
  if (next_event_ < events_.size() && events_[next_event_].after <= messages_taken_) {
    Event event = std::move(events_[next_event_++].event);
    if (next_event_ == events_.size()) {
      events_ = std::vector<QueuedEvent>{};
      next_event_ = 0;
    }
    return event;
  }
  if (auto message = reassembly_.poll_message()) {
    ++messages_taken_;
    // The peer may think there is no room when there is again (RFC 9260 §6.2).
    const std::size_t quarter = config_.receive_window / 4;
    if (told_window_ < quarter && free_window() >= told_window_ + quarter && is_connected()) {
      sack_ = SackNeed::Now;
    }
    return Event{std::move(*message)};
  }
  if (const auto stream = queue_.poll_low()) return Event{BufferedLow{*stream}};
  return std::nullopt;
}

void Association::handle_path_changed(Instant now, std::optional<Duration> round_trip) {
  now_ = now;
  rtt_ = RttEstimator{round_trip};
  path_.reset();
  probe_.reset();
  congestion_ = CongestionControl{kBaseMtu};
  timeouts_ = backoff_ = 0;
  was_probed_ = false;
  paced_until_ = {};
  if (is_over_) return;
  if (!is_connected()) {
    is_setup_due_ = state_ != State::Closed;
  }
  outstanding_.mark_all_lost();
  if (!outstanding_.empty()) arm_t3();
}

Statistics Association::statistics() const {
  Statistics out = statistics_;
  out.retransmissions = outstanding_.retransmitted();
  return out;
}

// ------------------------------------------------------------------ helpers

void Association::reply(VerificationTag tag, ChunkType type, std::uint8_t flags,
                        std::vector<std::byte> value) {
  const std::size_t size = kPacketHeaderSize + kChunkHeaderSize + value.size();
  if (replies_.size() == kMaxReplies || size > path_.current()) {
    ++statistics_.chunks_dropped;
    return;
  }
  replies_.push_back({tag, type, flags, std::move(value)});
}

void Association::report(Cause cause, std::span<const std::byte> information) {
  std::vector<std::byte> value;
  append_parameter(value, static_cast<std::uint16_t>(cause), information);
  reply(peer_tag_, ChunkType::Error, 0, std::move(value));
}

void Association::push_event(Event event) {
  events_.push_back({messages_taken_ + reassembly_.ready(), std::move(event)});
}

void Association::finish(Closed::Reason reason, std::string text) {
  if (is_over_) return;
  is_over_ = true;
  state_ = State::Closed;
  t1_.reset();
  t2_.reset();
  t3_.reset();
  reconfig_time_.reset();
  heartbeat_time_.reset();
  outstanding_.restart(Tsn{});
  queue_.clear();
  push_event(Closed{reason, std::move(text)});
}

/// Tells the peer why, and ends.
void Association::fail_with(Closed::Reason reason, Cause cause, std::string_view text) {
  std::vector<std::byte> value;
  append_parameter(value, static_cast<std::uint16_t>(cause), as_bytes(text.substr(0, kMaxReason)));
  if (peer_tag_ != VerificationTag{}) {
    replies_.clear();  // what would be answered belongs to no association any more
    reply(peer_tag_, ChunkType::Abort, 0, std::move(value));
  }
  finish(reason, std::string{text});
}

}  // namespace duet::sctp
