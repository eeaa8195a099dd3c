// SPDX-License-Identifier: MIT
// A sentence and its fields as text, in each of the formats. Private to this folder.
#pragma once

#include <duet/base/hash.hpp>
#include <duet/log/log.hpp>

#include <initializer_list>
#include <string>
#include <string_view>

namespace duet::log {

/// How fields are written, and the key of this process's hashes.
struct LineStyle {
  Format format = Format::Text;  ///< not Auto
  Privacy privacy = Privacy::Redacted;
  KeyedHash hash{0, 0};
};

/// Text: `sentence  key=value key=value`. Logfmt: `msg="sentence" key=value`. Json:
/// `"msg":"sentence","key":"value"` without braces. At most 4,000 bytes, cut between fields.
std::string format_line(const LineStyle& style, Level level, std::string_view sentence,
                        std::initializer_list<Field> fields);

}  // namespace duet::log
