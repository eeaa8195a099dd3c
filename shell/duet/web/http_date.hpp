// SPDX-License-Identifier: MIT
// Dates as HTTP writes them.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace duet::web {

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 §5.6.7, IMF-fixdate), whatever the locale.
std::string http_date(std::chrono::sys_seconds time);

/// The time that an IMF-fixdate names. Nothing for anything else: the two obsolete forms, too,
/// since a validator that isn't understood only costs a transfer.
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text);

}  // namespace duet::web
