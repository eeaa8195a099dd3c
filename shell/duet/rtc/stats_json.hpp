// SPDX-License-Identifier: MIT
// Statistics as JSON, in the W3C's names.
#pragma once

#include <duet/peer/stats.hpp>

#include <string>

namespace duet::rtc {

/// One object with an entry for each id, as a browser's `Object.fromEntries(report)` gives it.
/// Times are milliseconds since 1970, durations seconds; what isn't known is left out.
std::string stats_json(const peer::StatsReport& report);

}  // namespace duet::rtc
