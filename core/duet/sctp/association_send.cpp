// SPDX-License-Identifier: MIT
// Packets out, and what their acknowledgement does (RFC 9260 §6.1, §6.3, §7.2).
#include <duet/base/check.hpp>
#include <duet/sctp/association.hpp>

#include <algorithm>
#include <array>

namespace duet::sctp {
namespace {

/// What pacing lets go at once: less would cost system calls (RFC 9002 §7.7 has ten packets), and a
/// millisecond is what timers are late by.
constexpr std::size_t kBurstPackets = 10;
constexpr std::chrono::nanoseconds kBurstTime = 1ms;

/// Least of a SACK: cumulative TSN, window, two counts.
constexpr std::size_t kSackSize = 12;

/// A packet buffer kept while idle is not longer than this.
constexpr std::size_t kIdleBuffer = 1200;

}  // namespace

ChecksumRule Association::checksum_rule() const {
  return agreed_.zero_checksum ? ChecksumRule::Crc32cOrZero : ChecksumRule::Crc32c;
}

PacketWriter Association::begin_packet(std::size_t size, VerificationTag tag) {
  if (buffer_.size() < size) buffer_.resize(size);
  return {std::span{buffer_}.first(size), config_.local_port, config_.remote_port, tag};
}

std::optional<std::span<const std::byte>> Association::finish_packet(PacketWriter& out,
                                                                     ChecksumRule rule) {
  ++statistics_.packets_sent;
  may_be_fragmented_ = out.size() > path_.current();
  return out.finish(rule);
}

/// The path's, but what was sent longer, when the path carried more, has to go as it is.
std::size_t Association::packet_limit() {
  const std::size_t header = agreed_.interleaving ? kIDataHeaderSize : kDataHeaderSize;
  const auto lost = outstanding_.next_lost(now_);
  const std::size_t needed = lost ? outstanding_.at(*lost).size : 0;
  return std::max(path_.current(), padded(kPacketHeaderSize + kChunkHeaderSize + header + needed));
}

std::optional<std::span<const std::byte>> Association::poll_transmit() {
  if (!replies_.empty()) return transmit_reply();
  if (is_over_) {
    buffer_ = std::vector<std::byte>{};  // `= {}` would keep its memory
    return std::nullopt;
  }
  if (state_ == State::Closed) return std::nullopt;
  if (!is_connected()) return transmit_setup();

  const bool may_have_data = state_ <= State::ShutdownPending || state_ == State::ShutdownReceived;
  const bool has_data = may_have_data && (outstanding_.has_lost() || queue_.next(now_) != nullptr);
  // Control fits into the smallest packet, and who only receives keeps no longer buffer.
  PacketWriter out = begin_packet(has_data ? packet_limit() : kBaseMtu, peer_tag_);
  fill_control(out);
  if (sack_ == SackNeed::Now) fill_sack(out);
  if (may_have_data) {
    fill_forward_tsn(out);
    // A SACK that could wait goes along with data, before it (RFC 9260 §6.10).
    if (sack_ == SackNeed::Delayed && has_data && may_send()) fill_sack(out);
    if (has_data) {
      fill_data(out);
    } else {
      is_limited_ = false;
    }
  }
  if (!out.empty()) return finish_packet(out, checksum_rule());
  if (auto packet = transmit_probe()) return packet;
  if (buffer_.size() > kIdleBuffer && outstanding_.empty()) {
    buffer_ = std::vector<std::byte>{};
  }
  return std::nullopt;
}

std::optional<std::span<const std::byte>> Association::transmit_reply() {
  const Reply reply = std::move(replies_.front());
  replies_.erase(replies_.begin());
  const std::size_t size = kPacketHeaderSize + padded(kChunkHeaderSize + reply.value.size());
  PacketWriter out = begin_packet(size, reply.tag);
  out.add(reply.type, reply.flags, reply.value);
  // An answer to INIT must carry a checksum, and the end of an association may come before anything
  // was agreed on (RFC 9653 §5.2).
  const bool is_checked = reply.type == ChunkType::InitAck || reply.type == ChunkType::Abort;
  return finish_packet(out, is_checked ? ChecksumRule::Crc32c : checksum_rule());
}

std::optional<std::span<const std::byte>> Association::transmit_setup() {
  if (!is_setup_due_) return std::nullopt;
  is_setup_due_ = false;
  if (!t1_) t1_ = now_ + backed_off(rtt_.handshake_rto());
  if (state_ == State::CookieWait) {
    PacketWriter out = begin_packet(kBaseMtu, VerificationTag{});
    out.add(ChunkType::Init, 0, local_.serialize());
    return finish_packet(out, ChecksumRule::Crc32c);
  }
  PacketWriter out = begin_packet(kBaseMtu, peer_tag_);
  out.add(ChunkType::CookieEcho, 0, cookie_);
  fill_data(out);  // RFC 9260 §5.1 C: what waits goes along
  return finish_packet(out, ChecksumRule::Crc32c);
}

void Association::fill_control(PacketWriter& out) {
  if (is_cookie_ack_due_) {  // first in its packet (RFC 9260 §5.1 D)
    is_cookie_ack_due_ = false;
    out.add(ChunkType::CookieAck, 0, std::size_t{0});
  }
  if (is_shutdown_due_) {
    is_shutdown_due_ = false;
    if (!t2_) t2_ = now_ + backed_off(rtt_.rto());
    if (state_ == State::ShutdownSent) {
      const auto value = out.add(ChunkType::Shutdown, 0, 4);
      store32(value.data(), received_.cumulative().value());
    } else if (state_ == State::ShutdownAckSent) {
      out.add(ChunkType::ShutdownAck, 0, std::size_t{0});
    }
  }
  if (state_ == State::Established) {
    reconfig_.prepare([&](StreamId stream) { return queue_.is_drained(stream); },
                      outstanding_.next_tsn() - 1);
  }
  if (reconfig_.has_due()) {
    for (const auto& chunk : reconfig_.take_due()) out.add(ChunkType::ReConfig, 0, chunk);
    if (reconfig_.is_unanswered() && !reconfig_time_)
      reconfig_time_ = now_ + backed_off(rtt_.rto());
  }
  if (is_heartbeat_due_) {
    is_heartbeat_due_ = false;
    heartbeat_ = add_heartbeat(out, 0);
  }
}

Association::Heartbeat Association::add_heartbeat(PacketWriter& out, std::size_t size) {
  const Heartbeat heartbeat{.nonce = random_.u64(), .sent = now_, .size = size};
  const auto value = out.add(ChunkType::Heartbeat, 0, kParameterHeaderSize + 8);
  store16(value.data(), 1);  // Heartbeat Info (RFC 9260 §3.3.5)
  store16(value.data() + 2, kParameterHeaderSize + 8);
  store32(value.data() + 4, static_cast<std::uint32_t>(heartbeat.nonce >> 32));
  store32(value.data() + 8, static_cast<std::uint32_t>(heartbeat.nonce));
  return heartbeat;
}

/// RFC 8899 §6.1: HEARTBEAT, filled up with PAD.
std::optional<std::span<const std::byte>> Association::transmit_probe() {
  const auto size = path_.probe_due();
  if (!size) return std::nullopt;
  PacketWriter out = begin_packet(*size, peer_tag_);
  probe_ = add_heartbeat(out, *size);
  const auto padding = out.add(ChunkType::Pad, 0, out.room());
  std::fill(padding.begin(), padding.end(), std::byte{0});
  path_.handle_probe_sent(now_, rtt_.rto());
  const auto packet = finish_packet(out, checksum_rule());
  may_be_fragmented_ = false;  // whether it gets through whole is what it is to find out
  return packet;
}

void Association::fill_sack(PacketWriter& out) {
  if (out.room() < kSackSize) return;
  const auto ranges = received_.ranges();
  const auto duplicates = received_.duplicates();
  const std::size_t room = (out.room() - kSackSize) / 4;
  const std::size_t gaps = std::min(ranges.size(), room);
  const std::size_t repeated = std::min(duplicates.size(), room - gaps);
  std::byte* at = out.add(ChunkType::Sack, 0, kSackSize + 4 * (gaps + repeated)).data();
  told_window_ = free_window();
  store32(at, received_.cumulative().value());
  store32(at + 4, told_window_);
  store16(at + 8, static_cast<std::uint16_t>(gaps));
  store16(at + 10, static_cast<std::uint16_t>(repeated));
  at += kSackSize;
  for (const auto& range : ranges.first(gaps)) {
    store16(at, static_cast<std::uint16_t>(distance(received_.cumulative(), range.first)));
    store16(at + 2, static_cast<std::uint16_t>(distance(received_.cumulative(), range.last)));
    at += 4;
  }
  for (const Tsn tsn : duplicates.first(repeated)) {
    store32(at, tsn.value());
    at += 4;
  }
  received_.clear_duplicates();
  sack_ = SackNeed::None;
  packets_unacknowledged_ = 0;
}

/// RFC 3758 §3.5 C3. Streams that don't fit wait for the next one.
void Association::fill_forward_tsn(PacketWriter& out) {
  if (!agreed_.forward_tsn) return;
  outstanding_.next_lost(now_);  // gives up what may not be sent again
  const Tsn target = outstanding_.advanced();
  if (target == outstanding_.cumulative()) return;
  if (!is_forward_due_ && distance(forwarded_, target) <= 0) return;
  const std::size_t entry = agreed_.interleaving ? 8 : 4;
  const std::size_t most = out.room() < 4 ? 0 : (out.room() - 4) / entry;
  if (most == 0) return;

  std::vector<ForwardTsn::Skipped> skipped;
  Tsn reached = outstanding_.cumulative();
  for (Tsn tsn = reached + 1; distance(tsn, target) >= 0; tsn = tsn + 1) {
    const OutgoingMessage& message = *outstanding_.at(tsn).message;
    if (agreed_.interleaving || !message.is_unordered) {
      const auto same = std::find_if(skipped.rbegin(), skipped.rend(), [&](const auto& other) {
        return other.stream == message.stream && other.is_unordered == message.is_unordered;
      });
      if (same != skipped.rend()) {
        same->message = message.number;  // of one stream, later ones have greater numbers
      } else if (skipped.size() < most) {
        skipped.push_back({message.stream, message.is_unordered, message.number});
      } else {
        break;
      }
    }
    reached = tsn;
  }
  const auto type = agreed_.interleaving ? ChunkType::IForwardTsn : ChunkType::ForwardTsn;
  std::byte* at = out.add(type, 0, 4 + entry * skipped.size()).data();
  store32(at, reached.value());
  at += 4;
  for (const auto& [stream, is_unordered, message] : skipped) {
    store16(at, stream.value());
    if (agreed_.interleaving) {
      store16(at + 2, is_unordered ? 1 : 0);
      store32(at + 4, message);
    } else {
      store16(at + 2, static_cast<std::uint16_t>(message));
    }
    at += entry;
  }
  is_forward_due_ = false;
  forwarded_ = reached;
  if (!t3_) arm_t3();
}

// ------------------------------------------------------------------ data

/// Whether congestion window and pacer let one more chunk go.
bool Association::may_send() {
  if (may_probe_) return true;
  const bool is_open = outstanding_.in_flight() < congestion_.window() && paced_until_ <= now_;
  if (!is_open) is_limited_ = true;
  return is_open;
}

void Association::fill_data(PacketWriter& out) {
  const std::size_t before = out.size();
  is_limited_ = false;
  fill_lost(out);
  if (!outstanding_.has_lost()) fill_new(out);
  if (out.size() == before) return;

  ++next_packet_;
  may_probe_ = false;
  if (const auto rate = congestion_.pacing_rate(rtt_)) {
    using std::chrono::nanoseconds;
    const auto cost = [&](std::size_t bytes) {
      return nanoseconds{static_cast<nanoseconds::rep>(1e9 * static_cast<double>(bytes) / *rate)};
    };
    const nanoseconds burst = std::max(cost(kBurstPackets * path_.current()), kBurstTime);
    const std::chrono::time_point<MonotonicClock, nanoseconds> earliest = now_ - burst;
    paced_until_ = std::max(paced_until_, earliest) + cost(out.size() - before);
  } else {
    paced_until_ = {};
  }
  if (is_connected() && (!t3_ || (backoff_ == 0 && !was_probed_))) arm_t3();
}

void Association::write_data(PacketWriter& out, Tsn tsn) {
  const SentChunk& chunk = outstanding_.at(tsn);
  const OutgoingMessage& message = *chunk.message;
  DataChunk{.is_interleaved = agreed_.interleaving,
            .flags = chunk.flags,
            .tsn = tsn,
            .stream = message.stream,
            .message = message.number,
            .fragment = chunk.fragment,
            .ppid = message.ppid,
            .payload = std::span{message.bytes}.subspan(chunk.offset, chunk.size)}
      .serialize(out);
}

/// What is lost goes first (RFC 9260 §6.1 C).
void Association::fill_lost(PacketWriter& out) {
  const std::size_t header = agreed_.interleaving ? kIDataHeaderSize : kDataHeaderSize;
  while (const auto tsn = outstanding_.next_lost(now_)) {
    if (!out.fits(header + outstanding_.at(*tsn).size) || !may_send()) return;
    write_data(out, *tsn);
    outstanding_.handle_resent(now_, *tsn, next_packet_);
  }
}

void Association::fill_new(PacketWriter& out) {
  const std::size_t header = agreed_.interleaving ? kIDataHeaderSize : kDataHeaderSize;
  while (OutgoingMessage* message = queue_.next(now_)) {
    const std::size_t room = out.room();
    if (room <= header) break;
    const std::size_t left = message->bytes.size() - message->sent;
    const std::size_t size = std::min(left, room - header);
    // A small piece only to fill up: better in the next packet.
    if (size < left && size < kSmallestFragment && !out.empty()) break;
    // RFC 9260 §6.1 A: with no room at the peer, one chunk asks for it.
    const std::size_t unacknowledged = outstanding_.unacknowledged();
    if (unacknowledged > 0 && unacknowledged + size > peer_window_) break;
    if (!may_send()) break;
    std::uint8_t flags = message->is_unordered ? kFlagUnordered : 0;
    const bool is_last = queue_.buffered() == size;
    const bool is_window_full = outstanding_.in_flight() + size >= congestion_.window();
    if (is_last || is_window_full) flags |= kFlagImmediate;
    write_data(out, outstanding_.add(now_, *message, size, flags, next_packet_));
  }
}

void Association::handle_losses(std::size_t count, std::uint64_t first) {
  if (count > 0) congestion_.handle_lost(count, first, next_packet_, rtt_);
}

void Association::handle_sack(const Sack& sack) {
  if (!is_connected()) return;
  const auto result = outstanding_.handle_sack(now_, sack, rtt_);
  if (!result) {
    return fail_with(Closed::Reason::ProtocolViolation, Cause::ProtocolViolation,
                     "acknowledges what was not sent");
  }
  if (result->is_old) return;
  timeouts_ = 0;
  peer_window_ = sack.window;
  if (result->round_trip) rtt_.handle_sample(*result->round_trip);
  if (result->largest) {
    congestion_.handle_acked({.now = now_,
                              .bytes = result->acked_bytes,
                              .largest = *result->largest,
                              .next = next_packet_,
                              .round_trip = result->round_trip,
                              .was_limited = is_limited_},
                             rtt_);
  }
  handle_losses(result->lost, result->first_lost);
  if (outstanding_.empty()) {
    t3_.reset();
    backoff_ = 0;
    was_probed_ = false;
  } else if (result->has_progress || result->acked_bytes > 0) {
    backoff_ = 0;
    was_probed_ = false;
    arm_t3();
  }
}

}  // namespace duet::sctp
