// SPDX-License-Identifier: MIT
// The RTP half of a connection: what is sent, and when.
#include <duet/base/bytes.hpp>
#include <duet/peer/media.hpp>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace duet::peer {

namespace {

Error error(Error::Name name, std::string message) { return {name, std::move(message)}; }

/// RTP padding has one byte for its length (RFC 3550 §5.1).
constexpr std::size_t kMostPadding = 255;

}  // namespace

Result<void, Error> Media::send(Instant now, TransceiverId id, const MediaPacket& packet) {
  Stream* const stream = find(id);
  if (stream == nullptr || !stream->sender) {
    return fail(error(Error::Name::InvalidStateError, "The transceiver does not send."));
  }
  const PayloadType type = packet.payload_type.value_or(stream->parameters.send[0].payload_type);
  if (stream->send_map[type].role != rtp::Payload::Role::Media &&
      stream->send_map[type].role != rtp::Payload::Role::Red) {
    return fail(error(Error::Name::InvalidAccessError,
                      "No codec was negotiated for payload type " +
                          std::to_string(static_cast<int>(type.value())) + "."));
  }
  if (packet.payload.size() > kMaxPayload) {
    return fail(error(Error::Name::OperationError, "The payload is longer than a packet carries."));
  }
  PacketQueue& queue = stream->is_paced ? control_->pictures() : queue_;
  const auto memory = queue.reserve(kMinMemory);
  if (memory.empty()) {
    return fail(error(Error::Name::OperationError, "Too many packets wait to be sent."));
  }
  const auto written = stream->sender->write(now,
                                             {.payload_type = type,
                                              .timestamp = packet.timestamp,
                                              .marker = packet.marker,
                                              .captured_at = packet.captured_at.value_or(now),
                                              .head = {},
                                              .payload = packet.payload,
                                              .extensions = {}},
                                             memory);
  queue.commit(now, written.size());
  return {};
}

std::optional<Media::Packet> Media::poll_transmit(Instant now, std::span<std::byte> memory) {
  using Kind = MediaControl::Kind;
  if (session_) {
    const auto report = session_->poll_transmit(now, {senders_, receivers_}, &arrivals_, memory);
    if (!report.empty()) return Packet{.size = report.size(), .is_rtcp = true};
  }
  if (is_closed_) return std::nullopt;
  if (!control_) {  // repairs first, everything at once
    if (const Packet again = write_retransmission(now, memory); again.size != 0) {
      return depart(now, Kind::Repair, memory.first(again.size), again.is_protected);
    }
  }
  if (const std::size_t size = take(queue_, memory); size != 0) {
    return depart(now, Kind::Sound, memory.first(size));
  }
  while (control_) {
    const auto kind = control_->next(now, has_retransmissions());
    if (!kind) break;
    std::size_t size = 0;
    bool is_protected = false;
    if (*kind == Kind::Repair) {
      const Packet again = write_retransmission(now, memory);
      size = again.size;
      is_protected = again.is_protected;
    }
    if (*kind == Kind::Picture) size = take(control_->pictures(), memory);
    if (*kind == Kind::Padding) size = write_padding(now, memory);
    if (size != 0) return depart(now, *kind, memory.first(size), is_protected);
    if (*kind == Kind::Padding) control_->abandon_probe();
  }
  return std::nullopt;
}

std::size_t Media::take(PacketQueue& queue, std::span<std::byte> memory) const {
  const auto packet = queue.poll();
  if (!packet) return 0;
  std::memcpy(memory.data(), packet->data(), packet->size());
  return packet->size();
}

bool Media::has_retransmissions() const {
  return std::ranges::any_of(streams_, [](const Stream& stream) {
    return stream.sender && stream.sender->has_retransmissions();
  });
}

Media::Packet Media::write_retransmission(Instant now, std::span<std::byte> memory) {
  for (const Stream& stream : streams_) {
    if (!stream.sender || !stream.sender->has_retransmissions()) continue;
    if (const auto size = stream.sender->poll_retransmission(now, memory).size(); size != 0) {
      return {.size = size, .is_protected = stream.sender->sends_again_as_it_was()};
    }
  }
  return {};
}

void Media::handle_protected(Instant now, std::span<const std::byte> packet, std::size_t size) {
  ByteReader in{packet};
  in.bytes(8);
  const Stream* const stream = stream_that_sends(Ssrc{in.u32()});
  if (stream != nullptr) stream->sender->handle_protected(now, packet, size);
}

/// Packets that may be of use, or else padding.
std::size_t Media::write_padding(Instant now, std::span<std::byte> memory) {
  for (const Stream& stream : streams_) {
    if (!stream.is_paced || !stream.sender) continue;
    auto written = stream.sender->write_probe(now, memory);
    if (written.empty()) written = stream.sender->write_padding(kMostPadding, memory);
    if (!written.empty()) return written.size();
  }
  return 0;
}

Media::Packet Media::depart(Instant now, MediaControl::Kind kind, std::span<std::byte> packet,
                            bool is_protected) {
  const bool is_numbered =
      !is_protected &&
      rtp::stamp_departure(packet, extensions_, next_transport_sequence_, clock_.at(now));
  if (control_) {
    control_->handle_sent(now, kind, packet.size(),
                          is_numbered ? std::optional{next_transport_sequence_} : std::nullopt);
  }
  if (is_numbered) next_transport_sequence_ = next_transport_sequence_ + 1;
  return Packet{.size = packet.size(), .is_protected = is_protected};
}

/// What reports say, for a peer whose feedback is missing.
void Media::tell_control(Instant now) {
  if (!control_) return;
  std::uint64_t reports = 0;
  double lost = 0;
  for (const Stream& stream : streams_) {
    if (!stream.is_paced || !stream.sender) continue;
    reports += stream.sender->remote_stats().reports;
    lost = std::max(lost, stream.sender->remote_stats().fraction_lost);
  }
  if (reports == reports_heeded_) return;
  reports_heeded_ = reports;
  control_->handle_report(now, lost, session_->round_trip());
}

void Media::set_wanted_rate(std::uint64_t rate_bps) {
  wanted_bps_ = rate_bps;
  if (control_) control_->set_wanted_rate(rate_bps);
}

void Media::handle_timeout(Instant now) {
  if (control_) control_->handle_timeout(now);
}

std::optional<Instant> Media::next_timeout() const {
  if (!session_) return std::nullopt;
  auto next = session_->next_timeout({senders_, receivers_}, &arrivals_);
  if (!control_ || is_closed_) return next;
  const auto at = control_->next_timeout(has_retransmissions());
  if (at && (!next || *at < *next)) next = at;
  return next;
}

}  // namespace duet::peer
