// SPDX-License-Identifier: MIT
// The first lines of `duet serve`.
#include "banner.hpp"

#include "qr.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace duet::apps {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Greeting greeting() {
  return {.version = "0.1.0",
          .links = {{LinkKind::ThisMachine, "http://localhost:2022"},
                    {LinkKind::Network, "https://192.168.1.20:2022"},
                    {LinkKind::Network, "https://10.0.0.7:2022"}}};
}

TEST(Banner, ShowsTheLinksInEnglish) {
  EXPECT_EQ(
      banner(greeting()),
      "duet 0.1.0\n"
      "  on this machine   http://localhost:2022\n"
      "  on your network   https://192.168.1.20:2022   (certificate by this Duet; phones: open "
      "/ca once)\n"
      "                    https://10.0.0.7:2022\n");
}

TEST(Banner, ShowsTheLinksInChinese) {
  Greeting chinese = greeting();
  chinese.language = config::Language::Chinese;
  EXPECT_EQ(
      banner(chinese),
      "duet 0.1.0\n"
      "  在本机     http://localhost:2022\n"
      "  在局域网   https://192.168.1.20:2022   （证书由本机 Duet 签发；手机请先打开一次 /ca）\n"
      "             https://10.0.0.7:2022\n");
}

TEST(Banner, SaysThatNoCertificateOfItsOwnFitsAPublicAddress) {
  Greeting on_a_server = greeting();
  on_a_server.links.resize(1);
  on_a_server.links.push_back({LinkKind::Internet, "https://198.51.100.1:2022"});
  EXPECT_THAT(
      banner(on_a_server),
      HasSubstr("  on the Internet   https://198.51.100.1:2022   (browsers will warn: for a "
                "public address take a name, with --cert)\n"));
}

TEST(Banner, SaysNothingOfTheOwnAuthorityWhereThereIsNone) {
  Greeting with_files = greeting();
  with_files.certificate = CertificateKind::Files;
  with_files.links.push_back({LinkKind::Public, "https://call.example.org"});
  EXPECT_THAT(banner(with_files), Not(HasSubstr("/ca ")));
  EXPECT_THAT(banner(with_files), HasSubstr("  by its name       https://call.example.org\n"));
  Greeting plain = greeting();
  plain.certificate = CertificateKind::None;
  plain.links = {{LinkKind::ThisMachine, "http://127.0.0.1:8080"}};
  EXPECT_EQ(banner(plain),
            "duet 0.1.0\n  on this machine   http://127.0.0.1:8080   (plain HTTP for the proxy)\n");
  plain.links = {{LinkKind::Fixture, "http://localhost:3000"}};
  EXPECT_EQ(banner(plain), "duet 0.1.0\n  for test suites   http://localhost:3000\n");
}

TEST(Banner, WarnsInALineEach) {
  Greeting worried = greeting();
  worried.warnings = {"note: one", "warning: another"};
  EXPECT_THAT(banner(worried), testing::EndsWith("\n  note: one\n  warning: another\n"));
}

TEST(Banner, ShowsTheFingerprintThatPeopleCompare) {
  Greeting own = greeting();
  own.fingerprint = "0A:1B";
  EXPECT_THAT(banner(own), testing::EndsWith("\n  compare on /ca    SHA-256 0A:1B\n"));
  own.language = config::Language::Chinese;
  EXPECT_THAT(banner(own), testing::EndsWith("\n  核对 /ca   SHA-256 0A:1B\n"));
}

TEST(Banner, ShowsAQrCodeOfTheFirstNetworkLinkOnly) {
  Greeting with_code = greeting();
  with_code.with_qr_code = true;
  EXPECT_EQ(banner(with_code), banner(greeting()) + terminal_qr("https://192.168.1.20:2022", "  "));
  with_code.links.resize(1);
  EXPECT_THAT(banner(with_code), Not(HasSubstr("\x1b")));
}

TEST(TerminalQr, IsAsManyModulesAsItsVersionSays) {
  // ISO/IEC 18004 table 7: version 2, level L takes 32 bytes; 25 modules and two quiet zones of 4.
  const std::string code = terminal_qr("https://192.168.1.20:2022", "");
  EXPECT_EQ(std::count(code.begin(), code.end(), '\n'), (25 + 8 + 1) / 2);
  const std::string colours = "\x1b[38;5;16;48;5;231m";
  // The third line: quiet zone, the upper two rows of a finder pattern's frame.
  std::string line = code;
  for (int i = 0; i < 2; ++i) line.erase(0, line.find('\n') + 1);
  EXPECT_EQ(line.substr(0, colours.size() + 4), colours + "    ");
  EXPECT_EQ(line.substr(colours.size() + 4, 21), "█▀▀▀▀▀█");
}

TEST(TerminalQr, IsEmptyForWhatNoCodeHolds) {
  EXPECT_EQ(terminal_qr(std::string(3000, 'x'), ""), "");
}

}  // namespace
}  // namespace duet::apps
