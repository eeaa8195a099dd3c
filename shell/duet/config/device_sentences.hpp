// SPDX-License-Identifier: MIT
// What devices, files and codecs say, in the language of the command.
#pragma once

#include <duet/config/sentences.hpp>

#include <string>
#include <string_view>

namespace duet::config {

/// The folders codec, device and call are a library's, which says its troubles in English, whole
/// sentences of which some words are names and reasons of the system's. The command tells them
/// here in its own language.
/// @param sentence  as such a function gave it
/// @return the same in that language; as it is, where it is none of those that are known
std::string in_language(std::string_view sentence, Language language);

}  // namespace duet::config
