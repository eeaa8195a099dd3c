// SPDX-License-Identifier: MIT
// duet-call: the program beside `duet` that has cameras, codecs and windows.
#pragma once

#include <duet/config/sentences.hpp>

#include <array>
#include <filesystem>

namespace duet::apps {

/// Where duet-call may be, the likeliest first: beside `duet`, as a build leaves it, or in libexec,
/// as it is installed.
/// @param duet  this program's own file
std::array<std::filesystem::path, 2> places_of_calling_program(const std::filesystem::path& duet);

/// Replaces this process by duet-call with the words that this one was started with. Its two
/// hundred shared libraries are why it is another program: a server that loads them takes 40 MB
/// more.
/// @return the exit code, after a sentence on stderr; only if there is no duet-call
int become_calling_program(char** argv, config::Language language);

}  // namespace duet::apps
