// SPDX-License-Identifier: MIT
// A stream that is received.
#include <duet/rtp/receiver.hpp>
#include <duet/rtp/rtx.hpp>

#include <utility>

namespace duet::rtp {

std::optional<ReceivedPacket> RtpReceiver::handle_packet(Instant now, const Packet& packet,
                                                         std::span<std::byte> memory) {
  switch (options_.payloads[packet.payload_type()].role) {
    case Payload::Role::Rtx:
      return handle_rtx(now, packet, memory);
    case Payload::Role::Flexfec:  // has numbers of its own
      ++stats_.fec_packets_received;
      return std::nullopt;
    case Payload::Role::Media:
    case Payload::Role::Red:
    case Payload::Role::Ulpfec:
      return handle_media(now, packet);
    case Payload::Role::None:
      break;
  }
  ++stats_.packets_discarded;
  return std::nullopt;
}

void RtpReceiver::count(Instant now, const Packet& packet) {
  ++stats_.packets_received;
  stats_.bytes_received += packet.payload().size();
  stats_.header_bytes_received += packet.header_size() + packet.padding_size();
  stats_.last_packet_received = now;
}

std::optional<ReceivedPacket> RtpReceiver::handle_media(Instant now, const Packet& packet) {
  if (packet.ssrc() != options_.ssrc) {
    ++stats_.packets_discarded;
    return std::nullopt;
  }
  const Payload& payload = options_.payloads[packet.payload_type()];
  const auto verdict =
      reception_.handle_packet(now, packet.sequence(), packet.timestamp(), payload.clock_rate);
  if (verdict == Reception::Verdict::Refused) {
    ++stats_.packets_discarded;
    return std::nullopt;
  }
  count(now, packet);
  if (payload.role == Payload::Role::Ulpfec) {
    ++stats_.fec_packets_received;
  } else {
    stats_.payload_type = packet.payload_type();
  }
  // Sound may come in RED alone, whose clock is that of what it carries (RFC 2198 §5).
  if (payload.role != Payload::Role::Ulpfec) clock_rate_ = payload.clock_rate;
  return deliver(now, packet, verdict, false);
}

std::optional<ReceivedPacket> RtpReceiver::handle_rtx(Instant now, const Packet& packet,
                                                      std::span<std::byte> memory) {
  // RFC 4588 §8.6: the type says which one was lost.
  const PayloadType type = options_.payloads[packet.payload_type()].repairs;
  const auto role = options_.payloads[type].role;
  const bool known = role == Payload::Role::Media || role == Payload::Role::Red;
  if (packet.ssrc() == options_.ssrc || !known) {
    ++stats_.packets_discarded;
    return std::nullopt;
  }
  options_.rtx_ssrc = packet.ssrc();
  stats_.last_packet_received = now;
  const std::size_t around = packet.header_size() + packet.padding_size();
  const auto restored = restore_rtx(packet, memory, options_.ssrc, type);
  if (!restored) {
    ++stats_.padding_received;
    stats_.header_bytes_received += around + packet.payload().size();
    return std::nullopt;
  }
  const auto original = Packet::parse(*restored);
  if (!original) {
    ++stats_.packets_discarded;
    return std::nullopt;
  }
  const auto verdict = reception_.handle_recovered(original->sequence());
  if (verdict == Reception::Verdict::Refused) {
    ++stats_.packets_discarded;
    return std::nullopt;
  }
  count(now, *original);
  stats_.header_bytes_received += kOsnSize;
  ++stats_.retransmitted_packets_received;
  stats_.retransmitted_bytes_received += original->payload().size();
  return deliver(now, *original, verdict, true);
}

std::optional<ReceivedPacket> RtpReceiver::deliver(Instant now, const Packet& packet,
                                                   Reception::Verdict verdict, bool recovered) {
  if (verdict == Reception::Verdict::Duplicate) {
    ++stats_.packets_duplicated;
    return std::nullopt;
  }
  const std::int64_t sequence = reception_.unwrap(packet.sequence());
  const bool restarted = verdict == Reception::Verdict::Restarted;
  if (restarted) {
    ++stats_.restarts;
    nacks_.restart(sequence);
    timestamps_ = {};
    last_report_ = std::nullopt;  // it was about another clock
    key_frame_wanted_ = true;
  } else if (options_.nack) {
    nacks_.handle_packet(now, sequence, recovered);
  }
  if (packet.payload().empty()) ++stats_.padding_received;
  return ReceivedPacket{.packet = packet,
                        .role = options_.payloads[packet.payload_type()].role,
                        .sequence = sequence,
                        .timestamp = timestamps_.unwrap(packet.timestamp()),
                        .recovered = recovered,
                        .restarted = restarted};
}

void RtpReceiver::handle_sender_report(Instant now, const SenderInfo& info) {
  last_report_ = {info, now};
  ++remote_.reports;
  remote_.packets_sent = info.packet_count;
  remote_.bytes_sent = info.octet_count;
  remote_.remote_time = info.ntp;
}

void RtpReceiver::handle_round_trip(Duration round_trip) {
  remote_.round_trip = round_trip;
  remote_.total_round_trip += round_trip;
  ++remote_.round_trip_measurements;
}

bool RtpReceiver::poll_key_frame_wanted() {
  const bool gave_up = nacks_.poll_gave_up();
  return std::exchange(key_frame_wanted_, false) || gave_up;
}

std::optional<ReportBlock> RtpReceiver::take_report(Instant now) {
  if (!reception_.started()) return std::nullopt;
  ReportBlock block = reception_.take_report(options_.ssrc);
  if (last_report_) {
    block.last_sender_report = last_report_->info.ntp.compact();
    block.delay_since_last_sr = to_compact(now - last_report_->at);
  }
  return block;
}

std::optional<NtpTime> RtpReceiver::capture_time(Timestamp timestamp) const {
  if (!last_report_ || clock_rate_ == 0) return std::nullopt;
  const std::int64_t ticks = distance(last_report_->info.rtp, timestamp);
  return last_report_->info.ntp + Duration{ticks * 1'000'000 / clock_rate_};
}

double RtpReceiver::jitter() const {
  return clock_rate_ == 0 ? 0 : static_cast<double>(reception_.jitter()) / clock_rate_;
}

}  // namespace duet::rtp
