// SPDX-License-Identifier: MIT
// The opening handshake.
#include <duet/websocket/handshake.hpp>

#include <gtest/gtest.h>

namespace duet::websocket {
namespace {

OpeningHeaders example() {
  return {.method = "GET", .version = "13", .key = "dGhlIHNhbXBsZSBub25jZQ=="};
}

TEST(WebSocketHandshake, AnswersTheExampleOfTheRfc) {  // RFC 6455 §1.3
  EXPECT_EQ(accept(example()), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WebSocketHandshake, FindsItsTokensInListsOfAnyCase) {
  EXPECT_TRUE(wants_websocket("keep-alive, Upgrade", "WebSocket"));
  EXPECT_TRUE(wants_websocket("upgrade", "h2c,\twebsocket "));
  EXPECT_FALSE(wants_websocket("keep-alive", "websocket"));
  EXPECT_FALSE(wants_websocket("upgrade", "websockets"));
  EXPECT_FALSE(wants_websocket("", ""));
}

TEST(WebSocketHandshake, RefusesOtherMethodsVersionsAndKeys) {
  OpeningHeaders headers = example();
  headers.method = "POST";
  EXPECT_EQ(accept(headers).error(), OpeningError::BadMethod);
  headers = example();
  headers.version = "8";
  EXPECT_EQ(accept(headers).error(), OpeningError::UnsupportedVersion);
  for (const char* key :
       {"", "c2hvcnQ=", "not base64 at all!", "dGhlIHNhbXBsZSBub25jZSBpcyBsb25n"}) {
    headers = example();
    headers.key = key;
    EXPECT_EQ(accept(headers).error(), OpeningError::BadKey) << key;
  }
}

}  // namespace
}  // namespace duet::websocket
