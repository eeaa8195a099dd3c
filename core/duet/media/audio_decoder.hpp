// SPDX-License-Identifier: MIT
// What the buffer of received sound wants of a codec's decoder; shell/duet/codec has those.
#pragma once

#include <duet/media/sound.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace duet::media {

/// One stream's decoder. Its output is at kSampleRate, channels() interleaved, whatever the peer
/// sent. Given no rubbish it makes no error; given some it makes sound of some kind, or none.
class AudioDecoder {
 public:
  virtual ~AudioDecoder() = default;
  AudioDecoder() = default;
  AudioDecoder(const AudioDecoder&) = delete;
  AudioDecoder& operator=(const AudioDecoder&) = delete;

  /// 1 or 2; does not change.
  virtual int channels() const = 0;

  /// How long a packet plays, without decoding it; 0 for rubbish. At most 120 ms.
  virtual Duration duration(std::span<const std::byte> packet) const = 0;

  /// Whether the packet says anything of the one before it; decode_lost() would then.
  virtual bool carries_lost(std::span<const std::byte> /*packet*/) const { return false; }

  /// Whether the sender goes silent with it, so that what follows is missing on purpose (DTX).
  virtual bool begins_silence(std::span<const std::byte> /*packet*/) const { return false; }

  /// Appends the packet's sound to `out`. @return samples of one channel; 0 for rubbish
  virtual std::size_t decode(std::span<const std::byte> packet, std::vector<Sample>& out) = 0;

  /// Appends what `next` says of the packet before it (RFC 6716 §2.1.7, in-band FEC).
  /// @return samples of one channel; 0 if it says nothing, and `out` is as it was
  virtual std::size_t decode_lost(std::span<const std::byte> next, Duration lost,
                                  std::vector<Sample>& out) = 0;

  /// Appends a guess at `samples` (of one channel, a multiple of 120) that never came. @return
  /// samples of one channel; 0 if the codec has no concealment of its own
  virtual std::size_t conceal(std::size_t samples, std::vector<Sample>& out) = 0;
};

}  // namespace duet::media
