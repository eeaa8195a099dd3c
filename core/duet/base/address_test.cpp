// SPDX-License-Identifier: MIT
// Addresses: text to value and back, and what kind they are.
#include <duet/base/address.hpp>

#include <gtest/gtest.h>

#include <unordered_set>

namespace duet {
namespace {

std::string round_trip(std::string_view text) {
  const auto address = IpAddress::parse(text);
  return address ? address->to_string() : "nothing";
}

TEST(IpAddress, ReadsDottedQuads) {
  EXPECT_EQ(IpAddress::parse("192.0.2.7"), IpAddress::v4({192, 0, 2, 7}));
  EXPECT_EQ(round_trip("255.255.255.255"), "255.255.255.255");
  EXPECT_EQ(round_trip("0.0.0.0"), "0.0.0.0");
}

TEST(IpAddress, ReadsAndWritesIpv6AsRfc5952Does) {
  // RFC 4291 §2.2 and RFC 5952 §4.
  EXPECT_EQ(round_trip("2001:DB8:0:0:8:800:200C:417A"), "2001:db8::8:800:200c:417a");
  EXPECT_EQ(round_trip("FF01::101"), "ff01::101");
  EXPECT_EQ(round_trip("::1"), "::1");
  EXPECT_EQ(round_trip("::"), "::");
  EXPECT_EQ(round_trip("1::"), "1::");
  EXPECT_EQ(round_trip("2001:db8:0:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1");  // §4.2.2: not one group
  EXPECT_EQ(round_trip("2001:0:0:1:0:0:0:1"), "2001:0:0:1::1");           // §4.2.3: the longest
  EXPECT_EQ(round_trip("2001:db8:0:0:1:0:0:1"), "2001:db8::1:0:0:1");     // §4.2.3: the first
  EXPECT_EQ(round_trip("::ffff:192.0.2.1"), "::ffff:192.0.2.1");          // §5
  EXPECT_EQ(round_trip("::FFFF:C000:0201"), "::ffff:192.0.2.1");
  EXPECT_EQ(round_trip("64:ff9b::192.0.2.33"), "64:ff9b::c000:221");
  EXPECT_EQ(round_trip("1:2:3:4:5:6:1.2.3.4"), "1:2:3:4:5:6:102:304");
}

TEST(IpAddress, RefusesEverythingElse) {
  for (const std::string_view text : {"",
                                      "1.2.3",
                                      "1.2.3.4.5",
                                      "1.2.3.256",
                                      "1.2.3.",
                                      "1.2.3.4.",
                                      "01.2.3.4",
                                      "1.2.3.-4",
                                      "+1.2.3.4",
                                      " 1.2.3.4",
                                      "1.2.3.4 ",
                                      "1..3.4",
                                      "localhost",
                                      ":",
                                      ":::",
                                      "1:",
                                      ":1",
                                      "1::2::3",
                                      "1:2:3:4:5:6:7",
                                      "1:2:3:4:5:6:7:8:9",
                                      "12345::",
                                      "g::",
                                      "fe80::1%eth0",
                                      "1:2:3:4::5:6:7:8",
                                      "::1.2.3",
                                      "1.2.3.4::",
                                      "1:1.2.3.4::",
                                      "::1.2.3.4:1",
                                      "1.2.3.4:1::",
                                      "[::1]",
                                      "1:2:3:4:5:6:7:1.2.3.4",
                                      "::0x1",
                                      "0x1.2.3.4"}) {
    EXPECT_EQ(round_trip(text), "nothing") << text;
  }
}

TEST(IpAddress, KnowsItsKind) {
  const auto of = [](std::string_view text) { return IpAddress::parse(text).value(); };
  EXPECT_TRUE(of("127.8.9.1").is_loopback());
  EXPECT_TRUE(of("::1").is_loopback());
  EXPECT_TRUE(of("::ffff:127.0.0.1").is_loopback());
  EXPECT_FALSE(of("128.0.0.1").is_loopback());
  EXPECT_FALSE(of("::2").is_loopback());
  EXPECT_TRUE(of("10.255.0.1").is_private());
  EXPECT_TRUE(of("172.31.255.255").is_private());
  EXPECT_FALSE(of("172.32.0.0").is_private());
  EXPECT_FALSE(of("172.15.255.255").is_private());
  EXPECT_TRUE(of("192.168.0.1").is_private());
  EXPECT_TRUE(of("fd12::1").is_private());
  EXPECT_FALSE(of("fe00::1").is_private());
  EXPECT_TRUE(of("::ffff:10.0.0.1").is_private());
  EXPECT_TRUE(of("169.254.1.1").is_link_local());
  EXPECT_TRUE(of("febf::1").is_link_local());
  EXPECT_FALSE(of("fec0::1").is_link_local());
  EXPECT_TRUE(of("::").is_unspecified());
  EXPECT_TRUE(of("0.0.0.0").is_unspecified());
  EXPECT_FALSE(of("0.0.0.1").is_unspecified());
}

TEST(IpAddress, UnmapsOnlyMappedOnes) {
  EXPECT_EQ(IpAddress::parse("::ffff:1.2.3.4")->unmapped(), IpAddress::v4({1, 2, 3, 4}));
  EXPECT_EQ(IpAddress::parse("::1.2.3.4")->unmapped(), IpAddress::parse("::1.2.3.4"));
  EXPECT_EQ(IpAddress::parse("1.2.3.4")->unmapped(), IpAddress::v4({1, 2, 3, 4}));
}

TEST(IpAddress, OfOneIpv6NetworkIsOneSubscriber) {
  const auto subscriber = [](std::string_view text) {
    return IpAddress::parse(text)->subscriber().to_string();
  };
  EXPECT_EQ(subscriber("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
  EXPECT_EQ(subscriber("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(subscriber("::ffff:192.0.2.1"), "192.0.2.1");  // or all of IPv4 would be one
}

TEST(IpAddress, OfBothFamiliesDiffer) {
  const std::unordered_set<IpAddress> all{IpAddress::v4({1, 2, 3, 4}), IpAddress::v6({1, 2, 3, 4}),
                                          IpAddress::v4({1, 2, 3, 4})};
  EXPECT_EQ(all.size(), 2U);
}

TEST(IpPrefix, ContainsItsBlock) {
  const auto contains = [](std::string_view block, std::string_view address) {
    return IpPrefix::parse(block)->contains(*IpAddress::parse(address));
  };
  EXPECT_TRUE(contains("10.0.0.0/8", "10.1.2.3"));
  EXPECT_FALSE(contains("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(contains("192.0.2.128/25", "192.0.2.200"));
  EXPECT_FALSE(contains("192.0.2.128/25", "192.0.2.127"));
  EXPECT_TRUE(contains("0.0.0.0/0", "255.0.0.1"));
  EXPECT_FALSE(contains("0.0.0.0/0", "::1"));
  EXPECT_TRUE(contains("192.0.2.1", "192.0.2.1"));
  EXPECT_FALSE(contains("192.0.2.1", "192.0.2.0"));
  EXPECT_TRUE(contains("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(contains("2001:db8::/33", "2001:db8:8000::1"));
  EXPECT_TRUE(contains("::1/128", "::1"));
}

TEST(IpPrefix, RefusesWhatIsNoBlock) {
  for (const std::string_view text :
       {"", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/8/8", "x/8"}) {
    EXPECT_FALSE(IpPrefix::parse(text)) << text;
  }
}

TEST(Endpoint, PutsIpv6InBrackets) {
  EXPECT_EQ((Endpoint{IpAddress::v4({192, 0, 2, 1}), 443}).to_string(), "192.0.2.1:443");
  EXPECT_EQ((Endpoint{*IpAddress::parse("2001:db8::1"), 0}).to_string(), "[2001:db8::1]:0");
}

}  // namespace
}  // namespace duet
