// SPDX-License-Identifier: MIT
// The opening handshake, server side (RFC 6455 §4.2).
#include <duet/base/ascii.hpp>
#include <duet/base/base64.hpp>
#include <duet/base/bytes.hpp>
#include <duet/websocket/handshake.hpp>

#include <openssl/sha.h>

#include <algorithm>
#include <array>

namespace duet::websocket {
namespace {

// RFC 6455 §1.3.
constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Whether a comma-separated list has `token` in it (RFC 9110 §5.6.1).
bool has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view item = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    while (!item.empty() && (item.front() == ' ' || item.front() == '\t')) item.remove_prefix(1);
    while (!item.empty() && (item.back() == ' ' || item.back() == '\t')) item.remove_suffix(1);
    if (equal_ignoring_case(item, token)) return true;
  }
  return false;
}

}  // namespace

bool wants_websocket(std::string_view connection, std::string_view upgrade) {
  return has_token(connection, "upgrade") && has_token(upgrade, "websocket");
}

Result<std::string, OpeningError> accept(const OpeningHeaders& headers) {
  if (headers.method != "GET") return fail(OpeningError::BadMethod);
  if (headers.version != "13") return fail(OpeningError::UnsupportedVersion);
  const auto key = base64_decode(headers.key);
  if (!key || key->size() != 16) return fail(OpeningError::BadKey);
  std::string text{headers.key};
  text += kGuid;
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::string out;
  base64_append(out, std::as_bytes(std::span{digest}));
  return out;
}

}  // namespace duet::websocket
