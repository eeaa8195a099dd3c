// SPDX-License-Identifier: MIT
// Tests of stun: and turn: URIs.
#include <duet/stun/uri.hpp>

#include <gtest/gtest.h>

namespace duet::stun {
namespace {

TEST(StunUri, ReadsTheExamplesOfTheRfcs) {  // RFC 7064 §A.1, RFC 7065 §A.1

  const struct {
    const char* text;
    const char* whole;
  } cases[] = {
      {"stun:example.org", "stun:example.org:3478"},
      {"stuns:example.org", "stuns:example.org:5349"},
      {"stun:example.org:8000", "stun:example.org:8000"},
      {"turn:example.org", "turn:example.org:3478?transport=udp"},
      {"turns:example.org", "turns:example.org:5349?transport=tcp"},
      {"turn:example.org:8000", "turn:example.org:8000?transport=udp"},
      {"turn:example.org?transport=udp", "turn:example.org:3478?transport=udp"},
      {"turn:example.org?transport=tcp", "turn:example.org:3478?transport=tcp"},
      {"TURN:[2001:db8::1]:2022?transport=TCP", "turn:[2001:db8::1]:2022?transport=tcp"},
      {"turn:192.0.2.1:2022", "turn:192.0.2.1:2022?transport=udp"},
  };

  for (const auto& [text, whole] : cases) {
    const auto uri = Uri::parse(text);
    ASSERT_TRUE(uri) << text;
    EXPECT_EQ(uri->to_string(), whole);
    EXPECT_EQ(Uri::parse(whole), uri);
  }
}

TEST(StunUri, RefusesEverythingElse) {
  for (const char* text :
       {"", "stun", "stun:", "http:example.org", "turn:example.org:", "turn:example.org:0",
        "turn:example.org:65536", "turn:example.org:80x", "turn:user@example.org",
        "turn:example.org?transport=sctp", "turn:example.org?", "stun:example.org?transport=udp",
        "turns:example.org?transport=udp", "turn://example.org", "turn:[192.0.2.1]",
        "turn:[2001:db8::1", "turn:[]", "turn:[2001:db8::1]80", "turn:a b"}) {
    EXPECT_FALSE(Uri::parse(text)) << text;
  }
}

}  // namespace
}  // namespace duet::stun
