// SPDX-License-Identifier: MIT
// Bytes of a camera or a screen as pictures. For .cpp files of this folder alone.
#pragma once

#include <duet/codec/picture.hpp>
#include <duet/device/camera_format.hpp>
#include <duet/device/ffmpeg.hpp>
#include <duet/device/picture_converter.hpp>

#include <cstddef>
#include <span>

namespace duet::device {

struct RawFormat {
  FourCc fourcc;
  codec::Size size;
  int stride = 0;  ///< bytes from one line of the first plane to the next; 0: no gap
};

/// One camera's pictures.
class RawImageReader {
 public:
  /// @param box  pictures are fitted into it
  RawImageReader(const RawFormat& format, codec::Size box);

  /// @return nothing for what is cut short or broken, as cameras send it now and then
  codec::PicturePtr read(std::span<const std::byte> bytes);

 private:
  codec::PicturePtr read_jpeg(std::span<const std::byte> bytes);

  RawFormat format_;
  AVPixelFormat pixels_;
  PictureConverter converter_;
  FramePtr frame_;
  PacketPtr packet_;
  DecoderPtr jpeg_;
};

}  // namespace duet::device
