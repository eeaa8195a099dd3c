// SPDX-License-Identifier: MIT
// HTTP requests and responses as values.
#include <duet/base/ascii.hpp>
#include <duet/http/message.hpp>

#include <boost/beast/http/status.hpp>

#include <algorithm>

namespace duet::http {

std::string Request::list(std::string_view name) const {
  std::string all;
  for (const auto& [key, value] : headers) {
    if (!equal_ignoring_case(key, name)) continue;
    if (!all.empty()) all += ", ";
    all += value;
  }
  return all;
}

std::string_view Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (equal_ignoring_case(key, name)) return value;
  }
  return {};
}

Response text_response(int status, std::string_view sentence) {
  Response response;
  response.status = status;
  response.set("Content-Type", "text/plain; charset=utf-8");
  response.body = sentence;
  response.body += '\n';
  return response;
}

bool is_host(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    const bool is_alphanumeric =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    return is_alphanumeric || std::string_view{"-._~!$&'()*+,;=%:[]"}.find(c) != std::string::npos;
  });
}

std::string_view reason_phrase(int status) {
  const auto phrase =
      boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
  return {phrase.data(), phrase.size()};
}

}  // namespace duet::http
