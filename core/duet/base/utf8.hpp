// SPDX-License-Identifier: MIT
// UTF-8: is it valid, and how long is it in UTF-16.
#pragma once

#include <cstddef>
#include <string_view>

namespace duet {

/// Whether `text` is well-formed (Unicode 15 §3.9, table 3-7): no overlong forms, no surrogates,
/// nothing above U+10FFFF.
bool is_utf8(std::string_view text);

/// Code units that well-formed `text` takes in UTF-16, which is how JavaScript counts.
std::size_t utf16_length(std::string_view text);

/// Bytes that the first `units` UTF-16 code units of well-formed `text` take, or npos if there are
/// fewer, or if the cut would split a surrogate pair.
std::size_t utf16_prefix(std::string_view text, std::size_t units);

}  // namespace duet
