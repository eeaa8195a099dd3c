// SPDX-License-Identifier: MIT
// A stream that is sent.
#include <duet/base/bytes.hpp>
#include <duet/rtp/extension_value.hpp>
#include <duet/rtp/rtx.hpp>
#include <duet/rtp/sender.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace duet::rtp {
namespace {

/// Before a round trip was measured: a second NACK sooner than this is the first one's echo.
constexpr Duration kDefaultResendWait = 20ms;

constexpr std::size_t kLongestFixed = 3;  // abs-send-time

/// Packets that write_probe() chooses from.
constexpr std::size_t kProbeChoice = 16;
constexpr Duration kProbeAge = 1s;

}  // namespace

RtpSender::RtpSender(SenderOptions options, const OutboundStats& before)
    : options_{std::move(options)},
      form_{options_.extensions.form(
          std::max({options_.mid.size(), options_.rid.size(), kLongestFixed}))},
      history_{options_.history},
      next_{options_.first_sequence},
      next_rtx_{options_.first_rtx_sequence},
      stats_{before} {}

ExtensionForm RtpSender::form_of(const OutgoingPacket& packet) const {
  if (form_ == ExtensionForm::TwoByte || !options_.mixed_extension_forms) return form_;
  std::size_t longest = 0;
  for (const OutgoingExtension& extension : packet.extensions) {
    if (options_.extensions.has(extension.type))
      longest = std::max(longest, extension.value.size());
  }
  return options_.extensions.form(longest);
}

void RtpSender::add_departure(PacketWriter& writer) const {
  const ExtensionMap& map = options_.extensions;
  constexpr std::array<std::byte, 3> kZeros{};
  const std::span zeros{kZeros};
  if (map.has(ExtensionType::TransportSequence)) {
    writer.add_extension(map.id(ExtensionType::TransportSequence), zeros.first(2));
  } else {
    writer.add_extension(map.id(ExtensionType::TransportSequence02), zeros.first(2));
  }
  writer.add_extension(map.id(ExtensionType::AbsSendTime), zeros);
}

RtxHeader RtpSender::rtx_header(PayloadType type) const {
  RtxHeader header{*options_.rtx_ssrc, type, next_rtx_, {}, {}};
  if (!is_rtx_reported_) {
    header.mid = options_.mid;
    header.repaired_rid = options_.rid;
  }
  return header;
}

bool RtpSender::add_extensions(PacketWriter& writer, const OutgoingPacket& packet,
                               ExtensionForm form) const {
  const ExtensionMap& map = options_.extensions;
  add_departure(writer);
  if (!is_reported_) {  // RFC 9143 §15.2: until the peer must have heard them
    if (!options_.mid.empty()) {
      writer.add_extension(map.id(ExtensionType::Mid), as_bytes(options_.mid));
    }
    if (!options_.rid.empty()) {
      writer.add_extension(map.id(ExtensionType::RtpStreamId), as_bytes(options_.rid));
    }
  }
  for (const OutgoingExtension& extension : packet.extensions) {
    const std::size_t size = extension.value.size();
    // What the form can't have is left out: the packet is worth more than its extension.
    const bool fits = form == ExtensionForm::TwoByte ? size <= 255 : size >= 1 && size <= 16;
    if (fits) writer.add_extension(map.id(extension.type), extension.value);
  }
  return writer.ok();
}

std::span<std::byte> RtpSender::write(Instant now, const OutgoingPacket& packet,
                                      std::span<std::byte> buffer) {
  const ExtensionForm form = form_of(packet);
  const SequenceNumber sequence = next_ + packet.skipped;
  PacketWriter writer{buffer,
                      {.marker = packet.marker,
                       .payload_type = packet.payload_type,
                       .sequence = sequence,
                       .timestamp = packet.timestamp,
                       .ssrc = options_.ssrc},
                      kSrtpTailRoom,
                      form};
  if (!add_extensions(writer, packet, form)) return {};
  writer.add_payload(packet.head);
  writer.add_payload(packet.payload);
  const auto written = writer.finish();
  if (written.empty()) return {};

  if (options_.keeps_history && options_.rtx_ssrc) history_.add(now, sequence, written);
  next_ = sequence + 1;
  timestamp_ = packet.timestamp;
  captured_at_ = packet.captured_at;
  payload_type_ = packet.payload_type;
  const std::size_t payload = packet.head.size() + packet.payload.size();
  ++packet_count_;
  octet_count_ += static_cast<std::uint32_t>(payload);
  ++stats_.packets_sent;
  stats_.bytes_sent += payload;
  stats_.header_bytes_sent += written.size() - payload;
  stats_.payload_type = packet.payload_type;
  stats_.last_packet_sent = now;
  resend_credit_ = std::min(resend_credit_ + written.size(), kResendBurst);
  return written;
}

std::span<std::byte> RtpSender::write_padding(std::size_t size, std::span<std::byte> buffer) {
  PayloadType type;
  if (!options_.rtx_ssrc || packet_count_ == 0) return {};
  if (!options_.payloads.find_rtx(payload_type_, type)) return {};
  const RtxHeader header = rtx_header(type);
  PacketWriter writer{buffer,
                      {.payload_type = header.payload_type,
                       .sequence = header.sequence,
                       .timestamp = timestamp_,
                       .ssrc = header.ssrc},
                      kSrtpTailRoom,
                      form_};
  add_departure(writer);
  const ExtensionMap& map = options_.extensions;
  if (!header.mid.empty()) writer.add_extension(map.id(ExtensionType::Mid), as_bytes(header.mid));
  if (!header.repaired_rid.empty()) {
    writer.add_extension(map.id(ExtensionType::RepairedRtpStreamId), as_bytes(header.repaired_rid));
  }
  writer.add_padding(size);
  const auto written = writer.finish();
  if (written.empty()) return {};
  next_rtx_ = next_rtx_ + 1;
  stats_.header_bytes_sent += written.size();
  return written;
}

std::span<std::byte> RtpSender::write_probe(Instant now, std::span<std::byte> buffer) {
  if (!options_.rtx_ssrc) return {};
  SendHistory::Entry* chosen = nullptr;
  for (std::size_t back = 0; back < kProbeChoice; ++back) {
    SendHistory::Entry* const entry = history_.recent(back);
    if (entry == nullptr || now - entry->sent_at > kProbeAge) continue;
    if (entry->resent >= kMaxResends / 2) continue;  // the rest is for who asks for it
    const bool is_better = chosen == nullptr || entry->resent < chosen->resent ||
                           (entry->resent == chosen->resent && entry->size > chosen->size);
    if (is_better) chosen = entry;
  }
  if (chosen == nullptr) return {};
  const auto original = Packet::parse(history_.bytes(*chosen));
  PayloadType type;
  if (!original || !options_.payloads.find_rtx(original->payload_type(), type)) return {};
  const auto written =
      write_rtx(*original, rtx_header(type), options_.extensions, buffer, kSrtpTailRoom);
  if (written.empty()) return {};
  next_rtx_ = next_rtx_ + 1;
  ++chosen->resent;
  chosen->resent_at = now;
  stats_.header_bytes_sent += written.size();
  return written;
}

void RtpSender::handle_protected(Instant now, std::span<const std::byte> packet, std::size_t size) {
  const auto parsed = Packet::parse(packet);
  if (!parsed || !sends_again_as_it_was()) return;
  protection_ = packet.size() - size;
  history_.add(now, parsed->sequence(), packet);
}

void RtpSender::handle_nack(Instant now, const Nack& nack) {
  ++stats_.nack_count;
  // Answers that are under way when the same is asked again: one round trip, less some jitter.
  const Duration wait = round_trip_ ? *round_trip_ * 9 / 10 : kDefaultResendWait;
  for (const SequenceNumber sequence : nack) {
    SendHistory::Entry* const entry = history_.find(sequence);
    const bool in_flight = entry != nullptr && entry->resent_at && now - *entry->resent_at < wait;
    if (in_flight || (entry != nullptr && entry->queued > 0)) continue;
    if (entry == nullptr || entry->resent >= kMaxResends || queue_size_ == kMaxQueued) {
      ++stats_.retransmissions_refused;
      continue;
    }
    entry->queued = answers_twice() ? 2 : 1;
    queue(sequence);
  }
}

/// Not the same bytes, which would be taken for a replay; and not where first answers need it all.
bool RtpSender::answers_twice() const {
  return options_.rtx_ssrc && round_trip_ && resend_credit_ >= kResendBurst / 2 &&
         scaled(*round_trip_, remote_.fraction_lost) >= kAnswerTwiceCost;
}

void RtpSender::queue(SequenceNumber sequence) {
  if (queue_.empty()) queue_.resize(kMaxQueued);
  queue_[(queue_first_ + queue_size_++) % kMaxQueued] = sequence;
}

std::span<std::byte> RtpSender::poll_retransmission(Instant now, std::span<std::byte> buffer) {
  while (queue_size_ > 0) {
    const SequenceNumber sequence = queue_[queue_first_];
    queue_first_ = (queue_first_ + 1) % kMaxQueued;
    --queue_size_;
    SendHistory::Entry* const entry = history_.find(sequence);
    if (entry == nullptr || entry->queued == 0) continue;  // it grew old meanwhile
    const bool goes_again = std::exchange(entry->queued, std::uint8_t{0}) > 1;
    const auto written =
        entry->size <= resend_credit_ ? resend(now, *entry, buffer) : std::span<std::byte>{};
    if (written.empty()) {
      ++stats_.retransmissions_refused;
      continue;
    }
    resend_credit_ -= entry->size;
    entry->resent_at = now;
    if (goes_again) {  // behind what others wait for
      entry->queued = 1;
      queue(sequence);
    } else {
      ++entry->resent;
    }
    return written;
  }
  return {};
}

std::span<std::byte> RtpSender::resend(Instant now, SendHistory::Entry& entry,
                                       std::span<std::byte> buffer) {
  const auto bytes = history_.bytes(entry);
  const auto original = Packet::parse(bytes);
  if (!original) return {};
  std::size_t payload = original->payload().size();
  PayloadType type;
  std::span<std::byte> written;
  if (options_.rtx_ssrc) {
    if (!options_.payloads.find_rtx(original->payload_type(), type)) return {};
    written = write_rtx(*original, rtx_header(type), options_.extensions, buffer, kSrtpTailRoom);
    if (written.empty()) return {};
    next_rtx_ = next_rtx_ + 1;
  } else {
    if (bytes.size() > buffer.size()) return {};
    payload -= std::min(payload, protection_);
    std::memcpy(buffer.data(), bytes.data(), bytes.size());
    written = buffer.first(bytes.size());
    ++packet_count_;
    octet_count_ += static_cast<std::uint32_t>(payload);
  }
  ++stats_.packets_sent;
  stats_.bytes_sent += payload;
  stats_.header_bytes_sent += written.size() - payload;
  ++stats_.retransmitted_packets_sent;
  stats_.retransmitted_bytes_sent += payload;
  stats_.last_packet_sent = now;
  return written;
}

bool RtpSender::handle_fir(const FirEntry& entry) {
  if (fir_sequence_ == entry.sequence) return false;
  fir_sequence_ = entry.sequence;
  ++stats_.fir_count;
  return true;
}

void RtpSender::handle_report_block(Instant now, NtpTime ntp, const ReportBlock& block) {
  if (packet_count_ == 0) return;
  is_reported_ = true;
  ++remote_.reports;
  remote_.last_report = now;
  remote_.packets_lost = block.cumulative_lost;
  const std::int64_t expected =
      std::int64_t{block.highest_sequence} - options_.first_sequence.value() + 1;
  remote_.packets_received = std::max<std::int64_t>(expected - block.cumulative_lost, 0);
  remote_.fraction_lost = block.fraction_lost / 256.0;
  remote_.jitter_ticks = block.jitter;
  remote_.highest_sequence = block.highest_sequence;
  const auto measured = rtp::round_trip(ntp, block.last_sender_report, block.delay_since_last_sr);
  if (!measured) return;
  remote_.round_trip = measured;
  remote_.total_round_trip += *measured;
  ++remote_.round_trip_measurements;
}

std::optional<SenderInfo> RtpSender::report(Instant now, NtpTime ntp) const {
  if (packet_count_ == 0) return std::nullopt;
  const std::int64_t rate = options_.payloads[payload_type_].clock_rate;
  const std::int64_t elapsed = (now - captured_at_).count();
  return SenderInfo{
      .ntp = ntp,
      .rtp = timestamp_ + elapsed / 1'000'000 * rate + elapsed % 1'000'000 * rate / 1'000'000,
      .packet_count = packet_count_,
      .octet_count = octet_count_};
}

bool RtpSender::is_active(Instant now, Duration interval) const {
  return stats_.last_packet_sent && now - *stats_.last_packet_sent <= 2 * interval;
}

bool stamp_departure(std::span<std::byte> packet, const ExtensionMap& extensions,
                     SequenceNumber transport_sequence, NtpTime now) {
  const auto put = [&](ExtensionType type, std::span<const std::byte> value) {
    const auto place = mutable_extension(packet, extensions.id(type));
    if (place.size() < value.size()) return false;
    std::memcpy(place.data(), value.data(), value.size());
    return true;
  };
  if (extensions.has(ExtensionType::AbsSendTime)) {
    put(ExtensionType::AbsSendTime, AbsSendTime::at(now).serialize());
  }
  const auto number = TransportSequence{.sequence = transport_sequence}.serialize();
  return put(ExtensionType::TransportSequence, number) ||
         put(ExtensionType::TransportSequence02, number);
}

}  // namespace duet::rtp
