// SPDX-License-Identifier: MIT
// `duet call`: one end of a call.
#include "call.hpp"

#include "call_session.hpp"

#include <csignal>

namespace duet::apps {

int call(const CallOptions& options) {
  // A pipe that nobody reads any more ends the writing, not the call.
  std::signal(SIGPIPE, SIG_IGN);
  CallSession session{options};
  return session.run();
}

}  // namespace duet::apps
