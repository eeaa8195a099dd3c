// SPDX-License-Identifier: MIT
// Payloads of one picture put together again.
#pragma once

#include <duet/media/av1.hpp>
#include <duet/media/h264.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace duet::media {

/// Makes of payloads what EncodedFrame::bytes is. Its output is at most five times as long as what
/// it was given.
class FrameBuilder {
 public:
  /// Begins a frame: what `out` had is gone. It stays where it is until finish().
  void begin(Codec codec, std::vector<std::byte>& out);

  /// @param data  VideoPayload::data, in order
  /// @return false if it doesn't follow what was there: a fragment without its beginning
  bool add(std::span<const std::byte> data);

  /// @return false if the last fragment has no end, or nothing was added
  bool finish();

 private:
  Codec codec_ = Codec::Vp8;
  std::vector<std::byte>* out_ = nullptr;
  H264Builder h264_;
  Av1Builder av1_;
};

}  // namespace duet::media
