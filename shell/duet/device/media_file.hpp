// SPDX-License-Identifier: MIT
// One stream of a file of pictures or sound, decoded. For .cpp files of this folder alone.
#pragma once

#include <duet/base/result.hpp>
#include <duet/base/time.hpp>
#include <duet/device/error.hpp>
#include <duet/device/ffmpeg.hpp>

#include <filesystem>
#include <optional>

namespace duet::device {

/// Whatever is in the file, reading ends: streams, sizes and searches are bounded.
class MediaFile {
 public:
  /// @param kind  of the stream that is read: the one that a player would choose
  static Result<MediaFile, FileError> open(const std::filesystem::path& path, AVMediaType kind);

  /// The next frame, valid until the next call; nullptr at the end. What can't be decoded is passed
  /// over.
  const AVFrame* next();

  /// Of the frame that next() gave, from the file's beginning, which is the same for all of its
  /// streams. Where the file has no times, as a bare H.264 stream, one follows upon the other.
  Duration time() const { return time_; }

  /// Of the whole file; nothing if it doesn't say.
  std::optional<Duration> length() const;

  /// Goes on with the frames at `time` or from a key frame before it. False if the file can't.
  bool seek(Duration time);

  const AVCodecParameters& parameters() const { return *stream().codecpar; }

  /// Clockwise turn that makes its pictures upright: 0, 90, 180 or 270.
  int rotation() const;

 private:
  MediaFile() = default;

  const AVStream& stream() const { return *input_->streams[index_]; }

  bool read_packet();
  Duration length_of(const AVFrame& frame) const;

  InputPtr input_;
  DecoderPtr decoder_;
  PacketPtr packet_;
  FramePtr frame_;
  std::size_t index_ = 0;
  bool is_draining_ = false;
  Duration time_{};
  Duration next_time_{};  // where the file doesn't say
};

}  // namespace duet::device
