// SPDX-License-Identifier: MIT
// `duet serve`: the page, signaling and HTTPS on one port.
#pragma once

#include "serve_options.hpp"

namespace duet::apps {

/// Runs until SIGINT or SIGTERM, and drains. @return the exit code
int serve(const ServeOptions& options);

}  // namespace duet::apps
