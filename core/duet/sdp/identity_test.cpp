// SPDX-License-Identifier: MIT
// Lines that tell descriptions apart.
#include <duet/sdp/identity.hpp>

#include <gtest/gtest.h>

namespace duet::sdp {
namespace {

constexpr std::string_view kText =
    "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\na=fingerprint:sha-256 0A:1B\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=ice-ufrag:F7gI\r\na=fingerprint:sha-256 0A:1B\r\n";

TEST(Identity, IsReadFromTheLinesThatHaveIt) {
  EXPECT_EQ(origin_of(kText), "4611731400430051336 2");
  EXPECT_EQ(session_id_of(kText), "4611731400430051336");
  EXPECT_EQ(ice_ufrag_of(kText), "F7gI");
  EXPECT_EQ(fingerprint_of(kText), "sha-256 0A:1B");
}

TEST(Identity, HasNoFingerprintWhereThereAreSeveral) {
  EXPECT_EQ(fingerprint_of("a=fingerprint:sha-256 0A:1B\r\na=fingerprint:sha-256 0A:1C\r\n"), "");
}

TEST(Identity, IsEmptyWhereItIsMissing) {
  for (const std::string_view text : {"", "o=", "o=-", "o=- 5", "v=0\na=ice-pwd:x\n", "\n\n"}) {
    EXPECT_EQ(origin_of(text), "") << text;
    EXPECT_EQ(session_id_of(text), "") << text;
    EXPECT_EQ(ice_ufrag_of(text), "") << text;
    EXPECT_EQ(fingerprint_of(text), "") << text;
  }
  EXPECT_EQ(origin_of("o=- 5 6"), "5 6");  // cut off
}

}  // namespace
}  // namespace duet::sdp
