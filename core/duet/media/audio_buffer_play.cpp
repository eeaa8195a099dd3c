// SPDX-License-Identifier: MIT
// Sound goes out: what is played next, what stands for what is missing, and what is stretched.
#include <duet/base/check.hpp>
#include <duet/media/audio_buffer.hpp>
#include <duet/media/time_stretch.hpp>

#include <algorithm>
#include <cmath>

namespace duet::media {
namespace {

constexpr std::size_t kGrain = 120;                // what codecs conceal multiples of: 2.5 ms
constexpr std::int64_t kCodecFills = kSampleRate;  // 1 s; a sender that is silent speaks up sooner
constexpr Duration kTooLate = 15ms;                // over the target: then sound gets shorter
constexpr Duration kUrgent = 40ms;                 // from the target
constexpr int kCalmly = 6;                         // blocks from one stretch to the next
constexpr int kUrgently = 2;
// How much sound has to look like itself, and how much less for each time that it did not.
constexpr double kSimilar = 0.9;
constexpr double kPatience = 0.05;
constexpr double kAudible = 10;  // RMS: less is silence

constexpr Duration time_of(std::int64_t samples) {
  return Duration{samples * 1000 / (kSampleRate / 1000)};
}

constexpr double seconds(Duration span) { return static_cast<double>(span.count()) / 1e6; }

double mean_square(std::span<const Sample> sound) {
  double sum = 0;
  for (const Sample sample : sound) sum += 1.0 * sample * sample;
  return sum / static_cast<double>(std::max<std::size_t>(sound.size(), 1));
}

}  // namespace

void AudioBuffer::pull(Instant now, std::span<Sample> block) {
  DUET_CHECK(block.size() == kBlockSamples * width_);
  if (!is_synced_ && !packets_.empty() &&
      delay_of(now, packets_.front().position) >= target_delay()) {
    is_synced_ = true;
    has_started_ = true;
    end_ = packets_.front().position;
    filled_ = 0;
  }
  if (!has_started_) {
    std::ranges::fill(block, Sample{0});
    return;
  }
  if (is_synced_) {
    measure_delay(now);
    skip(now);
  }
  while (waiting() < kBlockSamples) produce(now);
  take(block);
}

void AudioBuffer::measure_delay(Instant now) {
  const std::int64_t first = end_ + filled_ - static_cast<std::int64_t>(waiting());
  // Not delay_of(), which asks for what comes after all that waits.
  delays_[delay_count_++ % delays_.size()] = delay_.lateness(now, time_of(first));
  playing_ = rtp::Timestamp{static_cast<std::uint32_t>(first / (kSampleRate / clock_rate_))};
}

void AudioBuffer::shift_delays(Duration by) {
  for (Duration& delay : delays_) delay += by;
}

void AudioBuffer::skip(Instant now) {
  const auto delay = [&] { return delay_of(now, packets_.front().position); };
  if (packets_.size() < 2 || delay() <= target_delay() + kMaxExcess) return;
  while (packets_.size() > 1 && delay() > target_delay() + kBlock) {
    packets_.pop_front();
    ++stats_.packets_discarded;
  }
  needs_join_ = true;
}

bool AudioBuffer::is_silence(const AudioPacket& next) const {
  // RFC 3550 §5.1: no number is missing, so nothing was sent for the time between.
  return is_silent_ || (last_sequence_ && next.sequence && *next.sequence == *last_sequence_ + 1);
}

bool AudioBuffer::is_due(Instant now, const AudioPacket& packet) const {
  const std::int64_t gap = packet.position - end_;
  if (gap <= 0 || delay_of(now, packet.position) >= target_delay()) return true;
  // Silence may last longer than it was: that costs nothing. A loss may not.
  return filled_ >= gap + (is_silence(packet) ? kSampleRate : 0);
}

void AudioBuffer::produce(Instant now) {
  if (!is_synced_) return fill(kBlockSamples);
  while (!packets_.empty() && packets_.front().position < end_) {
    packets_.pop_front();
    ++stats_.packets_discarded;
  }
  if (packets_.empty()) return fill(kBlockSamples);
  const AudioPacket& next = packets_.front();
  const std::int64_t missing = next.position - end_ - filled_;
  const bool is_lost = missing > 0 && !is_silence(next);
  if (is_lost && play_fec(next, missing)) return;
  if (is_due(now, next)) return play_front(now);
  // In-band FEC tells of the last part of what is missing only.
  const std::int64_t wanted = missing > next.samples ? missing - next.samples : missing;
  constexpr auto kMost = static_cast<std::int64_t>(kBlockSamples);
  fill(static_cast<std::size_t>(wanted > 0 ? std::min(wanted, kMost) : kMost));
}

void AudioBuffer::play_front(Instant now) {
  const AudioPacket& packet = packets_.front();
  if (packet.decoder != last_decoder_ || packet.position > end_ + filled_) needs_join_ = true;
  if (needs_join_) prepare_join();
  const std::size_t begin = sound_.size();
  AudioDecoder& decoder = *decoders_[packet.decoder].decoder;
  const std::size_t samples = decoder.decode(packet.bytes, sound_);
  if (samples == 0) {
    ++stats_.packets_discarded;
    packets_.pop_front();
    return;
  }
  if (needs_join_) join(begin);
  count_emitted(now, packet, samples);
  shift_delays(time_of(end_ + filled_ - packet.position));
  end_ = packet.position + static_cast<std::int64_t>(samples);
  filled_ = 0;
  filler_ = Filler::None;
  is_concealing_ = false;
  is_silent_ = decoder.begins_silence(packet.bytes);
  last_sequence_ = packet.sequence;
  last_decoder_ = packet.decoder;
  packets_.pop_front();
  stretch();
}

bool AudioBuffer::play_fec(const AudioPacket& next, std::int64_t missing) {
  AudioDecoder& decoder = *decoders_[next.decoder].decoder;
  if (missing > next.samples || next.decoder != last_decoder_) return false;
  if (!decoder.carries_lost(next.bytes)) return false;
  if (needs_join_) prepare_join();
  const std::size_t begin = sound_.size();
  const std::size_t samples = decoder.decode_lost(next.bytes, time_of(missing), sound_);
  if (samples == 0) return false;
  if (needs_join_) join(begin);
  stats_.fec_samples += samples;
  end_ += filled_ + static_cast<std::int64_t>(samples);
  filled_ = 0;
  filler_ = Filler::None;
  is_concealing_ = false;
  return true;
}

void AudioBuffer::fill(std::size_t samples) {
  samples = (samples + kGrain - 1) / kGrain * kGrain;
  if (!fill_by_codec(samples)) {
    if (filler_ != Filler::Own) concealment_.begin(sound_);
    filler_ = Filler::Own;
    concealment_.generate(samples, sound_);
    needs_join_ = true;
  }
  filled_ += static_cast<std::int64_t>(samples);
  count_filled(samples);
}

bool AudioBuffer::fill_by_codec(std::size_t samples) {
  if (filler_ == Filler::Own || needs_join_ || filled_ >= kCodecFills) return false;
  const std::size_t size = sound_.size();
  if (decoders_[last_decoder_].decoder->conceal(samples, sound_) != samples) {
    sound_.resize(size);
    return false;
  }
  filler_ = Filler::Codec;
  return true;
}

void AudioBuffer::count_filled(std::size_t samples) {
  if (is_silent_ && filled_ <= kCodecFills) return;  // comfort noise, as the sender wants it
  if (!is_concealing_) ++stats_.concealment_events;
  is_concealing_ = true;
  stats_.concealed_samples += samples;
  const auto made = std::span{sound_}.last(samples * width_);
  const bool is_noise = filler_ == Filler::Own && concealment_.has_faded();
  if (is_noise || mean_square(made) < kAudible * kAudible) {
    stats_.silent_concealed_samples += samples;
  }
}

void AudioBuffer::prepare_join() {
  if (filler_ != Filler::Own) concealment_.begin(sound_);
  tail_.clear();
  concealment_.generate(kCrossfade, tail_);
}

void AudioBuffer::join(std::size_t begin) {
  const std::size_t size = std::min(tail_.size(), sound_.size() - begin);
  crossfade(std::span{tail_}.first(size), std::span{sound_}.subspan(begin, size), channels_);
  needs_join_ = false;
}

void AudioBuffer::stretch() {
  if (delay_count_ == 0 || is_silent_) return;
  const Duration excess = current_delay() - target_delay();
  const bool is_urgent = excess > kUrgent || excess < -kUrgent;
  if (blocks_since_stretch_ < (is_urgent ? kUrgently : kCalmly)) return;
  const bool shorten = excess > kTooLate;
  if (!shorten && excess >= 0ms) {
    refused_stretches_ = 0;
    return;
  }
  // Not below the target, or it would be made longer again.
  const auto longest = shorten ? static_cast<std::size_t>(excess.count()) * 48 / 1000 : kLongestLag;
  const auto sound = std::span{sound_}.subspan(played_);
  const Lag lag = find_lag(sound, channels_, 0, longest, kCrossfade);
  if (lag.samples == 0) return;
  if (lag.similarity < kSimilar - kPatience * refused_stretches_) {
    ++refused_stretches_;
    return;
  }
  const Duration by = time_of(static_cast<std::int64_t>(lag.samples));
  if (shorten) {
    accelerate(sound_, played_, channels_, lag.samples);
    stats_.removed_samples_for_acceleration += lag.samples;
  } else {
    expand(sound_, played_, channels_, lag.samples);
    stats_.inserted_samples_for_deceleration += lag.samples;
  }
  shift_delays(shorten ? -by : by);
  refused_stretches_ = 0;
  blocks_since_stretch_ = 0;
}

void AudioBuffer::take(std::span<Sample> block) {
  std::copy_n(sound_.begin() + static_cast<std::ptrdiff_t>(played_), block.size(), block.begin());
  played_ += block.size();
  const std::size_t kept = Concealment::kHistory * width_;
  if (played_ > 2 * kept) {
    sound_.erase(sound_.begin(), sound_.begin() + static_cast<std::ptrdiff_t>(played_ - kept));
    played_ = kept;
  }
  if (filler_ == Filler::None) concealment_.handle_heard(block);
  if (!is_synced_) playing_.reset();
  ++blocks_since_stretch_;

  const double square = mean_square(block) / (32'767.0 * 32'767.0);
  stats_.audio_level = std::sqrt(square);
  stats_.total_audio_energy += square * seconds(kBlock);
  stats_.total_samples_duration += seconds(kBlock);
  stats_.total_samples_received += kBlockSamples;
}

void AudioBuffer::count_emitted(Instant now, const AudioPacket& packet, std::size_t samples) {
  const auto count = static_cast<double>(samples);
  const auto before = static_cast<std::int64_t>(waiting() - samples);
  stats_.jitter_buffer_delay += count * seconds(now - packet.arrived + time_of(before));
  stats_.jitter_buffer_target_delay += count * seconds(target_delay());
  stats_.jitter_buffer_minimum_delay += count * seconds(delay_.target());
  stats_.jitter_buffer_emitted_count += samples;
  if (!packet.sequence) ++stats_.redundant_packets_used;
}

}  // namespace duet::media
