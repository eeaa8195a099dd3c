// SPDX-License-Identifier: MIT
// getStats(): streams, what the peer reports of them, and what they come from.
#include <duet/peer/stats_builder.hpp>

#include <algorithm>
#include <utility>

namespace duet::peer {

namespace {

std::string stream_id(std::string_view what, const Transceiver& transceiver, Ssrc ssrc) {
  return std::string{what} + std::to_string(transceiver.id.value()) + "-" +
         std::to_string(ssrc.value());
}

const Codec* find(const std::vector<Codec>& codecs, std::optional<PayloadType> type) {
  const auto found =
      std::ranges::find_if(codecs, [&](const Codec& codec) { return codec.payload_type == type; });
  return found == codecs.end() ? nullptr : &*found;
}

void describe(RtpStreamStats& entry, const Transceiver& transceiver, Ssrc ssrc) {
  entry.ssrc = ssrc;
  entry.kind = transceiver.kind;
  entry.transport_id = kTransportStatsId;
}

/// The same stream, seen from the other end.
void mirror(RtpStreamStats& entry, const RtpStreamStats& local) {
  entry.ssrc = local.ssrc;
  entry.kind = local.kind;
  entry.transport_id = local.transport_id;
  entry.codec_id = local.codec_id;
}

}  // namespace

void StatsBuilder::add_transceiver(const Transceiver& transceiver) {
  const auto told = std::ranges::find(supplement_.media, transceiver.id, &MediaStats::transceiver);
  const Context context{transceiver, told == supplement_.media.end() ? nullptr : &*told};
  if (const auto* sender = connection_.media().sender(transceiver.id)) {
    add_outbound(context, *sender);
  }
  for (const auto* receiver : connection_.media().receivers(transceiver.id)) {
    add_inbound(context, *receiver);
  }
}

void StatsBuilder::add_outbound(const Context& context, const rtp::RtpSender& sender) {
  const Transceiver& transceiver = context.transceiver;
  auto entry =
      begin<OutboundRtpStreamStats>(stream_id("outbound-rtp-", transceiver, sender.ssrc()));
  describe(entry, transceiver, sender.ssrc());
  const rtp::OutboundStats& stats = sender.stats();
  const std::vector<Codec>& codecs = transceiver.parameters.send;
  const Codec* codec = find(codecs, stats.payload_type);
  if (codec == nullptr && !codecs.empty()) codec = codecs.data();  // that it will begin with
  entry.codec_id = add_codec(transceiver.kind, "send", codec);
  entry.mid = transceiver.mid.value_or("");
  entry.packets_sent = stats.packets_sent;
  entry.bytes_sent = stats.bytes_sent;
  entry.header_bytes_sent = stats.header_bytes_sent;
  entry.retransmitted_packets_sent = stats.retransmitted_packets_sent;
  entry.retransmitted_bytes_sent = stats.retransmitted_bytes_sent;
  entry.rtx_ssrc = sender.rtx_ssrc();
  entry.nack_count = static_cast<std::uint32_t>(stats.nack_count);
  entry.pli_count = static_cast<std::uint32_t>(stats.pli_count);
  entry.fir_count = static_cast<std::uint32_t>(stats.fir_count);
  entry.active = transceiver.encoding.active;
  entry.remote_id = add_remote_inbound(entry, sender);
  if (transceiver.track_id) {
    auto source = begin<MediaSourceStats>("media-source-" + std::to_string(transceiver.id.value()));
    source.kind = transceiver.kind;
    source.track_identifier = *transceiver.track_id;
    if (context.media != nullptr) source.source = context.media->source;
    entry.media_source_id = source.id;
    report_.entries.emplace_back(std::move(source));
  }
  if (context.media != nullptr) entry.encoder = context.media->encoder;
  report_.entries.emplace_back(std::move(entry));
}

void StatsBuilder::add_inbound(const Context& context, const rtp::RtpReceiver& receiver) {
  const Transceiver& transceiver = context.transceiver;
  auto entry =
      begin<InboundRtpStreamStats>(stream_id("inbound-rtp-", transceiver, receiver.ssrc()));
  describe(entry, transceiver, receiver.ssrc());
  const rtp::InboundStats& stats = receiver.stats();
  entry.codec_id = add_codec(transceiver.kind, "receive",
                             find(transceiver.parameters.receive, stats.payload_type));
  entry.mid = transceiver.mid.value_or("");
  entry.track_identifier = transceiver.remote_track_id;
  entry.packets_received = stats.packets_received;
  entry.packets_lost = receiver.packets_lost();
  entry.jitter = receiver.jitter();
  entry.bytes_received = stats.bytes_received;
  entry.header_bytes_received = stats.header_bytes_received;
  entry.retransmitted_packets_received = stats.retransmitted_packets_received;
  entry.retransmitted_bytes_received = stats.retransmitted_bytes_received;
  entry.packets_discarded = stats.packets_discarded;
  entry.fec_packets_received = stats.fec_packets_received;
  entry.rtx_ssrc = receiver.rtx_ssrc();
  entry.nack_count = static_cast<std::uint32_t>(stats.nack_count);
  entry.pli_count = static_cast<std::uint32_t>(stats.pli_count);
  entry.fir_count = static_cast<std::uint32_t>(stats.fir_count);
  entry.last_packet_received_timestamp = time_of(stats.last_packet_received);
  entry.remote_id = add_remote_outbound(entry, receiver);
  // What the application decodes is the stream that was heard last.
  const auto receivers = connection_.media().receivers(transceiver.id);
  const auto* latest = *std::ranges::max_element(receivers, {}, [](const auto* one) {
    return one->stats().last_packet_received.value_or(Instant{});
  });
  if (context.media != nullptr && latest == &receiver) {
    entry.decoder = context.media->decoder;
    entry.packets_discarded += entry.decoder.packets_discarded.value_or(0);
  }
  report_.entries.emplace_back(std::move(entry));
}

/// @return its id; empty while the peer has reported nothing
std::string StatsBuilder::add_remote_inbound(const OutboundRtpStreamStats& local,
                                             const rtp::RtpSender& sender) {
  const rtp::RemoteInboundStats& stats = sender.remote_stats();
  if (stats.reports == 0) return {};
  auto entry = begin<RemoteInboundRtpStreamStats>("remote-inbound-" + local.id);
  mirror(entry, local);
  entry.timestamp = time_of(stats.last_report).value_or(now_);  // W3C: of the report
  entry.packets_received = static_cast<std::uint64_t>(stats.packets_received);
  entry.packets_lost = stats.packets_lost;
  if (const auto* codec = report_.find<CodecStats>(local.codec_id); codec && codec->clock_rate) {
    entry.jitter = static_cast<double>(stats.jitter_ticks) / codec->clock_rate;
  }
  entry.local_id = local.id;
  entry.fraction_lost = stats.fraction_lost;
  entry.round_trip_time = stats.round_trip;
  entry.total_round_trip_time = stats.total_round_trip;
  entry.round_trip_time_measurements = stats.round_trip_measurements;
  std::string id = entry.id;
  report_.entries.emplace_back(std::move(entry));
  return id;
}

std::string StatsBuilder::add_remote_outbound(const InboundRtpStreamStats& local,
                                              const rtp::RtpReceiver& receiver) {
  const rtp::RemoteOutboundStats& stats = receiver.remote_stats();
  if (stats.reports == 0) return {};
  auto entry = begin<RemoteOutboundRtpStreamStats>("remote-outbound-" + local.id);
  mirror(entry, local);
  entry.packets_sent = stats.packets_sent;
  entry.bytes_sent = stats.bytes_sent;
  entry.local_id = local.id;
  entry.remote_timestamp = stats.remote_time.since_unix();
  entry.reports_sent = stats.reports;
  entry.round_trip_time = stats.round_trip;
  entry.total_round_trip_time = stats.total_round_trip;
  entry.round_trip_time_measurements = stats.round_trip_measurements;
  std::string id = entry.id;
  report_.entries.emplace_back(std::move(entry));
  return id;
}

/// A payload type means one codec in all sections of a bundle, in each direction (RFC 9143
/// §10.1.2).
/// @return its id; empty without a codec
std::string StatsBuilder::add_codec(MediaKind kind, std::string_view direction,
                                    const Codec* codec) {
  if (codec == nullptr) return {};
  auto entry = begin<CodecStats>("codec-" + std::string{direction} + "-" +
                                 std::to_string(codec->payload_type.value()));
  std::string id = entry.id;
  if (report_.find<CodecStats>(id) != nullptr) return id;
  entry.transport_id = kTransportStatsId;
  entry.payload_type = codec->payload_type;
  entry.mime_type = std::string{sdp::to_string(kind)} + "/" + codec->name;
  entry.clock_rate = codec->clock_rate_hz;
  if (kind == MediaKind::Audio) entry.channels = codec->channels;
  entry.sdp_fmtp_line = codec->fmtp;
  report_.entries.emplace_back(std::move(entry));
  return id;
}

}  // namespace duet::peer
