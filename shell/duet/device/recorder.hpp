// SPDX-License-Identifier: MIT
// Stores what came, as it came: no picture and no sound is coded again.
#pragma once

#include <duet/base/result.hpp>
#include <duet/base/time.hpp>
#include <duet/device/error.hpp>
#include <duet/media/encoded_frame.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

namespace duet::device {

/// A recording of one stream of pictures and one of sound, in a file that plays up to the last
/// second even if the program is killed. A thread of its own writes; the caller never waits but in
/// close().
///
/// Pictures begin with a key frame. A stream may begin late, pause, and change its size; where it
/// changes its codec, the file ends and a next one, out-2.mkv, goes on. Files that exist are not
/// overwritten.
class Recorder {
 public:
  /// What waits to be written. More is dropped: the disk is too slow.
  static constexpr std::size_t kQueueBytes = 32'000'000;

  /// The codecs that will come, as far as they are known: the file's header then waits a moment for
  /// both streams, and has room for one that begins late.
  struct Expected {
    std::optional<media::Codec> video;
    std::optional<media::Codec> audio;
  };

  /// Why `path` can't be a recording of that codec; nothing if it can.
  ///
  ///     .mkv   everything             .webm  VP8, VP9, AV1, Opus
  ///     .mp4   H.264, VP9, AV1, Opus
  static std::optional<RecordingError> refusal(const std::filesystem::path& path,
                                               std::optional<media::Codec> codec = {});

  /// @return why `path` is none of these, or no file can be made there
  static Result<std::unique_ptr<Recorder>, RecordingError> open(const std::filesystem::path& path,
                                                                Expected expected = {});

  /// Where a recording that begins now would go: files that exist are not overwritten.
  static std::filesystem::path next_file(const std::filesystem::path& path);

  virtual ~Recorder() = default;  ///< close()s
  Recorder() = default;
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  /// @param at  when it was captured, on a time line that both streams share and that begins with
  ///            the recording; not before the frame of the same stream before it. A gap stays one
  virtual void write(media::EncodedFrame frame, Duration at) = 0;

  /// Writes what waits, and the index and the length of the file. Later calls of write() do
  /// nothing.
  virtual void close() = 0;

  /// Whether pictures are left out until a key frame comes: the sender should be asked for one.
  virtual bool needs_key_frame() const = 0;

  /// Codecs of pictures that the file holds, what suits it best first; empty if all are the same to
  /// it.
  virtual std::vector<media::Codec> suited() const { return {}; }

  /// Why there is no more recording, such as a full disk.
  virtual std::optional<RecordingError> error() const = 0;

  /// The files so far that hold something.
  virtual std::vector<std::filesystem::path> files() const = 0;

  /// Frames that were dropped because the queue was full.
  virtual std::uint64_t dropped() const = 0;
};

}  // namespace duet::device
