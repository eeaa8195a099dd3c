// SPDX-License-Identifier: MIT
// Where Duet keeps what must outlive it.
#pragma once

#include <filesystem>

namespace duet::tls {

/// $STATE_DIRECTORY (the first, should the service manager give several), else
/// $XDG_STATE_HOME/duet, else ~/.local/state/duet. Made with mode 0700 if it isn't there.
///
/// @throws Error with a sentence: no place is known, it can't be made, or anybody may
///         write to it
std::filesystem::path state_directory();

/// Makes that directory and those above it with mode 0700, and refuses one that anybody may write.
/// Throws as state_directory() does.
void prepare_state_directory(const std::filesystem::path& directory);

}  // namespace duet::tls
