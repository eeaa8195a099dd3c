// SPDX-License-Identifier: MIT
// What of a representation a request asks for: all, a part, or nothing since it is known.
#pragma once

#include <duet/http/message.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace duet::web {

/// Whether gzip is welcome at least as much as no coding (RFC 9110 §12.5.3).
bool prefers_gzip(std::string_view accept_encoding);

/// What stands behind a URL at the moment.
struct Validators {
  std::string etag;  ///< strong, with its quotes (RFC 9110 §8.8.3)
  std::optional<std::chrono::sys_seconds> last_modified;
  std::uint64_t size = 0;  ///< bytes
};

struct Selection {
  enum class Kind : std::uint8_t { Whole, Part, NotModified, Unsatisfiable };

  Kind kind = Kind::Whole;
  std::uint64_t first = 0;  ///< byte, for Part
  std::uint64_t size = 0;   ///< bytes, for Part at least 1
};

/// Weighs If-None-Match, If-Modified-Since, Range and If-Range in the order of RFC 9110 §13.2.2.
/// One range is honoured; of several, and of what is no byte range, the whole is sent, as §14.2
/// allows.
Selection select(const http::Request& request, const Validators& validators);

/// Status 200, 206, 304 or 416 with ETag, Last-Modified, Accept-Ranges and Content-Range; without
/// content and without its other headers.
http::Response begin_response(const Selection& selection, const Validators& validators);

}  // namespace duet::web
