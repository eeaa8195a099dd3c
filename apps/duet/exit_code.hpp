// SPDX-License-Identifier: MIT
// What `duet` tells its caller when it ends. docs/exit-codes.md explains them to users.
#pragma once

namespace duet::apps {

enum class ExitCode : int {
  Finished = 0,        ///< as asked
  InternalError = 1,   ///< a fault of Duet's
  Usage = 2,           ///< a flag, variable, file or certificate that can't be used as given
  Unreachable = 3,     ///< no server there, or none that is trusted
  RoomFull = 4,        ///< two people are there already
  NotAdmitted = 5,     ///< the server refused otherwise
  Device = 6,          ///< a device or file can't be opened, or the recording can't be written
  NoPath = 7,          ///< the two ends of a call found no way to each other
  ConnectionLost = 8,  ///< and it was not regained
  Expectation = 9,     ///< --expect was missed
  NobodyCame = 10,     ///< within --wait, or nobody who stayed until the call connected
  PinMismatch = 11,    ///< the server shows another certificate than --pin says
  HungUp = 129,        ///< SIGHUP before anything was up
  Interrupted = 130,   ///< SIGINT before anything was up
  Terminated = 143,    ///< SIGTERM before anything was up
};

constexpr int to_int(ExitCode code) { return static_cast<int>(code); }

}  // namespace duet::apps
