// SPDX-License-Identifier: MIT
// Colours from one convention to another, in I420. For .cpp files of this folder alone.
#pragma once

#include <duet/codec/picture.hpp>

#include <cstdint>

namespace duet::device {

/// Which luma and chroma mean which red, green and blue (ITU-R BT.601, BT.709).
enum class Matrix : std::uint8_t { Bt601, Bt709 };

/// What luma stretches over: 16 to 235, or 0 to 255.
enum class Range : std::uint8_t { Limited, Full };

/// That of a Picture of such a height.
constexpr Matrix matrix_of(int height) { return height > 576 ? Matrix::Bt709 : Matrix::Bt601; }

/// The same picture with the colours that its size asks for. Itself if they are so.
codec::PicturePtr recoloured(const codec::PicturePtr& picture, Matrix from, Range range);

}  // namespace duet::device
