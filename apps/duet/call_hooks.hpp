// SPDX-License-Identifier: MIT
// The commands of a device's owner that run as a call goes on.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace duet::apps {

class Hooks {
 public:
  /// Commands that run at a time: a stranger who comes and goes starts no more.
  static constexpr std::size_t kMost = 8;

  /// Starts `command` by /bin/sh and does not wait for it. The facts are in its environment and
  /// nowhere else: what a stranger wrote never becomes a part of a command.
  ///
  /// @param facts  DUET_ROOM and the like; control characters in values become '?'
  void run(const std::string& command, const std::map<std::string, std::string>& facts);

  /// Takes the exit of those that have ended.
  void reap();

 private:
  std::vector<pid_t> children_;
};

}  // namespace duet::apps
