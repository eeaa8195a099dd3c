// SPDX-License-Identifier: MIT
// Tests of what is told about the local authority.
#include <duet/web/ca_host.hpp>
#include <duet/web/web_test_support.hpp>

#include <gtest/gtest.h>

namespace duet::web {
namespace {

const CaHost kHost{[] {
  return CaInfo{.name = "Duet \"x\"",
                .fingerprint = "AA:BB",
                .der = std::string{"\x30\x00\x01", 3},
                .urls = {"https://10.0.0.1:2022/", "https://box.local:2022/"}};
}};
const CaHost kNone{[] { return std::nullopt; }};

TEST(CaHost, GivesTheCertificate) {
  const auto response = kHost.handle(get("/ca.crt"));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(header(*response, "Content-Type"), "application/x-x509-ca-cert");
  EXPECT_EQ(response->content(), std::string_view("\x30\x00\x01", 3));
}

TEST(CaHost, TellsItsFingerprint) {
  const auto response = kHost.handle(get("/ca/info"));
  ASSERT_TRUE(response);
  EXPECT_EQ(header(*response, "Content-Type"), "application/json");
  EXPECT_EQ(response->content(), R"({"name":"Duet \"x\"","fingerprint":"AA:BB",)"
                                 R"("urls":["https://10.0.0.1:2022/","https://box.local:2022/"]})");
}

TEST(CaHost, HasNothingWithoutALocalAuthority) {
  EXPECT_EQ(kNone.handle(get("/ca.crt"))->status, 404);
  EXPECT_EQ(kNone.handle(get("/ca/info"))->status, 404);
}

TEST(CaHost, LeavesOtherPathsAlone) {
  EXPECT_FALSE(kHost.handle(get("/ca")));
  EXPECT_FALSE(kHost.handle(get("/ca/")));
  EXPECT_FALSE(kHost.handle(get("/")));
}

TEST(CaHost, CanOnlyBeRead) {
  EXPECT_EQ(kHost.handle(request("POST", "/ca.crt"))->status, 405);
  EXPECT_EQ(kHost.handle(request("HEAD", "/ca/info"))->status, 200);
}

}  // namespace
}  // namespace duet::web
