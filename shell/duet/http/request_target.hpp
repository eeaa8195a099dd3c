// SPDX-License-Identifier: MIT
// What a request's first line asks for.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace duet::http {

/// RFC 9112 §3.2: the target of a request, in the form that a server of its own wants.
struct RequestTarget {
  std::string origin_form;     ///< "/r/x?y=1", or "*"
  std::string_view authority;  ///< of the absolute form, where it stands for the Host header

  /// Nothing for what is no path here: the authority form (of CONNECT), an absolute form that is
  /// not http's or names nobody, anything else without a slash at its front.
  /// @param text  the authority points into it
  static std::optional<RequestTarget> parse(std::string_view method, std::string_view text);
};

}  // namespace duet::http
