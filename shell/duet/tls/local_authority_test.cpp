// SPDX-License-Identifier: MIT
// Tests of the local authority: what it signs for, what it keeps, what it refuses.
#include <duet/crypto/issue.hpp>
#include <duet/tls/local_authority.hpp>
#include <duet/tls/tls_test_support.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

namespace duet::tls {
namespace {

using std::chrono::days;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::optional<std::string> why_not(const Identity& identity, std::string_view host,
                                   crypto::UnixTime now = kNow) {
  return crypto::verify_server(identity.chain.front(), {}, *identity.authority, host, now);
}

TEST(LocalAuthority, IsBelievedForThisMachine) {
  const World world;
  const Identity identity = world.load();
  for (const std::string_view host : {"localhost", "127.0.0.1", "::1", "192.168.1.20", "fd00::7",
                                      "100.64.0.9", "box", "box.local"}) {
    EXPECT_EQ(why_not(identity, host), std::nullopt) << host;
  }
}

TEST(LocalAuthority, LeavesOutWhatItMayNotSignFor) {
  World world;
  world.load();
  *world.machine = {.addresses = {ip("8.8.8.8"), ip("10.0.0.1"), ip("2001:db8::1"), ip("fe80::7")},
                    .names = {"renamed", "www.example.com", "renamed.local"}};
  const Identity identity = world.load();
  const crypto::SubjectNames names = identity.chain.front().names();
  EXPECT_THAT(names.dns, ElementsAre("localhost", "renamed.local"));
  EXPECT_THAT(names.addresses, ElementsAre(ip("127.0.0.1"), ip("::1"), ip("10.0.0.1")));
  EXPECT_EQ(why_not(identity, "localhost"), std::nullopt);
}

TEST(LocalAuthority, CannotBeUsedForAPublicSiteEvenWithItsKey) {
  World world;
  *world.machine = {.addresses = {}, .names = {"dev", "dev.local"}};
  const crypto::Certificate authority = *world.load().authority;
  const crypto::PrivateKey stolen =
      *crypto::PrivateKey::from_pem(content(world.state() / "authority.pem"));
  const crypto::PrivateKey key = crypto::PrivateKey::generate_p256();
  for (const std::string_view name : {"example.com", "web.dev", "com", "notlocal"}) {
    const crypto::Certificate forged =
        crypto::issue_server({.names = {.dns = {std::string{name}}, .addresses = {}},
                              .not_before = kNow,
                              .not_after = kNow + days{1}},
                             key, authority, stolen);
    EXPECT_NE(crypto::verify_server(forged, {}, authority, name, kNow), std::nullopt) << name;
  }
  const crypto::Certificate forged =
      crypto::issue_server({.names = {.dns = {}, .addresses = {ip("8.8.8.8")}},
                            .not_before = kNow,
                            .not_after = kNow + days{1}},
                           key, authority, stolen);
  EXPECT_NE(crypto::verify_server(forged, {}, authority, "8.8.8.8", kNow), std::nullopt);
}

TEST(LocalAuthority, LivesTenYearsAndItsCertificate397Days) {
  const World world;
  const Identity identity = world.load();
  EXPECT_EQ(identity.authority->not_after(), kNow + kAuthorityLifetime);
  const crypto::Certificate& server = identity.chain.front();
  EXPECT_EQ(server.not_after() - server.not_before(), days{397});
  EXPECT_LE(server.not_before(), kNow);
}

TEST(LocalAuthority, KeepsKeysPrivate) {
  const World world;
  const mode_t before = ::umask(0);
  world.load();
  ::umask(before);
  EXPECT_EQ(mode_of(world.state()), 0700u);
  EXPECT_EQ(mode_of(world.state() / "authority.pem"), 0600u);
  EXPECT_EQ(mode_of(world.state() / "server.pem"), 0600u);
  EXPECT_EQ(mode_of(world.state() / "lock"), 0600u);
  EXPECT_EQ(mode_of(world.state() / "ca.crt"), 0644u);
  EXPECT_THAT(content(world.state() / "ca.crt"), Not(HasSubstr("PRIVATE")));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{world.state()}, {}), 4);
}

TEST(LocalAuthority, StaysTheSameOverRestarts) {
  const World world;
  const Identity first = world.load();
  EXPECT_THAT(first.news, Not(IsEmpty()));
  const Identity second = world.load();
  EXPECT_EQ(second.authority->digest(), first.authority->digest());
  EXPECT_EQ(second.chain.front().digest(), first.chain.front().digest());
  EXPECT_THAT(second.news, IsEmpty());
}

TEST(LocalAuthority, NeedsNoRightToWriteWhenNothingChanges) {
  const World world;
  world.load();
  std::filesystem::remove(world.state() / "lock");
  world.load();
  EXPECT_FALSE(std::filesystem::exists(world.state() / "lock"));
}

TEST(LocalAuthority, SignsAnewForANewAddress) {
  World world;
  const auto authority = world.authority();
  EXPECT_TRUE(authority->has_changed());
  const Identity first = authority->load();
  EXPECT_FALSE(authority->has_changed());
  world.machine->addresses.push_back(ip("10.9.8.7"));
  EXPECT_TRUE(authority->has_changed());
  const Identity second = authority->load();
  EXPECT_FALSE(authority->has_changed());
  EXPECT_EQ(second.authority->digest(), first.authority->digest());
  EXPECT_EQ(why_not(second, "10.9.8.7"), std::nullopt);
}

TEST(LocalAuthority, DoesNotSignAnewWhenAnAddressGoesOrIsNotForIt) {
  World world;
  const auto authority = world.authority();
  authority->load();
  world.machine->addresses = {ip("203.0.113.9"), ip("fe80::99")};
  EXPECT_FALSE(authority->has_changed());
}

TEST(LocalAuthority, SignsAnewThirtyDaysBeforeTheEnd) {
  World world;
  const auto authority = world.authority();
  const crypto::UnixTime end = authority->load().chain.front().not_after();
  *world.now = end - days{30};
  EXPECT_FALSE(authority->has_changed());
  *world.now += std::chrono::seconds{1};
  EXPECT_TRUE(authority->has_changed());
  EXPECT_EQ(authority->load().chain.front().not_after(),
            *world.now - std::chrono::hours{1} + days{397});
}

TEST(LocalAuthority, SignsAnewWhenTheClockWasWrong) {
  World world;
  *world.now = kNow + days{100};
  world.load();
  *world.now = kNow;
  const Identity identity = world.load();
  EXPECT_LE(identity.chain.front().not_before(), kNow);
}

TEST(LocalAuthority, IsReplacedBeforeItEndsAndSaysSo) {
  World world;
  const Identity first = world.load();
  *world.now = first.authority->not_after() - days{29};
  const Identity second = world.load();
  EXPECT_NE(second.authority->digest(), first.authority->digest());
  EXPECT_NE(second.authority->common_name(), first.authority->common_name());
  EXPECT_THAT(second.news, Contains(HasSubstr("trust")));
  EXPECT_EQ(why_not(second, "localhost", *world.now), std::nullopt);
  EXPECT_EQ(crypto::Certificate::all_from_pem(content(world.state() / "ca.crt")).at(0).digest(),
            second.authority->digest());
}

TEST(LocalAuthority, NeverSignsBeyondItsOwnEnd) {
  World world;
  const Identity first = world.load();
  *world.now = first.authority->not_after() - days{100};
  EXPECT_EQ(world.load().chain.front().not_after(), first.authority->not_after());
}

TEST(LocalAuthority, SignsAnewWhenItWasItselfReplaced) {
  World world;
  const auto running = world.authority();
  const Identity first = running->load();
  std::filesystem::remove(world.state() / "authority.pem");
  EXPECT_TRUE(running->has_changed());
  const Identity second = running->load();
  EXPECT_NE(second.authority->digest(), first.authority->digest());
  EXPECT_EQ(why_not(second, "localhost"), std::nullopt);
}

TEST(LocalAuthority, SeesWhatAnotherProcessMade) {
  World world;
  const auto running = world.authority();
  running->load();
  *world.now += days{380};
  const Identity other = world.load();
  EXPECT_TRUE(running->has_changed());
  EXPECT_EQ(running->load().chain.front().digest(), other.chain.front().digest());
}

TEST(LocalAuthority, HealsADamagedServerCertificate) {
  const World world;
  const Identity first = world.load();
  for (const std::string_view text : {"", "garbage", "-----BEGIN CERTIFICATE-----\n"}) {
    put(world.state() / "server.pem", text);
    const Identity again = world.load();
    EXPECT_EQ(again.authority->digest(), first.authority->digest());
    EXPECT_EQ(why_not(again, "localhost"), std::nullopt);
  }
}

TEST(LocalAuthority, SaysInOneSentenceThatItsFileIsDamaged) {
  const World world;
  world.load();
  const std::string good = content(world.state() / "authority.pem");
  const std::size_t certificate = good.find("-----BEGIN CERTIFICATE");
  for (const std::string& text :
       {std::string{}, std::string{"garbage"}, good.substr(0, good.size() / 2),
        good.substr(certificate), good.substr(0, certificate),
        crypto::PrivateKey::generate_p256().to_pem() + good.substr(certificate)}) {
    put(world.state() / "authority.pem", text);
    EXPECT_THAT(world.complaint(), HasSubstr("authority.pem is damaged"));
    EXPECT_THAT(world.complaint(), Not(HasSubstr("PRIVATE")));
    EXPECT_EQ(content(world.state() / "authority.pem"), text) << "must be left for its owner";
  }
  put(world.state() / "authority.pem", good);
  EXPECT_EQ(world.complaint(), "");
}

TEST(LocalAuthority, RefusesAnAuthorityThatDuetDidNotMake) {
  const World world;
  const Identity identity = world.load();
  // A certificate with its key, but no authority.
  std::filesystem::copy_file(world.state() / "server.pem", world.state() / "authority.pem",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(world.complaint(), HasSubstr("not an authority that Duet made"));
}

TEST(LocalAuthority, RefusesAKeyThatOthersMayRead) {
  const World world;
  world.load();
  for (const std::string_view name : {"authority.pem", "server.pem"}) {
    ASSERT_EQ(::chmod((world.state() / name).c_str(), 0640), 0);
    EXPECT_THAT(world.complaint(), HasSubstr("chmod 0600")) << name;
    ASSERT_EQ(::chmod((world.state() / name).c_str(), 0600), 0);
  }
  EXPECT_EQ(world.complaint(), "");
}

TEST(LocalAuthority, SaysThatItsFilesAreNoFiles) {
  const World world;
  std::filesystem::create_directories(world.state() / "authority.pem");
  EXPECT_THAT(world.complaint(), HasSubstr("is not a file"));
}

TEST(LocalAuthority, IsMadeOnceWhenManyProcessesStartAtOnce) {
  const World world;
  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const std::string complaint = world.complaint();
      if (complaint.empty()) {
        const Identity identity = world.load();
        put(world.folder / std::to_string(i),
            crypto::hex(identity.authority->digest()) + crypto::hex(identity.chain[0].digest()));
      }
      ::_exit(complaint.empty() ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  for (int i = 1; i < 8; ++i) {
    EXPECT_EQ(content(world.folder / std::to_string(i)), content(world.folder / "0"));
  }
  EXPECT_EQ(content(world.folder / "0").size(), 128u);
}

TEST(LocalAuthority, LimitsTheNamesOfOneCertificate) {
  World world;
  world.machine->addresses.clear();
  for (std::uint8_t i = 1; i < 250; ++i) {
    world.machine->addresses.push_back(IpAddress::v4({10, 0, 0, i}));
  }
  const auto authority = world.authority();
  const crypto::SubjectNames names = authority->load().chain.front().names();
  EXPECT_EQ(names.dns.size() + names.addresses.size(), kMostSubjectNames);
  EXPECT_FALSE(authority->has_changed());
}

}  // namespace
}  // namespace duet::tls
