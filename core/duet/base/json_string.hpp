// SPDX-License-Identifier: MIT
// Text written as a JSON string.
#pragma once

#include <string>
#include <string_view>

namespace duet {

/// Appends `text`, well-formed UTF-8, as a JSON string with its quotes (RFC 8259 §7). Quotes,
/// backslashes and control characters are escaped, everything else is written as it is.
void append_json_string(std::string& out, std::string_view text);

/// The same without the quotes, for a string that is put together from several texts.
void append_json_escaped(std::string& out, std::string_view text);

}  // namespace duet
