// SPDX-License-Identifier: MIT
// A request's path, taken apart once and safely.
#pragma once

#include <duet/base/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace duet::web {

/// Why a path is not looked up.
enum class PathError : std::uint8_t {
  Malformed,  ///< no leading '/', or a '%' without two hexadecimal digits (RFC 3986 §2.1)
  Forbidden,  ///< ".", "..", a hidden name, an empty segment, or a NUL, control character, slash
              ///< or backslash in a name
};

/// "/a%20b/c" is {"a b", "c"}; "/" is {}. Each name can be given to the file system as it is: it is
/// neither empty nor does it begin with a dot, and it has been decoded exactly once.
struct RequestPath {
  std::vector<std::string> names;
  bool is_directory = false;  ///< it ended with a '/'

  static Result<RequestPath, PathError> parse(std::string_view path);

  /// Names joined by '/', without a leading or trailing one.
  std::string joined() const;

  /// The path as it goes into a Location header: encoded anew, with a leading '/' and a trailing
  /// one.
  std::string encoded_directory() const;
};

}  // namespace duet::web
