// SPDX-License-Identifier: MIT
// Statistics as JSON: the one place that has the W3C's names (webrtc-stats).
#include <duet/base/json_string.hpp>
#include <duet/peer/event.hpp>
#include <duet/rtc/stats_json.hpp>
#include <duet/sdp/media_section.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace duet::rtc {

namespace {

using std::string_view;

// Words of the W3C's enumerations.

string_view word(ice::Role role) {
  return role == ice::Role::Controlling ? "controlling" : "controlled";
}

string_view word(dtls::Role role) { return role == dtls::Role::Client ? "client" : "server"; }

string_view word(ice::Carrier carrier) {
  return carrier == ice::Carrier::Udp ? "udp" : carrier == ice::Carrier::Tcp ? "tcp" : "tls";
}

string_view word(ice::PairState state) {
  switch (state) {
    case ice::PairState::Frozen:
      return "frozen";
    case ice::PairState::Waiting:
      return "waiting";
    case ice::PairState::InProgress:
      return "in-progress";
    case ice::PairState::Succeeded:
      return "succeeded";
    case ice::PairState::Failed:
      return "failed";
  }
  return "";
}

string_view word(data_channel::State state) {
  switch (state) {
    case data_channel::State::Connecting:
      return "connecting";
    case data_channel::State::Open:
      return "open";
    case data_channel::State::Closing:
      return "closing";
    case data_channel::State::Closed:
      return "closed";
  }
  return "";
}

string_view word(peer::QualityLimitationReason reason) {
  switch (reason) {
    case peer::QualityLimitationReason::None:
      return "none";
    case peer::QualityLimitationReason::Cpu:
      return "cpu";
    case peer::QualityLimitationReason::Bandwidth:
      return "bandwidth";
    case peer::QualityLimitationReason::Other:
      return "other";
  }
  return "";
}

string_view word(sdp::MediaKind kind) { return sdp::to_string(kind); }

string_view word(ice::Protocol protocol) { return ice::to_string(protocol); }

string_view word(ice::CandidateType type) { return ice::to_string(type); }

string_view word(ice::TcpType type) { return ice::to_string(type); }

string_view word(ice::State state) { return peer::to_string(state); }

string_view word(peer::DtlsState state) { return peer::to_string(state); }

double seconds(Duration span) { return static_cast<double>(span.count()) / 1e6; }

// What an entry says, as one of few types: so that what writes it is compiled once, not for each of
// 250 names.
using Value = std::variant<std::monostate, string_view, bool, std::int64_t, std::uint64_t, double>;

/// An empty text is one that is not known.
Value value_of(string_view text) { return text.empty() ? Value{} : Value{text}; }

Value value_of(bool truth) { return truth; }

Value value_of(double number) { return number; }

Value value_of(Duration span) { return seconds(span); }

template <std::signed_integral T>
Value value_of(T number) {
  return std::int64_t{number};
}

template <std::unsigned_integral T>
Value value_of(T number) {
  return std::uint64_t{number};
}

template <class T>

requires std::is_enum_v<T> Value value_of(T value) { return value_of(word(value)); }

template <class Tag, class T>
Value value_of(Strong<Tag, T> number) {
  return value_of(number.value());
}

template <class T>
Value value_of(const std::optional<T>& value) {
  return value ? value_of(*value) : Value{};
}

template <class T>

requires std::is_arithmetic_v<T>

void append_number(std::string& out, T number) {
  std::array<char, 32> digits;  // NOLINT: written before it is read
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

/// One object, appended to a text as it comes. Names are told once.
class Object {
 public:
  explicit Object(std::string& out) : out_{out} { out_ += '{'; }

  void end() { out_ += '}'; }

  /// What is not known is left out.
  template <class T>
  Object& put(string_view name, const T& value) {
    return put_value(name, value_of(value));
  }

  /// Empty, too: it is known to be.
  Object& put_text(string_view name, string_view text) {
    begin(name);
    append_json_string(out_, text);
    return *this;
  }

  /// DOMHighResTimeStamp.
  Object& put_time(string_view name, std::optional<peer::StatsTime> time) {
    if (!time) return *this;
    return put_value(name, static_cast<double>(time->count()) / 1e3);
  }

  Object& put_durations(string_view name,
                        const std::optional<peer::QualityLimitationDurations>& spans) {
    if (!spans) return *this;
    put_object(name)
        .put("none", spans->none)
        .put("cpu", spans->cpu)
        .put("bandwidth", spans->bandwidth)
        .put("other", spans->other)
        .end();
    return *this;
  }

  Object put_object(string_view name) {
    begin(name);
    return Object{out_};
  }

 private:
  Object& put_value(string_view name, const Value& value);

  void begin(string_view name) {
    if (out_.back() != '{') out_ += ',';
    append_json_string(out_, name);
    out_ += ':';
  }

  std::string& out_;
};

Object& Object::put_value(string_view name, const Value& value) {
  const auto* real = std::get_if<double>(&value);
  const bool is_sayable = real == nullptr || std::isfinite(*real);  // JSON has no other numbers
  if (value.index() == 0 || !is_sayable) return *this;
  begin(name);
  if (real != nullptr) {
    append_number(out_, *real);
  } else if (const auto* text = std::get_if<string_view>(&value)) {
    append_json_string(out_, *text);
  } else if (const auto* truth = std::get_if<bool>(&value)) {
    out_ += *truth ? "true" : "false";
  } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
    append_number(out_, *number);
  } else {
    append_number(out_, std::get<std::uint64_t>(value));
  }
  return *this;
}

void write(Object& out, const peer::CodecStats& s) {
  out.put("transportId", s.transport_id)
      .put("payloadType", s.payload_type)
      .put("mimeType", s.mime_type)
      .put("clockRate", s.clock_rate)
      .put("channels", s.channels)
      .put("sdpFmtpLine", s.sdp_fmtp_line);
}

void write_stream(Object& out, const peer::RtpStreamStats& s) {
  out.put("ssrc", s.ssrc)
      .put("kind", s.kind)
      .put("mediaType", s.kind)  // the name that it had before; both browsers have it still
      .put("transportId", s.transport_id)
      .put("codecId", s.codec_id);
}

void write_received(Object& out, const peer::ReceivedRtpStreamStats& s) {
  write_stream(out, s);
  out.put("packetsReceived", s.packets_received)
      .put("packetsLost", s.packets_lost)
      .put("jitter", s.jitter);
}

void write_sent(Object& out, const peer::SentRtpStreamStats& s) {
  write_stream(out, s);
  out.put("packetsSent", s.packets_sent).put("bytesSent", s.bytes_sent);
}

void write_pictures(Object& out, const peer::DecoderStats& s) {
  out.put("framesReceived", s.frames_received)
      .put("framesDecoded", s.frames_decoded)
      .put("keyFramesDecoded", s.key_frames_decoded)
      .put("framesRendered", s.frames_rendered)
      .put("framesDropped", s.frames_dropped)
      .put("frameWidth", s.frame_width)
      .put("frameHeight", s.frame_height)
      .put("framesPerSecond", s.frames_per_second)
      .put("qpSum", s.qp_sum)
      .put("totalDecodeTime", s.total_decode_time)
      .put("totalInterFrameDelay", s.total_inter_frame_delay)
      .put("totalSquaredInterFrameDelay", s.total_squared_inter_frame_delay)
      .put("pauseCount", s.pause_count)
      .put("totalPausesDuration", s.total_pauses_duration)
      .put("freezeCount", s.freeze_count)
      .put("totalFreezesDuration", s.total_freezes_duration)
      .put("framesAssembledFromMultiplePackets", s.frames_assembled_from_multiple_packets)
      .put("totalAssemblyTime", s.total_assembly_time);
}

void write_decoder(Object& out, const peer::DecoderStats& s) {
  out.put("fecPacketsDiscarded", s.fec_packets_discarded)
      .put("jitterBufferDelay", s.jitter_buffer_delay)
      .put("jitterBufferTargetDelay", s.jitter_buffer_target_delay)
      .put("jitterBufferMinimumDelay", s.jitter_buffer_minimum_delay)
      .put("jitterBufferEmittedCount", s.jitter_buffer_emitted_count)
      .put("totalProcessingDelay", s.total_processing_delay)
      .put("decoderImplementation", s.decoder_implementation)
      .put("powerEfficientDecoder", s.power_efficient_decoder)
      .put_time("estimatedPlayoutTimestamp", s.estimated_playout_time)
      .put("audioLevel", s.audio_level)
      .put("totalAudioEnergy", s.total_audio_energy)
      .put("totalSamplesDuration", s.total_samples_duration)
      .put("totalSamplesReceived", s.total_samples_received)
      .put("concealedSamples", s.concealed_samples)
      .put("silentConcealedSamples", s.silent_concealed_samples)
      .put("concealmentEvents", s.concealment_events)
      .put("insertedSamplesForDeceleration", s.inserted_samples_for_deceleration)
      .put("removedSamplesForAcceleration", s.removed_samples_for_acceleration);
  write_pictures(out, s);
}

void write(Object& out, const peer::InboundRtpStreamStats& s) {
  write_received(out, s);
  out.put("mid", s.mid)
      .put("trackIdentifier", s.track_identifier)
      .put("remoteId", s.remote_id)
      .put("bytesReceived", s.bytes_received)
      .put("headerBytesReceived", s.header_bytes_received)
      .put("retransmittedPacketsReceived", s.retransmitted_packets_received)
      .put("retransmittedBytesReceived", s.retransmitted_bytes_received)
      .put("packetsDiscarded", s.packets_discarded)
      .put("fecPacketsReceived", s.fec_packets_received)
      .put("rtxSsrc", s.rtx_ssrc)
      .put_time("lastPacketReceivedTimestamp", s.last_packet_received_timestamp);
  if (s.kind == peer::MediaKind::Video || s.nack_count > 0) out.put("nackCount", s.nack_count);
  if (s.kind == peer::MediaKind::Video)
    out.put("pliCount", s.pli_count).put("firCount", s.fir_count);
  write_decoder(out, s.decoder);
}

void write_encoder(Object& out, const peer::EncoderStats& s) {
  out.put("targetBitrate", s.target_bitrate)
      .put("totalEncodedBytesTarget", s.total_encoded_bytes_target)
      .put("frameWidth", s.frame_width)
      .put("frameHeight", s.frame_height)
      .put("framesPerSecond", s.frames_per_second)
      .put("framesSent", s.frames_sent)
      .put("hugeFramesSent", s.huge_frames_sent)
      .put("framesEncoded", s.frames_encoded)
      .put("keyFramesEncoded", s.key_frames_encoded)
      .put("qpSum", s.qp_sum)
      .put("totalEncodeTime", s.total_encode_time)
      .put("totalPacketSendDelay", s.total_packet_send_delay)
      .put("qualityLimitationReason", s.quality_limitation_reason)
      .put_durations("qualityLimitationDurations", s.quality_limitation_durations)
      .put("qualityLimitationResolutionChanges", s.quality_limitation_resolution_changes)
      .put("encoderImplementation", s.encoder_implementation)
      .put("powerEfficientEncoder", s.power_efficient_encoder)
      .put("scalabilityMode", s.scalability_mode);
}

void write(Object& out, const peer::OutboundRtpStreamStats& s) {
  write_sent(out, s);
  out.put("mid", s.mid)
      .put("mediaSourceId", s.media_source_id)
      .put("remoteId", s.remote_id)
      .put("encodingIndex", s.encoding_index)
      .put("headerBytesSent", s.header_bytes_sent)
      .put("retransmittedPacketsSent", s.retransmitted_packets_sent)
      .put("retransmittedBytesSent", s.retransmitted_bytes_sent)
      .put("rtxSsrc", s.rtx_ssrc)
      .put("nackCount", s.nack_count)
      .put("active", s.active);
  if (s.kind == peer::MediaKind::Video)
    out.put("pliCount", s.pli_count).put("firCount", s.fir_count);
  write_encoder(out, s.encoder);
}

void write(Object& out, const peer::RemoteInboundRtpStreamStats& s) {
  write_received(out, s);
  out.put("localId", s.local_id)
      .put("fractionLost", s.fraction_lost)
      .put("roundTripTime", s.round_trip_time)
      .put("totalRoundTripTime", s.total_round_trip_time)
      .put("roundTripTimeMeasurements", s.round_trip_time_measurements);
}

void write(Object& out, const peer::RemoteOutboundRtpStreamStats& s) {
  write_sent(out, s);
  out.put("localId", s.local_id)
      .put_time("remoteTimestamp", s.remote_timestamp)
      .put("reportsSent", s.reports_sent)
      .put("roundTripTime", s.round_trip_time)
      .put("totalRoundTripTime", s.total_round_trip_time)
      .put("roundTripTimeMeasurements", s.round_trip_time_measurements);
}

void write(Object& out, const peer::MediaSourceStats& s) {
  out.put("kind", s.kind)
      .put("trackIdentifier", s.track_identifier)
      .put("width", s.source.width)
      .put("height", s.source.height)
      .put("frames", s.source.frames)
      .put("framesPerSecond", s.source.frames_per_second)
      .put("audioLevel", s.source.audio_level)
      .put("totalAudioEnergy", s.source.total_audio_energy)
      .put("totalSamplesDuration", s.source.total_samples_duration)
      .put("echoReturnLoss", s.source.echo_return_loss)
      .put("echoReturnLossEnhancement", s.source.echo_return_loss_enhancement);
}

void write(Object& out, const peer::PeerConnectionStats& s) {
  out.put("dataChannelsOpened", s.data_channels_opened)
      .put("dataChannelsClosed", s.data_channels_closed);
}

void write(Object& out, const peer::DataChannelStats& s) {
  out.put("dataChannelIdentifier", s.data_channel_identifier)
      .put("state", s.state)
      .put("messagesSent", s.messages_sent)
      .put("bytesSent", s.bytes_sent)
      .put("messagesReceived", s.messages_received)
      .put("bytesReceived", s.bytes_received)
      .put_text("label", s.label)
      .put_text("protocol", s.protocol);
}

void write(Object& out, const peer::TransportStats& s) {
  out.put("packetsSent", s.packets_sent)
      .put("packetsReceived", s.packets_received)
      .put("bytesSent", s.bytes_sent)
      .put("bytesReceived", s.bytes_received)
      .put("iceRole", s.ice_role)
      .put("iceLocalUsernameFragment", s.ice_local_username_fragment)
      .put("iceState", s.ice_state)
      .put("dtlsState", s.dtls_state)
      .put("selectedCandidatePairId", s.selected_candidate_pair_id)
      .put("selectedCandidatePairChanges", s.selected_candidate_pair_changes)
      .put("localCertificateId", s.local_certificate_id)
      .put("remoteCertificateId", s.remote_certificate_id)
      .put("tlsVersion", s.tls_version)
      .put("dtlsCipher", s.dtls_cipher)
      .put("dtlsRole", s.dtls_role)
      .put("srtpCipher", s.srtp_cipher);
}

void write(Object& out, const peer::IceCandidateStats& s) {
  out.put("transportId", s.transport_id)
      .put("isRemote", s.is_remote)
      .put("address", s.address)
      .put("port", s.port)
      .put("protocol", s.protocol)
      .put("candidateType", s.candidate_type)
      .put("priority", s.priority)
      .put("url", s.url)
      .put("relayProtocol", s.relay_protocol)
      .put("foundation", s.foundation)
      .put("relatedAddress", s.related_address)
      .put("relatedPort", s.related_port)
      .put("usernameFragment", s.username_fragment)
      .put("tcpType", s.tcp_type);
}

void write(Object& out, const peer::IceCandidatePairStats& s) {
  out.put("transportId", s.transport_id)
      .put("localCandidateId", s.local_candidate_id)
      .put("remoteCandidateId", s.remote_candidate_id)
      .put("state", s.state)
      .put("nominated", s.nominated)
      .put("priority", s.priority)
      .put("packetsSent", s.packets_sent)
      .put("packetsReceived", s.packets_received)
      .put("bytesSent", s.bytes_sent)
      .put("bytesReceived", s.bytes_received)
      .put_time("lastPacketSentTimestamp", s.last_packet_sent_timestamp)
      .put_time("lastPacketReceivedTimestamp", s.last_packet_received_timestamp)
      .put("totalRoundTripTime", s.total_round_trip_time)
      .put("currentRoundTripTime", s.current_round_trip_time)
      .put("availableOutgoingBitrate", s.available_outgoing_bitrate)
      .put("availableIncomingBitrate", s.available_incoming_bitrate)
      .put("requestsReceived", s.requests_received)
      .put("requestsSent", s.requests_sent)
      .put("responsesReceived", s.responses_received)
      .put("responsesSent", s.responses_sent)
      .put("consentRequestsSent", s.consent_requests_sent)
      .put("packetsDiscardedOnSend", s.packets_discarded_on_send)
      .put("bytesDiscardedOnSend", s.bytes_discarded_on_send);
}

void write(Object& out, const peer::CertificateStats& s) {
  out.put("fingerprint", s.fingerprint)
      .put("fingerprintAlgorithm", s.fingerprint_algorithm)
      .put("base64Certificate", s.base64_certificate);
}

}  // namespace

std::string stats_json(const peer::StatsReport& report) {
  std::string text;
  Object all{text};
  for (const peer::Stats& entry : report.entries) {
    const peer::StatsEntry& common = peer::entry_of(entry);
    Object object = all.put_object(common.id);
    object.put("id", common.id)
        .put("type", peer::type_of(entry))
        .put_time("timestamp", common.timestamp);
    std::visit([&](const auto& stats) { write(object, stats); }, entry);
    object.end();
  }
  all.end();
  return text;
}

}  // namespace duet::rtc
