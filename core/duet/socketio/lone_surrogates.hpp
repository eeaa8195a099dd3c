// SPDX-License-Identifier: MIT
// Escapes of half a surrogate pair in JSON, such as "\ud800".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace duet::socketio {

/// JSON.stringify escapes half a surrogate pair in a string, and JSON.parse reads it back (ECMA-262
/// §25.5.2.4, §25.5.1), though it stands for no character and Boost.JSON takes it for an error. So
/// a text that has such escapes is judged by this copy, and passed on as it is.
///
/// @return `text` with \ufffd for each of them, in the same places; nothing if there is none
std::optional<std::string> replace_lone_surrogates(std::string_view text);

}  // namespace duet::socketio
