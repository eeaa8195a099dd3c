// SPDX-License-Identifier: MIT
// The other end's sound, from packets to a sink.
#pragma once

#include <duet/device/sinks.hpp>
#include <duet/media/audio_buffer.hpp>
#include <duet/net/event_loop.hpp>
#include <duet/rtc/peer_connection.hpp>

#include <array>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace duet::call {

/// Plays 10 ms every 10 ms. One stream at a time, as IncomingVideo.
class IncomingAudio {
 public:
  static constexpr int kChannels = 2;

  /// 10 ms as they are played, before the sink has them.
  using Tap = std::function<void(std::span<const media::Sample>)>;

  /// @param sink  nullptr: sound is decoded and goes nowhere; outlives this
  IncomingAudio(net::EventLoop& loop, device::AudioSink* sink, Tap tap);

  void handle_packet(const peer::Transceiver& transceiver, const peer::MediaReceived& media);

  /// Forgets the stream, and plays nothing until another one comes.
  void reset();

  /// For lip-sync: what sound is held for, beyond what the path needs.
  void set_extra_delay(Duration extra);

  /// The moment that is heard, and when: for lip-sync. Nothing before any sound.
  struct Heard {
    Ssrc ssrc;
    rtp::Timestamp timestamp;
    Instant at;
  };

  std::optional<Heard> heard() const;

  /// nullptr before the first packet.
  const media::AudioBuffer* buffer() const { return stream_ ? &stream_->buffer : nullptr; }

 private:
  /// What a sink should hold: enough for a loop that is late now and then.
  static constexpr Duration kSinkFill = 30ms;

  /// Blocks in one turn, after a loop that was late.
  static constexpr int kMostAtOnce = 10;

  struct Stream {
    Ssrc ssrc;
    std::vector<peer::Codec> codecs;  // that have their decoders
    media::AudioBuffer buffer{kChannels};
  };

  void set_decoders(const std::vector<peer::Codec>& codecs);
  void handle_tick();
  void pull();

  net::EventLoop& loop_;
  device::AudioSink* sink_;
  Tap tap_;
  std::optional<Stream> stream_;
  std::optional<Ssrc> left_;  // the stream before: what comes late of it is not gone back to
  std::array<media::Sample, media::kBlockSamples * kChannels> block_{};
  Instant next_tick_{};  // of the timer, once it runs
  net::Timer timer_;
};

}  // namespace duet::call
