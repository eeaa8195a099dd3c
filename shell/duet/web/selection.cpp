// SPDX-License-Identifier: MIT
// What of a representation a request asks for: all, a part, or nothing since it is known.
#include <duet/base/ascii.hpp>
#include <duet/web/http_date.hpp>
#include <duet/web/selection.hpp>

#include <algorithm>
#include <charconv>

namespace duet::web {

namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The part before `separator`, trimmed; `text` goes on behind it.
std::string_view next(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view part = trim(text.substr(0, end));
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return part;
}

// RFC 9110 §12.4.2, in thousandths; what is malformed counts as not acceptable.
int weight(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string_view parameter = next(parameters, ';');
    if (parameter.size() < 2 || (parameter[0] | 0x20) != 'q' || parameter[1] != '=') continue;
    const std::string_view value = parameter.substr(2);
    if (value.empty() || value.size() > 5 || (value[0] != '0' && value[0] != '1')) return 0;
    if (value.size() > 1 && value[1] != '.') return 0;
    int thousandths = (value[0] - '0') * 1000;
    int place = 100;
    for (const char c : value.substr(std::min<std::size_t>(2, value.size()))) {
      if (c < '0' || c > '9') return 0;
      thousandths += (c - '0') * place;
      place /= 10;
    }
    return std::min(thousandths, 1000);
  }
  return 1000;
}

// RFC 9110 §8.8.3.2, weak comparison, as If-None-Match wants it. An entity tag may hold a comma, so
// the list is walked by its quotes.
bool lists(std::string_view list, std::string_view etag) {
  if (trim(list) == "*") return true;
  while (true) {
    const std::size_t open = list.find('"');
    if (open == std::string_view::npos) return false;
    const std::size_t close = list.find('"', open + 1);
    if (close == std::string_view::npos) return false;
    if (list.substr(open, close - open + 1) == etag) return true;
    list.remove_prefix(close + 1);
  }
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range && end == text.data() + text.size()) {
    return UINT64_MAX;
  }
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_not_modified(const http::Request& request, const Validators& validators) {
  if (const std::string known = request.list("If-None-Match"); !known.empty()) {
    return lists(known, validators.etag);
  }
  if (!validators.last_modified) return false;
  const auto since = parse_http_date(request.header("If-Modified-Since"));
  return since && *validators.last_modified <= *since;
}

// RFC 9110 §13.1.5: a strong tag, or exactly the date that was told; otherwise the whole is sent.
bool range_applies(const http::Request& request, const Validators& validators) {
  const std::string_view condition = request.header("If-Range");
  if (condition.empty() || condition == validators.etag) return true;
  const auto date = parse_http_date(condition);
  return date && validators.last_modified && *date == *validators.last_modified;
}

// RFC 9110 §14.1.1 and §14.1.2.
Selection part(std::string_view range, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (range.size() < kUnit.size() || !equal_ignoring_case(range.substr(0, kUnit.size()), kUnit)) {
    return {};
  }
  range = trim(range.substr(kUnit.size()));
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos || range.find(',') != std::string_view::npos) return {};
  const std::string_view from = range.substr(0, dash);
  const std::string_view to = range.substr(dash + 1);
  const auto first = number(from);
  const auto last = number(to);
  if ((!from.empty() && !first) || (!to.empty() && !last) || (from.empty() && to.empty()))
    return {};
  constexpr Selection kUnsatisfiable{.kind = Selection::Kind::Unsatisfiable};
  if (from.empty()) {  // the last N bytes
    if (*last == 0 || size == 0) return kUnsatisfiable;
    const std::uint64_t length = std::min(*last, size);
    return {.kind = Selection::Kind::Part, .first = size - length, .size = length};
  }
  if (last && *last < *first) return {};
  if (*first >= size) return kUnsatisfiable;
  const std::uint64_t end = last ? std::min(*last, size - 1) : size - 1;
  return {.kind = Selection::Kind::Part, .first = *first, .size = end - *first + 1};
}

}  // namespace

bool prefers_gzip(std::string_view accept_encoding) {
  std::optional<int> gzip;
  std::optional<int> identity;
  std::optional<int> any;
  while (!accept_encoding.empty()) {
    std::string_view item = next(accept_encoding, ',');
    const std::string_view coding = next(item, ';');
    const int q = weight(item);
    if (equal_ignoring_case(coding, "gzip") || equal_ignoring_case(coding, "x-gzip")) {
      gzip = q;
    } else if (equal_ignoring_case(coding, "identity")) {
      identity = q;
    } else if (coding == "*") {
      any = q;
    }
  }
  // Identity is acceptable unless it is ruled out; unnamed, it comes after whatever is named.
  const int gzip_weight = gzip.value_or(any.value_or(0));
  return gzip_weight > 0 && gzip_weight >= identity.value_or(0);
}

Selection select(const http::Request& request, const Validators& validators) {
  if (is_not_modified(request, validators)) return {.kind = Selection::Kind::NotModified};
  const std::string_view range = request.header("Range");
  if (range.empty() || request.method != "GET" || !range_applies(request, validators)) return {};
  return part(range, validators.size);
}

http::Response begin_response(const Selection& selection, const Validators& validators) {
  http::Response response;
  response.set("ETag", validators.etag);
  if (validators.last_modified) {
    response.set("Last-Modified", http_date(*validators.last_modified));
  }
  response.set("Accept-Ranges", "bytes");
  const std::string total = std::to_string(validators.size);
  switch (selection.kind) {
    case Selection::Kind::Whole:
      break;
    case Selection::Kind::Part:
      response.status = 206;
      response.set("Content-Range", "bytes " + std::to_string(selection.first) + "-" +
                                        std::to_string(selection.first + selection.size - 1) + "/" +
                                        total);
      break;
    case Selection::Kind::NotModified:
      response.status = 304;
      break;
    case Selection::Kind::Unsatisfiable:
      response.status = 416;
      response.set("Content-Range", "bytes */" + total);
      break;
  }
  return response;
}

}  // namespace duet::web
