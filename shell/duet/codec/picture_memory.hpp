// SPDX-License-Identifier: MIT
// Memory of pictures, kept for the next ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace duet::codec {

/// What is kept for pictures to come; what comes back above that goes to the system.
inline constexpr std::size_t kMostPictureMemory = std::size_t{24} << 20;  // 16 pictures of 720p

/// `size` bytes, aligned for vector units: zeros, or what a picture left there. From any thread.
std::shared_ptr<std::uint8_t> take_picture_memory(std::size_t size);

/// Bytes that wait for a picture, at most kMostPictureMemory.
std::size_t kept_picture_memory();

}  // namespace duet::codec
