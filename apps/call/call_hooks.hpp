// SPDX-License-Identifier: MIT
// The commands of a device's owner that run as a call goes on.
#pragma once

#include <duet/call/allowance.hpp>

#include <sys/types.h>

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace duet::apps {

class Hooks {
 public:
  /// Commands that run at a time, of calls before this one.
  static constexpr std::size_t kMost = 5;
  /// A stranger who comes and goes has so many calls at once, and then one every so often, whose
  /// commands run.
  static constexpr int kCallsAtOnce = 10;
  static constexpr Duration kEachCall = 2s;

  /// Whether the commands of a call that begins now may run: all of them, so that what was switched
  /// on is switched off, or none.
  bool may_begin(Instant now);

  /// Starts `command` by /bin/sh and does not wait for it. The facts are in its environment and
  /// nowhere else: what a stranger wrote never becomes a part of a command.
  ///
  /// @param facts  DUET_ROOM and the like; control characters in values become '?'
  void run(const std::string& command, const std::map<std::string, std::string>& facts);

  /// Takes the exit of those that have ended.
  void reap();

 private:
  std::vector<pid_t> children_;
  call::Allowance allowance_{kCallsAtOnce, kEachCall};
};

}  // namespace duet::apps
