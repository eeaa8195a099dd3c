// SPDX-License-Identifier: MIT
// `duet call`: one end of a call, without a browser.
#pragma once

#include "call_options.hpp"

#include <iosfwd>

namespace duet::apps {

/// @param out    events for programs
/// @param error  what people read
/// @return the exit code
int call(const CallOptions& options, std::ostream& out, std::ostream& error);

}  // namespace duet::apps
