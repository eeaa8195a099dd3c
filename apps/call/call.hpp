// SPDX-License-Identifier: MIT
// `duet call`: one end of a call, without a browser.
#pragma once

#include "call_options.hpp"

namespace duet::apps {

/// Events for programs go to stdout, what people read to stderr.
/// @return the exit code
int call(const CallOptions& options);

}  // namespace duet::apps
