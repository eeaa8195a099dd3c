// SPDX-License-Identifier: MIT
// Whom our client believes, asked of a server with a certificate of our local authority.
#include <duet/host/site.hpp>
#include <duet/host/system_random.hpp>
#include <duet/http/exchange.hpp>
#include <duet/http/server.hpp>
#include <duet/tls/client_context.hpp>
#include <duet/tls/context.hpp>
#include <duet/tls/tls_test_support.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace duet::apps {
namespace {

struct TrustTest : testing::Test {
  TrustTest() {
    server.set_service(site);
    server.set_tls([this] { return tls->context(); });
    site.set("/healthz", [](const auto&, const auto&) { return http::text_response(200, "well"); });
    endpoint = server.listen({*IpAddress::parse("127.0.0.1"), 0});
  }

  http::Exchange::Result ask(const tls::Trust& trust, const std::string& host = "localhost") {
    std::optional<http::Exchange::Result> answer;
    const http::Exchange exchange{
        loop,
        {.endpoint = endpoint,
         .tls = net::OutgoingStream::Tls{tls::make_client_context(trust), host},
         .authority = host},
        "GET",
        "/healthz",
        "",
        [&answer](http::Exchange::Result result) { answer = std::move(result); }};
    for (const Instant end = loop.now() + 5s; !answer && loop.now() < end;) loop.run_turn(50ms);
    EXPECT_TRUE(answer);
    return answer.value_or(http::Exchange::Result{});
  }

  using Why = net::OutgoingStream::End::Why;

  void expect_distrust(const http::Exchange::Result& result, Why why = Why::NotTrusted) {
    ASSERT_TRUE(result.end);
    EXPECT_EQ(result.end->why, why);
    EXPECT_FALSE(result.end->detail.empty());
  }

  tls::TemporaryFolder folder;
  std::unique_ptr<tls::TlsContext> tls = tls::TlsContext::from_local_authority(folder.path());
  net::EventLoop loop;
  http::Server server{loop, {}};
  host::CorsPolicy cors;
  host::ProxyTrust proxies;
  host::Site site{server, cors, proxies};
  Endpoint endpoint;
};

TEST_F(TrustTest, TheSystemDoesNotKnowOurAuthority) { expect_distrust(ask({})); }

TEST_F(TrustTest, AFileNamesTheAuthority) {
  tls::put(folder / "ca.pem", tls->authority()->to_pem());
  EXPECT_EQ(ask({.authorities = folder / "ca.pem"}).body, "well\n");
  EXPECT_EQ(ask({.authorities = folder / "ca.pem"}, "127.0.0.1").body, "well\n");
  expect_distrust(ask({.authorities = folder / "ca.pem"}, "another.example"));
}

TEST_F(TrustTest, AFileAsABrowserDownloadsItNamesTheAuthority) {
  tls::put(folder / "ca.crt", tls->authority()->to_der());
  EXPECT_EQ(ask({.authorities = folder / "ca.crt"}).body, "well\n");
  expect_distrust(ask({.authorities = folder / "ca.crt"}, "another.example"));
}

TEST_F(TrustTest, APinNamesTheAuthorityOrTheServerItself) {
  EXPECT_EQ(ask({.pin = tls->authority()->digest()}).body, "well\n");
  expect_distrust(ask({.pin = tls->authority()->digest()}, "another.example"));
  EXPECT_EQ(ask({.pin = tls->certificate().digest()}, "another.example").body, "well\n");
}

TEST_F(TrustTest, APinRefusesEverybodyElse) {
  crypto::Sha256 other = tls->authority()->digest();
  other[31] ^= std::byte{1};
  expect_distrust(ask({.pin = other}), Why::NotPinned);
}

TEST_F(TrustTest, AFileWithoutACertificateIsAMistakeThatIsNamed) {
  tls::put(folder / "empty.pem", "");
  EXPECT_THROW(tls::make_client_context({.authorities = folder / "empty.pem"}), std::runtime_error);
}

TEST(Pin, IsReadAsServePrintsIt) {
  const std::string digits(64, 'A');
  EXPECT_TRUE(tls::parse_pin(digits));
  std::string colons;
  for (int i = 0; i < 32; ++i) colons += i == 0 ? "aa" : ":AA";
  EXPECT_EQ(tls::parse_pin(colons), tls::parse_pin(digits));
  for (const auto& text : {std::string{}, digits + "A", digits.substr(1), "G" + digits.substr(1),
                           "+" + digits.substr(1)}) {
    EXPECT_FALSE(tls::parse_pin(text)) << text;
  }
}

}  // namespace
}  // namespace duet::apps
