// SPDX-License-Identifier: MIT
// `duet loop`: both ends of a call in one process, told step by step.
#pragma once

#include "loop_options.hpp"

#include <iosfwd>

namespace duet::apps {

/// @param out    where the steps go
/// @param error  what people must know
/// @return the exit code
int loop(const LoopOptions& options, std::ostream& out, std::ostream& error);

}  // namespace duet::apps
