// SPDX-License-Identifier: MIT
// HTTP requests and responses as values.
#include <duet/net/http.hpp>

#include <boost/beast/http/status.hpp>

#include <algorithm>

namespace duet::net {
namespace {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view HttpRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (equal_ignoring_case(key, name)) return value;
  }
  return {};
}

HttpResponse text_response(int status, std::string_view sentence) {
  HttpResponse response;
  response.status = status;
  response.set("Content-Type", "text/plain; charset=utf-8");
  response.body = sentence;
  response.body += '\n';
  return response;
}

std::string_view reason_phrase(int status) {
  const auto phrase =
      boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
  return {phrase.data(), phrase.size()};
}

}  // namespace duet::net
