// SPDX-License-Identifier: MIT
// Tests of which addresses a relay may send to.
#include <duet/turn/peer_policy.hpp>

#include <gtest/gtest.h>

namespace duet::turn {
namespace {

IpAddress ip(const char* text) { return *IpAddress::parse(text); }

constexpr const char* kForbidden[] = {"0.0.0.0",
                                      "0.1.2.3",
                                      "10.0.0.1",
                                      "100.64.0.1",
                                      "100.127.255.255",
                                      "127.0.0.1",
                                      "127.255.255.255",
                                      "169.254.169.254",
                                      "172.16.0.1",
                                      "172.31.255.255",
                                      "192.168.0.1",
                                      "224.0.0.1",
                                      "239.255.255.255",
                                      "240.0.0.1",
                                      "255.255.255.255",
                                      "::",
                                      "::1",
                                      "::7f00:1",
                                      "::ffff:127.0.0.1",
                                      "::ffff:8.8.8.8",
                                      "64:ff9b::7f00:1",
                                      "64:ff9b:1::1",
                                      "2001::1",
                                      "2002:7f00:1::1",
                                      "fe80::1",
                                      "febf::1",
                                      "fec0::1",
                                      "fc00::1",
                                      "fdff::1",
                                      "ff02::1"};

constexpr const char* kAllowed[] = {
    "8.8.8.8", "100.63.255.255",  "100.128.0.0",  "172.15.0.1", "172.32.0.1", "192.167.0.1",
    "1.0.0.0", "223.255.255.255", "2001:4860::1", "2001:1::1",  "2a00::1",    "64:ff9b:2::1"};

TEST(TurnPeerPolicy, ForbidsWhatIsNotThePublicInternet) {
  const PeerPolicy policy;
  for (const char* address : kForbidden) EXPECT_FALSE(policy.allows(ip(address))) << address;
  for (const char* address : kAllowed) EXPECT_TRUE(policy.allows(ip(address))) << address;
}

TEST(TurnPeerPolicy, LetsTheOperatorOverrideEveryRule) {
  const PeerPolicy policy{{*IpPrefix::parse("0.0.0.0/0"), *IpPrefix::parse("::/0")}};
  for (const char* address : kForbidden) EXPECT_TRUE(policy.allows(ip(address))) << address;
  const PeerPolicy narrow{{*IpPrefix::parse("10.1.0.0/16")}};
  EXPECT_TRUE(narrow.allows(ip("10.1.2.3")));
  EXPECT_FALSE(narrow.allows(ip("10.2.0.1")));
  EXPECT_FALSE(narrow.allows(ip("::ffff:10.1.2.3")));
}

TEST(TurnPeerPolicy, ForbidsThisHost) {
  PeerPolicy policy{{*IpPrefix::parse("198.51.100.7")}};
  policy.set_own_addresses({ip("198.51.100.7"), ip("198.51.100.8"), ip("2a00::1")});
  EXPECT_TRUE(policy.allows(ip("198.51.100.7")));
  EXPECT_FALSE(policy.allows(ip("198.51.100.8")));
  EXPECT_FALSE(policy.allows(ip("2a00::1")));
  policy.set_own_addresses({});  // they could not be read
  EXPECT_FALSE(policy.allows(ip("198.51.100.8")));
}

}  // namespace
}  // namespace duet::turn
