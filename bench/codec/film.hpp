// SPDX-License-Identifier: MIT
// Pictures as a small camera gives them.
#pragma once

#include <duet/codec/picture.hpp>

namespace duet::bench {

/// Soft shapes that stand, one that moves before them, and grain; the same for the same number.
codec::PicturePtr filmed(codec::Size size, int number);

}  // namespace duet::bench
