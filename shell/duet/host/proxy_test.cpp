// SPDX-License-Identifier: MIT
// Whose word about the client is believed.
#include <duet/host/proxy.hpp>

#include <gtest/gtest.h>

namespace duet::host {
namespace {

const ProxyTrust kTrust{{*IpPrefix::parse("10.0.0.0/8"), *IpPrefix::parse("127.0.0.1")}};

http::Request through(std::string_view peer, std::string_view forwarded_for,
                      std::string_view scheme = {}) {
  http::Request request;
  request.peer.address = *IpAddress::parse(peer);
  request.local.address = *IpAddress::parse("127.0.0.1");
  if (!forwarded_for.empty()) request.headers.emplace_back("X-Forwarded-For", forwarded_for);
  if (!scheme.empty()) request.headers.emplace_back("X-Forwarded-Proto", scheme);
  return request;
}

std::string address_of(const http::Request& request) {
  return kTrust.client_of(request).address.to_string();
}

TEST(ProxyTrust, ReadsEveryHeaderThatTheProxiesAdded) {
  http::Request request = through("10.0.0.1", "198.51.100.66");  // the client's own invention
  request.headers.emplace_back("x-forwarded-for", "203.0.113.7, 10.0.0.3");
  request.headers.emplace_back("X-Forwarded-For", "10.0.0.2");
  EXPECT_EQ(address_of(request), "203.0.113.7");
}

TEST(ProxyTrust, TakesTheLastAddressThatNoTrustedProxyVouchedFor) {
  EXPECT_EQ(address_of(through("10.0.0.1", "203.0.113.7")), "203.0.113.7");
  EXPECT_EQ(address_of(through("10.0.0.1", "198.51.100.1, 203.0.113.7")), "203.0.113.7")
      << "what the client wrote itself is not believed";
  EXPECT_EQ(address_of(through("10.0.0.1", "203.0.113.7, 10.0.0.2")), "203.0.113.7");
  EXPECT_EQ(address_of(through("10.0.0.1", "2001:db8::7")), "2001:db8::7");
  EXPECT_EQ(address_of(through("10.0.0.1", "nonsense")), "10.0.0.1");
  EXPECT_EQ(address_of(through("10.0.0.1", "")), "10.0.0.1");
}

TEST(ProxyTrust, BelievesNobodyElse) {
  EXPECT_EQ(address_of(through("203.0.113.9", "10.1.1.1", "https")), "203.0.113.9");
  EXPECT_FALSE(kTrust.client_of(through("203.0.113.9", "10.1.1.1", "https")).secure);
  EXPECT_FALSE(kTrust.client_of(through("203.0.113.9", "10.1.1.1")).proxied);
}

TEST(ProxyTrust, TakesTheSchemeFromTheProxy) {
  EXPECT_TRUE(kTrust.client_of(through("10.0.0.1", "203.0.113.7", "HTTPS")).secure);
  EXPECT_FALSE(kTrust.client_of(through("10.0.0.1", "203.0.113.7", "http")).secure);
  EXPECT_TRUE(kTrust.client_of(through("10.0.0.1", "", "https")).secure);
  EXPECT_FALSE(kTrust.client_of(through("10.0.0.1", "203.0.113.7")).secure);
}

TEST(ProxyTrust, TakesTheSchemeThatTheOutermostTrustedProxySaw) {
  const auto is_secure = [](std::string_view addresses, std::string_view schemes) {
    return kTrust.client_of(through("10.0.0.1", addresses, schemes)).secure;
  };
  EXPECT_TRUE(is_secure("203.0.113.7, 10.0.0.2", "https, http")) << "TLS ended at 10.0.0.2";
  EXPECT_FALSE(is_secure("203.0.113.7, 10.0.0.2", "http, https"));
  EXPECT_TRUE(is_secure("203.0.113.7, 10.0.0.2", "https")) << "the inner proxy passed it on";
  EXPECT_FALSE(is_secure("203.0.113.7", "https, http")) << "what the client wrote itself";
}

TEST(ProxyTrust, TakesAddressesWithAPort) {
  EXPECT_EQ(address_of(through("10.0.0.1", "203.0.113.7:4711")), "203.0.113.7");
  EXPECT_EQ(address_of(through("10.0.0.1", "[2001:db8::7]:4711")), "2001:db8::7");
  EXPECT_EQ(address_of(through("10.0.0.1", "[2001:db8::7]")), "2001:db8::7");
  for (const char* nonsense : {"[", "[]", "]", ":", "203.0.113.7:1:2"}) {
    EXPECT_EQ(address_of(through("10.0.0.1", nonsense)), "10.0.0.1") << nonsense;
  }
}

TEST(ProxyTrust, ReadsForwardedWhereNothingElseIsSaid) {  // RFC 7239
  const auto by_standard = [](std::string_view value, std::string_view forwarded_for = {}) {
    http::Request request = through("10.0.0.1", forwarded_for);
    request.headers.emplace_back("Forwarded", value);
    return request;
  };
  const auto address = [&](std::string_view value) { return address_of(by_standard(value)); };
  const auto is_secure = [&](std::string_view value) {
    return kTrust.client_of(by_standard(value)).secure;
  };
  EXPECT_EQ(address("for=203.0.113.7"), "203.0.113.7");
  EXPECT_EQ(address("proto=https; For=\"[2001:db8::7]:4711\";by=x"), "2001:db8::7");
  EXPECT_EQ(address("for=198.51.100.1, for=203.0.113.7;proto=http,for=10.0.0.2"), "203.0.113.7");
  for (const char* nobody :
       {"for=unknown", "for=_secret", "for=", "for", ";", ",", "proto=https"}) {
    EXPECT_EQ(address(nobody), "10.0.0.1") << nobody;
  }
  EXPECT_TRUE(is_secure("for=203.0.113.7;proto=https"));
  EXPECT_TRUE(is_secure("for=203.0.113.7;proto=https, for=10.0.0.2;proto=http"));
  EXPECT_FALSE(is_secure("for=203.0.113.7;proto=https, for=203.0.113.8"));
  EXPECT_EQ(address_of(by_standard("for=198.51.100.1", "203.0.113.7")), "203.0.113.7")
      << "what most proxies add counts, the other may be the client's own invention";
}

TEST(ProxyTrust, KnowsWhenItIsNotToldWhoItIs) {
  const auto is_shared = [](const http::Request& request) {
    return kTrust.client_of(request).shared;
  };
  EXPECT_TRUE(is_shared(through("10.0.0.1", "")));
  EXPECT_TRUE(is_shared(through("10.0.0.1", "unknown")));
  EXPECT_TRUE(is_shared(through("10.0.0.1", "unknown, 10.0.0.2")));
  EXPECT_FALSE(is_shared(through("10.0.0.1", "203.0.113.7")));
  EXPECT_FALSE(is_shared(through("10.0.0.1", "10.0.0.7"))) << "a client in the proxies' network";
  EXPECT_FALSE(is_shared(through("203.0.113.9", ""))) << "no proxy";
}

TEST(ProxyTrust, CallsNobodyLocalWhoCameThroughAProxy) {
  EXPECT_TRUE(kTrust.client_of(through("127.0.0.1", "")).loopback);
  EXPECT_FALSE(kTrust.client_of(through("127.0.0.1", "203.0.113.7")).loopback);
  EXPECT_FALSE(kTrust.client_of(through("10.0.0.1", "")).loopback);
  const ProxyTrust none;
  EXPECT_TRUE(none.client_of(through("127.0.0.1", "")).loopback);
  EXPECT_FALSE(none.client_of(through("127.0.0.1", "203.0.113.7")).loopback)
      << "a proxy that nobody told us of";
}

}  // namespace
}  // namespace duet::host
