// SPDX-License-Identifier: MIT
// Where pictures and sound go: a window, a speaker.
#pragma once

#include <duet/base/time.hpp>
#include <duet/codec/picture.hpp>
#include <duet/media/sound.hpp>

#include <span>

namespace duet::device {

/// Shows pictures. From any thread.
class VideoSink {
 public:
  virtual ~VideoSink() = default;

  /// At once, in place of the one before. Never waits.
  virtual void show(codec::PicturePtr picture) = 0;

  /// Takes the picture away: a plain ground until the next one, which is another one's.
  virtual void clear() = 0;
};

/// Plays sound. Called from one thread.
class AudioSink {
 public:
  virtual ~AudioSink() = default;

  /// Queues one block of 10 ms, two channels interleaved. Never waits; what is more than
  /// kLongestQueue behind is dropped, and a device that runs dry plays silence.
  virtual void play(std::span<const media::Sample> block) = 0;

  static constexpr Duration kLongestQueue = 100ms;

  /// What was queued and has not been heard yet, the device's own buffer included.
  virtual Duration queued() const = 0;
};

}  // namespace duet::device
