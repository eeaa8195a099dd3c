// SPDX-License-Identifier: MIT
// One file of pictures and sound that is being written, whatever its kind.
#pragma once

#include <duet/base/result.hpp>
#include <duet/base/time.hpp>
#include <duet/device/error.hpp>
#include <duet/device/stream_head.hpp>
#include <duet/media/encoded_frame.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

namespace duet::device {

enum class ContainerKind : std::uint8_t { Matroska, Webm, Mp4 };

/// By the name's end: .mkv, .webm or .mp4.
std::optional<ContainerKind> container_kind(const std::filesystem::path& path);

/// Whether players expect that codec in such a file.
bool can_hold(ContainerKind kind, media::Codec codec);

/// The codecs of pictures that it holds, the best one first; empty if it holds all alike.
std::vector<media::Codec> suited_pictures(ContainerKind kind);

/// Written so that it plays up to the last flush() even if nothing is called ever after: a Matroska
/// file in clusters, an MP4 file in fragments (ISO/IEC 14496-12 §8.8). Belongs to one thread.
class Container {
 public:
  struct Stream {
    media::Codec codec;
    StreamHead head;
  };

  /// What a file has: one stream of each kind, at least one of them.
  struct Streams {
    std::optional<Stream> video;
    std::optional<Stream> audio;
  };

  static Result<std::unique_ptr<Container>, RecordingError> create(
      const std::filesystem::path& path, const Streams& streams);

  virtual ~Container() = default;

  /// @param frame     of a codec that the file has
  /// @param at        its place on the file's time line; of one stream, later than the one before
  /// @param duration  until the next of its stream, if that is known, or else a guess
  /// @return false once the file can't be written
  virtual bool write(const media::EncodedFrame& frame, Duration at, Duration duration) = 0;

  /// Hands everything to the system.
  virtual bool flush() = 0;

  /// The last call: writes where to find what, and how long it is.
  virtual bool finish() = 0;

  /// Where it really is: a file that exists is not overwritten.
  virtual const std::filesystem::path& path() const = 0;

  /// Why it can't be written; nothing while it can.
  virtual std::optional<RecordingError> error() const = 0;
};

}  // namespace duet::device
