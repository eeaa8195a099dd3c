// SPDX-License-Identifier: MIT
// What only the application knows about media: encoders, decoders, playout, cameras.
#pragma once

#include <duet/base/time.hpp>
#include <duet/peer/transceiver.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace duet::peer {

// Members are the W3C's (webrtc-stats), in snake_case; counts and sums are since the beginning of
// the stream. What is left out is not in the report.

/// What becomes of a stream that is received: members of W3C webrtc-stats
/// #dom-rtcinboundrtpstreamstats.
struct DecoderStats {
  // Both kinds
  std::optional<std::uint64_t> packets_discarded;  ///< came too late; added to RTP's own
  std::optional<std::uint64_t> fec_packets_discarded;
  std::optional<Duration> jitter_buffer_delay;  ///< a sum, as all that follow unless they say so
  std::optional<Duration> jitter_buffer_target_delay;
  std::optional<Duration> jitter_buffer_minimum_delay;
  std::optional<std::uint64_t> jitter_buffer_emitted_count;
  std::optional<Duration> total_processing_delay;
  std::optional<std::string> decoder_implementation;
  std::optional<bool> power_efficient_decoder;
  std::optional<Duration> estimated_playout_time;  ///< NTP's seconds since 1970, of what plays now

  // Pictures
  std::optional<std::uint32_t> frames_received;
  std::optional<std::uint32_t> frames_decoded;
  std::optional<std::uint32_t> key_frames_decoded;
  std::optional<std::uint32_t> frames_rendered;
  std::optional<std::uint32_t> frames_dropped;
  std::optional<std::uint32_t> frame_width;
  std::optional<std::uint32_t> frame_height;
  std::optional<double> frames_per_second;  ///< of the last second
  std::optional<std::uint64_t> qp_sum;
  std::optional<Duration> total_decode_time;
  std::optional<Duration> total_inter_frame_delay;
  std::optional<double> total_squared_inter_frame_delay;  ///< seconds²
  std::optional<std::uint32_t> pause_count;
  std::optional<Duration> total_pauses_duration;
  std::optional<std::uint32_t> freeze_count;
  std::optional<Duration> total_freezes_duration;
  std::optional<std::uint32_t> frames_assembled_from_multiple_packets;
  std::optional<Duration> total_assembly_time;

  // Sound
  std::optional<double> audio_level;  ///< 0 to 1, now
  std::optional<double> total_audio_energy;
  std::optional<Duration> total_samples_duration;
  std::optional<std::uint64_t> total_samples_received;
  std::optional<std::uint64_t> concealed_samples;
  std::optional<std::uint64_t> silent_concealed_samples;
  std::optional<std::uint64_t> concealment_events;
  std::optional<std::uint64_t> inserted_samples_for_deceleration;
  std::optional<std::uint64_t> removed_samples_for_acceleration;
};

/// W3C webrtc-stats #dom-rtcqualitylimitationreason.
enum class QualityLimitationReason : std::uint8_t { None, Cpu, Bandwidth, Other };

/// How long each reason held (W3C webrtc-stats
/// #dom-rtcoutboundrtpstreamstats-qualitylimitationdurations).
struct QualityLimitationDurations {
  Duration none{};
  Duration cpu{};
  Duration bandwidth{};
  Duration other{};
};

/// Where a stream that is sent comes from: members of W3C webrtc-stats
/// #dom-rtcoutboundrtpstreamstats.
struct EncoderStats {
  std::optional<double> target_bitrate;  ///< bit/s, without headers
  std::optional<std::uint64_t> total_encoded_bytes_target;
  std::optional<std::uint32_t> frame_width;
  std::optional<std::uint32_t> frame_height;
  std::optional<double> frames_per_second;
  std::optional<std::uint32_t> frames_sent;
  std::optional<std::uint32_t> huge_frames_sent;
  std::optional<std::uint32_t> frames_encoded;
  std::optional<std::uint32_t> key_frames_encoded;
  std::optional<std::uint64_t> qp_sum;
  std::optional<Duration> total_encode_time;
  std::optional<Duration> total_packet_send_delay;  ///< that packets waited for their turn
  std::optional<QualityLimitationReason> quality_limitation_reason;
  std::optional<QualityLimitationDurations> quality_limitation_durations;
  std::optional<std::uint32_t> quality_limitation_resolution_changes;
  std::optional<std::string> encoder_implementation;
  std::optional<bool> power_efficient_encoder;
  std::optional<std::string> scalability_mode;
};

/// What is sent, before it is encoded: members of W3C webrtc-stats #dom-rtcmediasourcestats.
struct SourceStats {
  // Pictures
  std::optional<std::uint32_t> width;
  std::optional<std::uint32_t> height;
  std::optional<std::uint32_t> frames;
  std::optional<double> frames_per_second;

  // Sound
  std::optional<double> audio_level;
  std::optional<double> total_audio_energy;
  std::optional<Duration> total_samples_duration;
  std::optional<double> echo_return_loss;  ///< dB
  std::optional<double> echo_return_loss_enhancement;
};

/// All of one transceiver.
struct MediaStats {
  TransceiverId transceiver;
  DecoderStats decoder = {};  ///< of the stream that is received now
  EncoderStats encoder = {};
  SourceStats source = {};
};

/// What a report has beyond what the connection knows itself.
struct StatsSupplement {
  std::vector<MediaStats> media = {};
  std::optional<double> available_incoming_bitrate = {};  ///< of all streams, in bit/s
};

}  // namespace duet::peer
