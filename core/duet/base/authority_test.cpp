// SPDX-License-Identifier: MIT
// Hosts and ports, as strangers write them.
#include <duet/base/authority.hpp>

#include <gtest/gtest.h>

namespace duet {
namespace {

TEST(Authority, ReadsNamesAndAddresses) {
  const struct {
    const char* text;
    const char* whole;
  } cases[] = {
      {"duet.example.org", "duet.example.org:443"},
      {"duet.example.org:2022", "duet.example.org:2022"},
      {"My_Host.local.:1", "My_Host.local.:1"},
      {"192.0.2.1", "192.0.2.1:443"},
      {"[2001:db8::1]", "[2001:db8::1]:443"},
      {"[2001:db8::1]:65535", "[2001:db8::1]:65535"},
  };

  for (const auto& [text, whole] : cases) {
    const auto authority = Authority::parse(text, 443);
    ASSERT_TRUE(authority) << text;
    EXPECT_EQ(authority->to_string(), whole);
    EXPECT_EQ(Authority::parse(whole, 1), authority);
  }
  EXPECT_TRUE(Authority::parse(std::string(255, 'a'), 1));
}

TEST(Authority, RefusesEverythingElse) {
  for (const char* text : {"",
                           ":80",
                           "a:",
                           "a:0",
                           "a:65536",
                           "a:-1",
                           "a: 1",
                           "a:8o",
                           "a b",
                           "a/b",
                           "user@a",
                           "a\"b",
                           "a\r\nb",
                           "caf\xC3\xA9",
                           "a,b",
                           "2001:db8::1",
                           "[2001:db8::1",
                           "[2001:db8::1]80",
                           "[fe80::1%25eth0]",
                           "[192.0.2.1]",
                           "[]",
                           "*"}) {
    EXPECT_FALSE(Authority::parse(text, 443)) << text;
  }
  EXPECT_FALSE(Authority::parse(std::string(256, 'a'), 1));
}

}  // namespace
}  // namespace duet
