// SPDX-License-Identifier: MIT
// `duet turn`: the relay alone, as a further node.
#pragma once

#include "turn_options.hpp"

namespace duet::apps {

/// Runs until a signal; returns the exit code.
int turn(const TurnOptions& options);

}  // namespace duet::apps
