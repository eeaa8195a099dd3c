// SPDX-License-Identifier: MIT
// For all tests of this folder: what the program has allocated.
#pragma once

#include <cstdint>

namespace duet::media {

/// Calls of operator new since the program began.
std::uint64_t allocation_count();

}  // namespace duet::media
