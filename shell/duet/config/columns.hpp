// SPDX-License-Identifier: MIT
// Text in columns of a terminal, where a Han character takes two.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace duet::config {

/// Columns that UTF-8 text of English or Chinese takes: characters of three bytes take two, others
/// one a byte.
std::size_t columns(std::string_view text);

/// Breaks lines at spaces, and in Chinese between any two characters but before closing
/// punctuation, so that none is wider than `width` after its indent, words of that width aside.
/// @param indent  goes before every line but the first
std::string wrapped(std::string_view text, std::string_view indent, std::size_t width);

}  // namespace duet::config
