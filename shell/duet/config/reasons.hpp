// SPDX-License-Identifier: MIT
// Why the system did not do something, in the language of who is told.
#pragma once

#include <duet/config/sentences.hpp>

#include <string>
#include <string_view>
#include <system_error>

namespace duet::config {

/// Part of a sentence: "Permission denied". Rare ones are English in Chinese too.
std::string told(std::errc reason, Language language);

/// The same of what has been put into the system's words already.
std::string_view in_chinese(std::string_view english);

}  // namespace duet::config
