// SPDX-License-Identifier: MIT
// Secrets in a file, and servers of others.
#include "relay_options.hpp"

#include <duet/config/load.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace duet::apps {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace fs = std::filesystem;

/// A command with nothing but the group, and a file of secrets.
class Relay : public ::testing::Test {
 protected:
  struct Command : config::Options {
    Command() : Options{"turn"} {}

    RelayOptions relay{*this};
  };

  Relay() {
    std::string name = (fs::temp_directory_path() / "duet-secret-XXXXXX").string();
    ::close(mkstemp(name.data()));  // with mode 0600
    file_ = name;
  }

  ~Relay() override { fs::remove(file_); }

  /// What is said of a file with this content, without its name.
  std::vector<std::string> problems_with(const std::string& content, mode_t mode = 0600) {
    std::ofstream{file_} << content;
    EXPECT_EQ(::chmod(file_.c_str(), mode), 0);
    const std::vector<std::string> words = {"--turn-secret-file", file_.string()};
    config::Loaded loaded = config::load(command_, words, {}, {});
    check(command_.relay, loaded.problems);
    std::vector<std::string> out;
    const std::string prefix = "--turn-secret-file: " + file_.string() + ": ";
    for (const config::Problem& problem : loaded.problems) {
      const std::string text = render(problem, config::Language::English);
      out.push_back(text.starts_with(prefix) ? text.substr(prefix.size()) : text);
    }
    return out;
  }

  std::vector<std::string> secrets() { return turn_secrets(command_.relay, random_); }

  fs::path file_;
  Command command_;
  SeededRandom random_{1};
};

TEST_F(Relay, WithoutAFileHasASecretThatNobodyElseKnows) {
  const auto first = secrets();
  ASSERT_THAT(first, SizeIs(1));
  EXPECT_GE(first.front().size(), 24U);
  EXPECT_NE(secrets(), first);
}

TEST_F(Relay, ReadsASecretALine) {
  EXPECT_THAT(problems_with("new one\r\n\nold # one \n"), IsEmpty());
  EXPECT_THAT(secrets(), ElementsAre("new one", "old # one"));
  EXPECT_THAT(problems_with("no end of line"), IsEmpty());
  EXPECT_THAT(secrets(), ElementsAre("no end of line"));
}

TEST_F(Relay, RefusesAFileThatCantBeASecret) {
  EXPECT_THAT(problems_with(""), ElementsAre("has no secret in it; write one a line"));
  EXPECT_THAT(problems_with(" \n\n"), ElementsAre("has no secret in it; write one a line"));
  EXPECT_THAT(problems_with("s", 0604),
              ElementsAre("can be read or changed by every user of this machine; chmod 0600 it"));
  EXPECT_THAT(problems_with("s", 0640), IsEmpty()) << "a group may share it";
  std::string many;
  for (std::size_t i = 0; i <= kMostSecrets; ++i) many += "s\n";
  EXPECT_THAT(problems_with(many), ElementsAre("has more than 16 secrets"));
  fs::remove(file_);
  fs::create_directory(file_);
  EXPECT_THAT(problems_with("s", 0700), ElementsAre("cannot be read: Is a directory"));
}

TEST_F(Relay, SaysWhenTheFileIsGoneAtStart) {
  EXPECT_THAT(problems_with("s"), IsEmpty());
  fs::remove(file_);
  EXPECT_THROW(secrets(), std::runtime_error);
}

TEST(IceServerUrl, IsReadAndWritten) {
  using Codec = config::Codec<stun::Uri>;
  EXPECT_EQ(Codec::format(*Codec::parse("turn:relay.example.org")),
            "turn:relay.example.org:3478?transport=udp");
  EXPECT_EQ(Codec::format(*Codec::parse("stun:[2001:db8::1]:19302")), "stun:[2001:db8::1]:19302");
  for (const char* text : {"relay.example.org", "http://example.org", "turn:", "turn:a b"}) {
    EXPECT_EQ(Codec::parse(text).error().say, config::Say::NotAnIceServer) << text;
  }
}

/// The value as it is written again, or what is wrong with it.
template <class T>
std::string again(const std::string& text) {
  const auto value = config::Codec<T>::parse(text);
  return value ? config::Codec<T>::format(*value)
               : render(value.error(), config::Language::English);
}

TEST(TurnUser, IsANameAndAPassword) {
  EXPECT_EQ(again<turn::Credential>("me:secret"), "me:secret");
  EXPECT_EQ(config::Codec<turn::Credential>::parse("me:a:b")->password, "a:b");
  for (const char* text : {"me", "me:", ":secret"}) {
    EXPECT_EQ(config::Codec<turn::Credential>::parse(text).error().say, config::Say::NotATurnUser);
  }
}

TEST(RelayPortRange, IsFirstAndLast) {
  EXPECT_EQ(again<RelayPorts>("50000-50999"), "50000-50999");
  EXPECT_EQ(again<RelayPorts>("50000"), "50000-50000");
  EXPECT_EQ(again<RelayPorts>("off"), "off");
  for (const char* text : {"50999-50000", "0-10", "1-65536", "1-", "-1", "a-b", "1-2-3"}) {
    EXPECT_EQ(config::Codec<RelayPorts>::parse(text).error().say, config::Say::NotAPortRange)
        << text;
  }
}

TEST(ExternalAddress, IsAnAddressANameOrLearned) {
  for (const char* text : {"auto", "203.0.113.7", "2001:db8::7", "dns:relay.example.org"}) {
    EXPECT_EQ(again<ExternalIp>(text), text);
  }
  EXPECT_EQ(again<ExternalIp>("::ffff:203.0.113.7"), "203.0.113.7");
  for (const char* text : {"dns:", "relay.example.org", "0.0.0.0", "::", "203.0.113.7:80"}) {
    EXPECT_EQ(config::Codec<ExternalIp>::parse(text).error().say, config::Say::NotAnExternalIp)
        << text;
  }
}

TEST(ExternalAddress, IsOneOfEachFamily) {
  const auto problems_with = [](std::vector<std::string> words) {
    struct Command : config::Options {
      Command() : Options{"turn"} {}

      RelayOptions relay{*this};
    };
    Command command;
    for (auto at = words.begin(); at != words.end(); at += 2) {
      at = words.insert(at, "--external-ip");
    }
    config::Loaded loaded = config::load(command, words, {}, {});
    check(command.relay, loaded.problems);
    std::vector<std::string> out;
    for (const config::Problem& problem : loaded.problems) {
      out.push_back(render(problem, config::Language::English));
    }
    return out;
  };
  EXPECT_THAT(problems_with({"203.0.113.7", "2001:db8::7", "auto", "dns:relay.example.org"}),
              IsEmpty());
  EXPECT_THAT(problems_with({"203.0.113.7", "::ffff:203.0.113.7"}), IsEmpty());
  EXPECT_THAT(problems_with({"203.0.113.7", "2001:db8::7", "203.0.113.8"}),
              ElementsAre("--external-ip: 203.0.113.7 and 203.0.113.8 are of one family; peers can "
                          "be told one address of each, IPv4 and IPv6"));
  EXPECT_THAT(problems_with({"2001:db8::7", "2001:db8::8"}), SizeIs(1));
}

}  // namespace
}  // namespace duet::apps
