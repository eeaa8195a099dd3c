// SPDX-License-Identifier: MIT
// Strangers' text on a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace duet::apps {

/// As much of `line` as `columns` of a terminal hold.
std::string cut(std::string_view line, std::size_t columns);

/// `line` on as many lines as it takes: broken where two spaces are, cut where there are none.
std::vector<std::string> folded(std::string_view line, std::size_t columns);

/// What a stranger wrote must not command the terminal: control characters become '?'.
std::string harmless(std::string_view text);

}  // namespace duet::apps
