// SPDX-License-Identifier: MIT
// Clients name the server as they know it.
#include <duet/host/reach.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace duet::host {
namespace {

/// What arrives at [::]:2022, here by IPv4.
http::Request request(std::optional<std::string_view> host, bool secure = false) {
  http::Request out;
  out.local = {*IpAddress::parse("::ffff:192.0.2.7"), 2022};
  out.secure = secure;
  if (host) out.headers.emplace_back("Host", *host);
  return out;
}

std::string reach(std::optional<std::string_view> host, bool secure = false,
                  const Client& client = {}) {
  return reach_of(request(host, secure), client).to_string();
}

TEST(Reach, IsWhatTheClientSays) {
  EXPECT_EQ(reach("duet.example.org:2022"), "duet.example.org:2022");
  EXPECT_EQ(reach("localhost:2022"), "localhost:2022");
  EXPECT_EQ(reach("[2001:db8::1]:8443", true), "[2001:db8::1]:8443");
}

TEST(Reach, HasThePortThatBrowsersLeaveOut) {  // a container maps 443 to 2022
  EXPECT_EQ(reach("duet.example.org", true), "duet.example.org:443");
  EXPECT_EQ(reach("192.0.2.1"), "192.0.2.1:80");
}

TEST(Reach, BehindAProxyHasThePortOfTheListener) {
  EXPECT_EQ(reach("duet.example.org", false, {.proxied = true}), "duet.example.org:2022");
  EXPECT_EQ(reach("duet.example.org:8443", false, {.proxied = true}), "duet.example.org:2022");
}

TEST(Reach, WithoutAUsableHostIsWhereTheConnectionArrived) {
  for (const char* host : {"", "a b", "x\"]}", "user@example.org", "example.org:99999", "[::1"}) {
    EXPECT_EQ(reach(host), "192.0.2.7:2022") << host;
  }
  EXPECT_EQ(reach(std::nullopt), "192.0.2.7:2022");
  EXPECT_EQ(reach(std::string(300, 'a')), "192.0.2.7:2022");
}

TEST(Reaches, ShareWhatIsEqual) {
  Reaches reaches;
  const auto first = reaches.of(request("a:1"), {});
  EXPECT_EQ(reaches.of(request("a:1"), {}), first);
  EXPECT_NE(reaches.of(request("a:2"), {}), first);
  EXPECT_EQ(reaches.of(request("a:1"), {}), first);
}

TEST(Reaches, KeepFew) {
  Reaches reaches;
  const std::weak_ptr first = reaches.of(request("first"), {});
  EXPECT_FALSE(first.expired());
  for (int i = 0; i < 100; ++i) {
    const std::string host = "h" + std::to_string(i);
    EXPECT_EQ(reaches.of(request(host), {})->host, host);
  }
  EXPECT_TRUE(first.expired());
}

}  // namespace
}  // namespace duet::host
