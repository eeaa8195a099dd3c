// SPDX-License-Identifier: MIT
// One picture as a file.
#pragma once

#include <duet/codec/picture.hpp>
#include <duet/device/error.hpp>

#include <filesystem>
#include <optional>

namespace duet::device {

/// Why no PNG can be written there, as far as can be told without writing one.
std::optional<SnapshotError> png_refusal(const std::filesystem::path& path);

/// Writes a PNG, in place of what may be there.
/// @return why not
std::optional<SnapshotError> write_png(const codec::Picture& picture,
                                       const std::filesystem::path& path);

}  // namespace duet::device
