// SPDX-License-Identifier: MIT
// What a Studio counts, for figures and for getStats().
#include <duet/call/studio.hpp>

#include <chrono>

namespace duet::call {

namespace {

/// Counters of all connections. Encoder and decoder outlive those, and count on by themselves.
StudioStats sum(const StudioStats& gone, StudioStats now) {
  const auto add = [](auto& to, const auto& from, auto... members) {
    ((to.*members += from.*members), ...);
  };
  using Video = StudioStats::Video;
  for (const auto side : {&StudioStats::sent, &StudioStats::received}) {
    add(now.*side, gone.*side, &Video::bytes, &Video::packets, &Video::packets_lost);
  }
  add(now, gone, &StudioStats::audio_packets, &StudioStats::audio_packets_lost,
      &StudioStats::audio_bytes, &StudioStats::sent_again_bytes);
  using Pictures = media::VideoBufferStats;
  add(now.video_buffer, gone.video_buffer, &Pictures::frames_received,
      &Pictures::key_frames_received, &Pictures::frames_emitted, &Pictures::frames_dropped,
      &Pictures::jitter_buffer_delay);
  using Sound = media::AudioBufferStats;
  add(now.audio_buffer, gone.audio_buffer, &Sound::total_samples_received,
      &Sound::concealed_samples, &Sound::concealment_events, &Sound::jitter_buffer_delay,
      &Sound::jitter_buffer_emitted_count, &Sound::total_audio_energy,
      &Sound::total_samples_duration);
  return now;
}

template <class Count>
std::uint32_t count32(Count count) {
  return static_cast<std::uint32_t>(count);
}

Duration of_seconds(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>{seconds});
}

/// @param before  of connections before this one
peer::DecoderStats decoder_stats(const media::VideoBufferStats& buffer,
                                 const DecoderThread::Stats& decoder,
                                 const DecoderThread::Stats& before) {
  peer::DecoderStats out;
  out.jitter_buffer_delay = buffer.jitter_buffer_delay;
  out.jitter_buffer_target_delay = buffer.jitter_buffer_target_delay;
  out.jitter_buffer_minimum_delay = buffer.jitter_buffer_minimum_delay;
  out.jitter_buffer_emitted_count = buffer.frames_emitted;
  out.frames_received = count32(buffer.frames_received);
  out.frames_dropped = count32(buffer.frames_dropped);
  out.frames_decoded = count32(decoder.decoded - before.decoded);
  out.key_frames_decoded = count32(decoder.key_frames - before.key_frames);
  out.total_decode_time = decoder.decode_time - before.decode_time;
  if (decoder.size.width > 0) {
    out.frame_width = count32(decoder.size.width);
    out.frame_height = count32(decoder.size.height);
  }
  out.frames_rendered = count32(decoder.shown.frames_rendered - before.shown.frames_rendered);
  out.freeze_count = count32(decoder.shown.freeze_count - before.shown.freeze_count);
  out.total_freezes_duration = decoder.shown.total_freezes - before.shown.total_freezes;
  out.pause_count = count32(decoder.shown.pause_count - before.shown.pause_count);
  out.total_pauses_duration = decoder.shown.total_pauses - before.shown.total_pauses;
  out.total_inter_frame_delay =
      decoder.shown.total_inter_frame_delay - before.shown.total_inter_frame_delay;
  out.total_squared_inter_frame_delay =
      decoder.shown.total_squared_inter_frame_delay - before.shown.total_squared_inter_frame_delay;
  return out;
}

peer::DecoderStats decoder_stats(const media::AudioBufferStats& buffer) {
  peer::DecoderStats out;
  out.packets_discarded = buffer.packets_discarded;
  out.jitter_buffer_delay = of_seconds(buffer.jitter_buffer_delay);
  out.jitter_buffer_target_delay = of_seconds(buffer.jitter_buffer_target_delay);
  out.jitter_buffer_minimum_delay = of_seconds(buffer.jitter_buffer_minimum_delay);
  out.jitter_buffer_emitted_count = buffer.jitter_buffer_emitted_count;
  out.audio_level = buffer.audio_level;
  out.total_audio_energy = buffer.total_audio_energy;
  out.total_samples_duration = of_seconds(buffer.total_samples_duration);
  out.total_samples_received = buffer.total_samples_received;
  out.concealed_samples = buffer.concealed_samples;
  out.silent_concealed_samples = buffer.silent_concealed_samples;
  out.concealment_events = buffer.concealment_events;
  out.inserted_samples_for_deceleration = buffer.inserted_samples_for_deceleration;
  out.removed_samples_for_acceleration = buffer.removed_samples_for_acceleration;
  return out;
}

}  // namespace

StudioStats Studio::stats() const {
  if (connection_ == nullptr) return gone_;
  return sum(gone_, stats_of_connection());
}

StudioStats Studio::stats_of_connection() const {
  StudioStats stats;
  stats.target_rate_bps = target_rate_bps_;
  if (video_) {
    const auto thread = video_->stats();
    stats.sent.codec = video_->codec();
    stats.sent.size = thread.size;
    stats.sent.frames = thread.encoded;
  }
  const auto decoder = incoming_video_.decoder_stats();
  stats.received.codec = received_codec_;
  stats.received.size = decoder.size;
  stats.received.frames = decoder.decoded;
  stats.freezes = decoder.shown;
  if (const auto* buffer = incoming_video_.buffer()) stats.video_buffer = buffer->stats();
  if (const auto* buffer = incoming_audio_.buffer()) stats.audio_buffer = buffer->stats();
  const peer::Media& media = connection_->machine().media();
  if (video_section_) {
    if (const auto* sender = media.sender(*video_section_)) {
      stats.sent.bytes = sender->stats().bytes_sent - sender->stats().retransmitted_bytes_sent;
      stats.sent_again_bytes = sender->stats().retransmitted_bytes_sent;
      stats.sent.packets = sender->stats().packets_sent;
      stats.sent.packets_lost = sender->remote_stats().packets_lost;
    }
    for (const rtp::RtpReceiver* one : media.receivers(*video_section_)) {
      stats.received.bytes += one->stats().bytes_received;
      stats.received.packets += one->stats().packets_received;
      stats.received.packets_lost += one->packets_lost();
    }
  }
  if (audio_section_) {
    for (const rtp::RtpReceiver* one : media.receivers(*audio_section_)) {
      stats.audio_packets += one->stats().packets_received;
      stats.audio_packets_lost += one->packets_lost();
      stats.audio_bytes += one->stats().bytes_received;
    }
  }
  return stats;
}

peer::StatsSupplement Studio::supplement() const {
  peer::StatsSupplement out;
  if (video_section_) {
    peer::MediaStats video{.transceiver = *video_section_};
    if (const auto* buffer = incoming_video_.buffer()) {
      video.decoder =
          decoder_stats(buffer->stats(), incoming_video_.decoder_stats(), decoded_before_);
    }
    if (video_) {
      const auto encoder = video_->stats();
      video.encoder.target_bitrate = static_cast<double>(video_->rate_bps());
      video.encoder.frames_encoded = count32(encoder.encoded - encoded_before_.encoded);
      video.encoder.key_frames_encoded = count32(encoder.key_frames - encoded_before_.key_frames);
      video.encoder.total_encode_time = encoder.encode_time - encoded_before_.encode_time;
      if (encoder.size.width > 0) {
        video.encoder.frame_width = count32(encoder.size.width);
        video.encoder.frame_height = count32(encoder.size.height);
      }
      video.source.frames = count32(encoder.captured - encoded_before_.captured);
      video.source.width = count32(video_->source_size().width);
      video.source.height = count32(video_->source_size().height);
    }
    out.media.push_back(std::move(video));
  }
  if (audio_section_) {
    peer::MediaStats audio{.transceiver = *audio_section_};
    if (const auto* buffer = incoming_audio_.buffer()) {
      audio.decoder = decoder_stats(buffer->stats());
    }
    out.media.push_back(std::move(audio));
  }
  return out;
}

}  // namespace duet::call
