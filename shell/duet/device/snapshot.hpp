// SPDX-License-Identifier: MIT
// One picture as a file.
#pragma once

#include <duet/codec/picture.hpp>

#include <string>

namespace duet::device {

/// Writes a PNG, in place of what may be there.
/// @return why not: one sentence for a person; empty if it is written
std::string write_png(const codec::Picture& picture, const std::string& path);

}  // namespace duet::device
