// SPDX-License-Identifier: MIT
// What one would like to get from a source.
#pragma once

#include <duet/base/time.hpp>
#include <duet/codec/picture.hpp>

namespace duet::device {

/// Sources give what comes nearest: never a picture above `size` or more of them than `fps`, where
/// they can choose.
struct VideoWish {
  codec::Size size{1280, 720};
  double fps = 30;
  /// When a file begins, that pictures and sound of the same one be in step. Instant{}: when it is
  /// first read.
  Instant start{};
  /// A camera may give frames that it has encoded itself (H.264), if the size is right.
  bool may_be_encoded = false;
};

struct AudioWish {
  int channels = 1;  ///< 1 or 2
  Instant start{};   ///< as above
};

/// The largest size of even sides that has the shape of `source` and fits into `box`, but not
/// larger than `source`.
codec::Size fitted(codec::Size source, codec::Size box);

}  // namespace duet::device
