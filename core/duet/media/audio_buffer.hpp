// SPDX-License-Identifier: MIT
// Received sound: packets in as the path brings them, 10 ms out whenever they are asked for.
#pragma once

#include <duet/media/audio_decoder.hpp>
#include <duet/media/audio_delay.hpp>
#include <duet/media/audio_packets.hpp>
#include <duet/media/concealment.hpp>
#include <duet/media/sound.hpp>
#include <duet/rtp/receiver.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace duet::media {

/// What W3C calls inbound-rtp, of the sound (W3C webrtc-stats #inboundrtpstats-dict*); samples are
/// those of one channel.
struct AudioBufferStats {
  std::uint64_t total_samples_received = 0;  ///< all that was pulled since sound began
  std::uint64_t concealed_samples = 0;
  std::uint64_t silent_concealed_samples = 0;
  std::uint64_t concealment_events = 0;
  std::uint64_t inserted_samples_for_deceleration = 0;
  std::uint64_t removed_samples_for_acceleration = 0;
  double jitter_buffer_delay = 0;          ///< seconds, summed over the samples emitted
  double jitter_buffer_target_delay = 0;   ///< the same
  double jitter_buffer_minimum_delay = 0;  ///< the same, as it were without set_minimum_delay()
  std::uint64_t jitter_buffer_emitted_count = 0;
  std::uint64_t packets_discarded = 0;  ///< came too late, too early or were rubbish
  double audio_level = 0;               ///< 0 to 1, of the last 10 ms
  double total_audio_energy = 0;
  double total_samples_duration = 0;  ///< seconds

  // Not W3C's: what repaired losses.
  std::uint64_t redundant_packets_used = 0;  ///< from other packets' RED
  std::uint64_t fec_samples = 0;             ///< by the codec's in-band FEC
};

/// Holds each packet back as long as AudioDelay thinks best, fills what never comes, and makes
/// sound longer or shorter where the delay or the sender's clock is not as it should be. Nobody
/// waits for it: pull() always gives 10 ms. Once warm, it allocates nothing.
class AudioBuffer {
 public:
  static constexpr std::size_t kMaxDecoders = 8;
  /// If sound is this much later than wanted, what lies between is skipped.
  static constexpr Duration kMaxExcess = 500ms;
  static constexpr Duration kMaxMinimumDelay = 1s;

  /// @param channels  1 or 2: of what pull() gives
  explicit AudioBuffer(int channels);

  /// The decoder of a payload type, in place of the one before. Calls for types over kMaxDecoders
  /// are ignored, and so are packets of a type without one.
  /// @param clock_rate  of its RTP timestamps: a divisor of kSampleRate
  /// @param decoder     of as many channels
  void set_decoder(PayloadType type, std::uint32_t clock_rate,
                   std::unique_ptr<AudioDecoder> decoder);

  /// RED is taken apart (RFC 2198), and the blocks' own types count.
  void handle_packet(Instant now, const rtp::ReceivedPacket& packet);

  /// The next 10 ms; silence before there is any sound.
  /// @param block  channels() * kBlockSamples
  void pull(Instant now, std::span<Sample> block);

  /// For lip-sync: sound is not played earlier than this after the fastest packet could have been.
  void set_minimum_delay(Duration delay);

  /// How long after the fastest packet's sound could have been, sound is played: the least of the
  /// last 160 ms, since blocks may be asked for in bursts.
  Duration current_delay() const;
  /// What current_delay() is brought to: the more of the minimum and of needed_delay().
  Duration target_delay() const;

  /// What the path needs, whatever the minimum.
  Duration needed_delay() const { return delay_.target(); }

  /// What the first sample of the last pulled block is; nothing while that isn't known.
  std::optional<rtp::Timestamp> playing() const { return playing_; }

  int channels() const { return channels_; }

  const AudioBufferStats& stats() const { return stats_; }

 private:
  struct Decoder {
    PayloadType type;
    std::uint32_t clock_rate = 0;
    std::unique_ptr<AudioDecoder> decoder;
  };

  /// What is being put where nothing came.
  enum class Filler : std::uint8_t { None, Codec, Own };

  struct Arrival {
    PayloadType type;
    std::int64_t timestamp = 0;  // unwrapped
    std::optional<std::int64_t> sequence;
    bool recovered = false;
  };

  void handle_block(Instant now, const Arrival& arrival, std::span<const std::byte> bytes);
  /// False if something told of this sound before.
  bool note_arrival(Instant now, std::int64_t position, AudioDelay::Way way);
  bool is_other_clock(Instant now, std::int64_t position, const Arrival& arrival) const;
  void restart();

  std::size_t waiting() const { return (sound_.size() - played_) / width_; }

  Duration delay_of(Instant now, std::int64_t position) const;
  bool is_due(Instant now, const AudioPacket& packet) const;
  bool is_silence(const AudioPacket& next) const;
  void skip(Instant now);
  void produce(Instant now);
  void play_front(Instant now);
  bool play_fec(const AudioPacket& next, std::int64_t missing);
  void fill(std::size_t samples);
  bool fill_by_codec(std::size_t samples);
  void count_filled(std::size_t samples);
  void prepare_join();
  void join(std::size_t begin);
  void count_emitted(Instant now, const AudioPacket& packet, std::size_t samples);
  void stretch();
  void shift_delays(Duration by);
  void measure_delay(Instant now);
  void take(std::span<Sample> block);

  int channels_;
  std::size_t width_;  // channels_ as a size
  std::vector<Decoder> decoders_;
  AudioPackets packets_;
  AudioDelay delay_;
  Duration minimum_delay_{};
  std::uint32_t clock_rate_ = 0;  // of the packets that wait

  // Positions are in samples at kSampleRate, on the sender's clock.
  std::optional<std::int64_t> highest_sequence_;
  std::int64_t highest_position_ = 0;    // of the packet with the highest sequence
  std::array<std::int64_t, 64> seen_{};  // positions that something has told of
  std::size_t seen_count_ = 0;

  std::vector<Sample> sound_;  // what was played lately, then from played_ on what waits
  std::size_t played_ = 0;
  Concealment concealment_;
  std::vector<Sample> tail_;  // how the sound would have gone on, for a crossfade

  bool has_started_ = false;  // sound was pulled
  bool is_synced_ = false;    // end_ is valid
  std::int64_t end_ = 0;      // of what was decoded last
  std::optional<std::int64_t> last_sequence_;
  std::size_t last_decoder_ = 0;
  std::int64_t filled_ = 0;  // samples put after end_
  Filler filler_ = Filler::None;
  bool is_silent_ = false;  // the sender says nothing on purpose
  bool is_concealing_ = false;
  bool needs_join_ = false;  // what comes next doesn't go on where sound_ ends
  int refused_stretches_ = 0;
  int blocks_since_stretch_ = 0;
  std::array<Duration, 16> delays_{};
  std::size_t delay_count_ = 0;
  std::optional<rtp::Timestamp> playing_;
  AudioBufferStats stats_;
};

}  // namespace duet::media
