// SPDX-License-Identifier: MIT
// What a request's first line asks for.
#include <duet/base/ascii.hpp>
#include <duet/http/request_target.hpp>

#include <algorithm>

namespace duet::http {

std::optional<RequestTarget> RequestTarget::parse(std::string_view method, std::string_view text) {
  if (text.starts_with('/') || (text == "*" && method == "OPTIONS")) {
    return RequestTarget{.origin_form = std::string{text}, .authority = {}};
  }
  constexpr std::string_view kSeparator = "://";
  const std::size_t separator = text.find(kSeparator);
  if (separator == std::string_view::npos) return std::nullopt;
  const std::string_view scheme = text.substr(0, separator);
  if (!equal_ignoring_case(scheme, "http") && !equal_ignoring_case(scheme, "https")) {
    return std::nullopt;
  }
  text.remove_prefix(separator + kSeparator.size());
  const std::size_t end = std::min(text.find_first_of("/?"), text.size());
  if (end == 0) return std::nullopt;  // RFC 9110 §4.2.1: "http:///path" is to be refused
  RequestTarget target{.origin_form = std::string{text.substr(end)},
                       .authority = text.substr(0, end)};
  if (!target.origin_form.starts_with('/')) target.origin_form.insert(0, "/");
  return target;
}

}  // namespace duet::http
