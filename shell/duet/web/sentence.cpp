// SPDX-License-Identifier: MIT
// The short answers that all hosts of this folder share, in words for who meets them.
#include <duet/web/sentence.hpp>

#include <string>

namespace duet::web {

http::Response not_found() {
  http::Response response =
      http::text_response(404, "There is nothing at this address. 这个地址没有内容。");
  response.set("Cache-Control", "no-store");
  return response;
}

http::Response malformed_path() {
  http::Response response = http::text_response(
      400, "This address is written wrongly: a % needs two digits after it. 地址书写有误。");
  response.set("Cache-Control", "no-store");
  return response;
}

http::Response method_not_allowed() {
  http::Response response =
      http::text_response(405, "This address can only be read. 这个地址只能读取。");
  response.set("Allow", "GET, HEAD");
  return response;
}

http::Response to_directory(const RequestPath& path, std::string_view query) {
  std::string location = path.encoded_directory();
  if (!query.empty()) location.append("?").append(query);
  http::Response response = http::text_response(308, "See " + location + "");
  response.set("Location", location);
  response.set("Cache-Control", "no-cache");
  return response;
}

}  // namespace duet::web
