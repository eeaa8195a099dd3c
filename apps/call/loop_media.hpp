// SPDX-License-Identifier: MIT
// `duet loop` with pictures and sound: encoded, sent, received and decoded by both ends.
#pragma once

#include "loop_options.hpp"

#include <iosfwd>

namespace duet::apps {

/// @param out    where the steps go, and each end's figures at last
/// @param error  what people must know
/// @return the exit code
int loop_media(const LoopOptions& options, std::ostream& out, std::ostream& error);

}  // namespace duet::apps
