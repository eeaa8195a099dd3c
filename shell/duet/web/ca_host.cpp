// SPDX-License-Identifier: MIT
// Gives away the local authority's certificate, for devices to trust.
#include <duet/base/json_string.hpp>
#include <duet/web/ca_host.hpp>
#include <duet/web/sentence.hpp>

namespace duet::web {

namespace {

std::string to_json(const CaInfo& info) {
  std::string json = R"({"name":)";
  append_json_string(json, info.name);
  json += R"(,"fingerprint":)";
  append_json_string(json, info.fingerprint);
  json += R"(,"urls":[)";
  for (const std::string& url : info.urls) {
    if (json.back() != '[') json += ',';
    append_json_string(json, url);
  }
  json += "]}";
  return json;
}

}  // namespace

std::optional<http::Response> CaHost::handle(const http::Request& request) const {
  const bool wants_certificate = request.path == "/ca.crt";
  if (!wants_certificate && request.path != "/ca/info") return std::nullopt;
  if (!is_read(request.method)) return method_not_allowed();
  std::optional<CaInfo> info = info_();
  if (!info) {
    http::Response response = http::text_response(
        404,
        "This server has no certificate authority of its own. 本服务器没有自己的证书颁发机构。");
    response.set("Cache-Control", "no-store");
    return response;
  }
  http::Response response;
  response.set("Cache-Control", "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  if (wants_certificate) {
    response.set("Content-Type", "application/x-x509-ca-cert");
    response.body = std::move(info->der);
  } else {
    response.set("Content-Type", "application/json");
    response.body = to_json(*info);
  }
  return response;
}

}  // namespace duet::web
