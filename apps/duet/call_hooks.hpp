// SPDX-License-Identifier: MIT
// The commands of a device's owner that run as a call goes on.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace duet::apps {

/// Starts `command` by /bin/sh and does not wait for it. The facts are in its environment and
/// nowhere else: what a stranger wrote never becomes a part of a command.
///
/// @param facts  DUET_ROOM and the like; control characters in values become '?'
void run_hook(const std::string& command, const std::map<std::string, std::string>& facts);

/// Takes the exit of hooks that have ended.
void reap_hooks();

}  // namespace duet::apps
