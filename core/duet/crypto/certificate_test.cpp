// SPDX-License-Identifier: MIT
// Tests of certificates: what is read from them, and what OpenSSL's own verifier makes of them.
#include <duet/crypto/certificate.hpp>
#include <duet/crypto/crypto_test_support.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>

namespace duet::crypto {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

const SubjectNames kGood{.dns = {"box.lan", "dev"}, .addresses = {IpAddress::v4({10, 1, 2, 3})}};

TEST(HostName, IsLettersDigitsAndHyphens) {  // RFC 1123 §2.1
  for (const std::string_view name : {"a", "localhost", "Box-2.local", "3com.lan"}) {
    EXPECT_TRUE(is_host_name(name)) << name;
  }
  const std::string long_label(64, 'a');
  for (const std::string_view name :
       {std::string_view{""}, std::string_view{"."}, std::string_view{"a."}, std::string_view{".a"},
        std::string_view{"a..b"}, std::string_view{"-a"}, std::string_view{"a-"},
        std::string_view{"a_b"}, std::string_view{"*.lan"}, std::string_view{"a b"},
        std::string_view{"a\0b", 3}, std::string_view{long_label}}) {
    EXPECT_FALSE(is_host_name(name)) << name;
  }
}

TEST(Certificate, SaysWhatItWasMadeWith) {
  const TestAuthority authority;
  EXPECT_TRUE(authority.certificate.is_authority());
  EXPECT_EQ(authority.certificate.common_name(), "Test");
  EXPECT_EQ(authority.certificate.not_before(), kNow - std::chrono::days{5});
  EXPECT_EQ(authority.certificate.not_after(), kNow + std::chrono::days{5});
  EXPECT_TRUE(authority.certificate.is_for(authority.key));

  const Certificate leaf = authority.issue(kGood);
  EXPECT_FALSE(leaf.is_authority());
  EXPECT_EQ(leaf.names(), kGood);
  EXPECT_TRUE(leaf.is_issued_by(authority.certificate));
  EXPECT_FALSE(leaf.is_for(authority.key));
}

TEST(Certificate, MaySpeakForItselfAndForNobodyElse) {
  const PrivateKey key = PrivateKey::generate_p256();
  const Certificate certificate = make_self_signed(kNow, kNow + std::chrono::days{30}, key);
  EXPECT_TRUE(certificate.is_for(key));
  EXPECT_TRUE(certificate.is_issued_by(certificate));
  EXPECT_FALSE(certificate.is_authority());
  EXPECT_EQ(certificate.names(), SubjectNames{});
  EXPECT_EQ(certificate.not_after(), kNow + std::chrono::days{30});
}

TEST(Certificate, IsNotIssuedByAnAuthorityOfTheSameName) {
  EXPECT_FALSE(TestAuthority{}.issue(kGood).is_issued_by(TestAuthority{}.certificate));
}

TEST(Certificate, ComesBackFromPemAndDer) {
  const TestAuthority authority;
  const Certificate leaf = authority.issue(kGood);
  const auto all = Certificate::all_from_pem("leaf\n" + leaf.to_pem() + "\nroot\n" +
                                             authority.certificate.to_pem());
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].digest(), leaf.digest());
  EXPECT_EQ(all[1].digest(), authority.certificate.digest());
  const auto again = Certificate::from_der(leaf.to_der());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->digest(), leaf.digest());
}

TEST(Certificate, IsNotReadFromDamagedText) {
  const std::string pem = TestAuthority{}.certificate.to_pem();
  EXPECT_TRUE(Certificate::all_from_pem("").empty());
  EXPECT_TRUE(Certificate::all_from_pem("nothing").empty());
  EXPECT_TRUE(Certificate::all_from_pem(pem.substr(0, pem.size() / 2)).empty());
  std::string second_broken = pem + pem;
  second_broken[pem.size() + 40] = '!';
  EXPECT_TRUE(Certificate::all_from_pem(second_broken).empty());
  const std::string der = TestAuthority{}.certificate.to_der();
  EXPECT_FALSE(Certificate::from_der(der.substr(1)));
  EXPECT_FALSE(Certificate::from_der(der + "x"));
  EXPECT_FALSE(Certificate::from_der(""));
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST(Verify, BelievesAServerUnderItsAuthority) {
  const TestAuthority authority;
  const Certificate leaf = authority.issue(kGood);
  for (const std::string_view host : {"box.lan", "dev", "10.1.2.3"}) {
    EXPECT_EQ(verify_server(leaf, {}, authority.certificate, host, kNow), std::nullopt) << host;
  }
}

TEST(Verify, RefusesAnotherNameAnotherTimeAndAnotherAuthority) {
  const TestAuthority authority;
  const Certificate leaf = authority.issue(kGood);
  EXPECT_THAT(verify_server(leaf, {}, authority.certificate, "other.lan", kNow),
              Optional(std::string{"hostname mismatch"}));
  EXPECT_THAT(verify_server(leaf, {}, authority.certificate, "10.1.2.4", kNow),
              Optional(std::string{"IP address mismatch"}));
  EXPECT_THAT(verify_server(leaf, {}, authority.certificate, "dev", kNow + std::chrono::days{2}),
              Optional(std::string{"certificate has expired"}));
  EXPECT_TRUE(verify_server(leaf, {}, TestAuthority{}.certificate, "dev", kNow));
}

TEST(Verify, RefusesAWholeCertificateForOneNameOutsideTheConstraints) {
  const TestAuthority authority;
  for (const SubjectNames& names :
       {SubjectNames{.dns = {"box.lan", "example.com"}, .addresses = {}},
        SubjectNames{.dns = {"box.lan", "evil.dev"}, .addresses = {}},
        SubjectNames{.dns = {"box.lan"}, .addresses = {IpAddress::v4({192, 0, 2, 1})}},
        SubjectNames{.dns = {"box.lan"}, .addresses = {*IpAddress::parse("2001:db8::1")}}}) {
    const auto why =
        verify_server(authority.issue(names), {}, authority.certificate, "box.lan", kNow);
    ASSERT_TRUE(why);
    EXPECT_TRUE(*why == "permitted subtree violation" || *why == "excluded subtree violation")
        << *why;
  }
}

TEST(Constraints, AreReadAsTheVerifierReadsThem) {
  const TestAuthority authority;
  for (const std::string_view name : {"lan", "box.lan", "a.b.LAN", "dev", "Dev"}) {
    EXPECT_TRUE(authority.certificate.permits(name)) << name;
  }
  for (const std::string_view name : {"plan", "example.com", "a.dev", "lan.com", ""}) {
    EXPECT_FALSE(authority.certificate.permits(name)) << name;
  }
  EXPECT_TRUE(authority.certificate.permits(IpAddress::v4({10, 255, 0, 1})));
  EXPECT_FALSE(authority.certificate.permits(IpAddress::v4({11, 0, 0, 1})));
  EXPECT_FALSE(authority.certificate.permits(*IpAddress::parse("fd00::1")));
}

TEST(Constraints, OfACertificateWithoutAnyPermitAll) {
  const TestAuthority authority;
  EXPECT_TRUE(authority.issue(kGood).permits("example.com"));
}

TEST(Authority, MaySignNoFurtherAuthority) {
  const TestAuthority root;
  const PrivateKey key = PrivateKey::generate_p256();
  // Not an authority at all: its leaf must not be believed.
  const Certificate middle = issue_server({.names = kGood,
                                           .not_before = kNow - std::chrono::days{1},
                                           .not_after = kNow + std::chrono::days{1}},
                                          key, root.certificate, root.key);
  const Certificate leaf = issue_server({.names = kGood,
                                         .not_before = kNow - std::chrono::days{1},
                                         .not_after = kNow + std::chrono::days{1}},
                                        PrivateKey::generate_p256(), middle, key);
  EXPECT_TRUE(verify_server(leaf, {middle}, root.certificate, "dev", kNow));
}

}  // namespace
}  // namespace duet::crypto
