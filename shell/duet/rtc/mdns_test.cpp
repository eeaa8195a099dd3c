// SPDX-License-Identifier: MIT
// Names in place of addresses, over the real links of this machine, loopback at least.
#include <duet/base/bytes.hpp>
#include <duet/net/socket_address.hpp>
#include <duet/rtc/mdns_host.hpp>
#include <duet/rtc/test_ends.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string>

namespace duet::rtc {
namespace {

using testing::HasSubstr;
using testing::Not;

const IpAddress kAddress = IpAddress::v4({192, 0, 2, 7});

/// Two programs of one machine.
struct MdnsHostTest : testing::Test {
  void run_until(const std::function<bool()>& condition, Duration longest = 3s) {
    for (const Instant end = loop.now() + longest; !condition() && loop.now() < end;) {
      loop.run_turn(50ms);
    }
  }

  net::EventLoop loop;
  AddressWatch addresses{loop};
  MdnsHost mine{loop, addresses};
  MdnsHost yours{loop, addresses};
};

TEST_F(MdnsHostTest, FindsANameOfAnotherProgram) {
  ASSERT_TRUE(yours.add("3f2a-test.local", kAddress));
  loop.run_turn(10ms);
  std::optional<IpAddress> found;
  mine.resolve("3F2A-test.local", [&](const auto& address) { found = address; });
  EXPECT_EQ(found, std::nullopt);  // from the loop
  run_until([&] { return found.has_value(); });
  EXPECT_EQ(found, kAddress);
}

TEST_F(MdnsHostTest, FindsItsOwnNamesWithoutAsking) {
  ASSERT_TRUE(mine.add("own-test.local", kAddress));
  std::optional<IpAddress> found;
  mine.resolve("own-test.local", [&](const auto& address) { found = address; });
  loop.run_turn(10ms);
  EXPECT_EQ(found, kAddress);
}

TEST_F(MdnsHostTest, AnswersNoMoreForANameThatIsGone) {
  ASSERT_TRUE(yours.add("gone-test.local", kAddress));
  loop.run_turn(10ms);
  yours.remove("gone-test.local");
  bool is_told = false;
  mine.resolve("gone-test.local", [&](const auto&) { is_told = true; });
  run_until([&] { return is_told; }, 500ms);
  EXPECT_FALSE(is_told);
}

TEST_F(MdnsHostTest, TellsWhatIsNoNameAtOnce) {
  bool is_told = false;
  mine.resolve("no name.local", [&](const auto& address) {
    is_told = true;
    EXPECT_EQ(address, std::nullopt);
  });
  loop.run_turn(10ms);
  EXPECT_TRUE(is_told);
}

TEST_F(MdnsHostTest, AnswersWhoAsksOnceWhereItAsked) {  // RFC 6762 §6.7
  ASSERT_TRUE(yours.add("once-test.local", kAddress));
  loop.run_turn(10ms);
  const int asker = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  ASSERT_GE(asker, 0);
  const ip_mreqn loopback{{}, {htonl(INADDR_LOOPBACK)}, 0};
  ::setsockopt(asker, IPPROTO_IP, IP_MULTICAST_IF, &loopback, sizeof loopback);
  const auto query =
      mdns::Message{.id = 77, .questions = {{"once-test.local", mdns::RecordType::A}}}.serialize();
  const auto group = net::to_socket_address({mdns::kGroupV4, mdns::kPort});
  ASSERT_GT(::sendto(asker, query.data(), query.size(), 0, group.data(), group.size), 0);
  std::array<std::byte, 1500> buffer{};
  ssize_t size = -1;
  run_until([&] { return (size = ::recv(asker, buffer.data(), buffer.size(), 0)) > 0; });
  ::close(asker);
  ASSERT_GT(size, 0);
  const auto answer = mdns::Message::parse(std::span{buffer}.first(static_cast<std::size_t>(size)));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->id, 77);
  EXPECT_EQ(answer->records.at(0).address, kAddress);
}

/// Two ends in two programs, which tell each other no address.
struct HiddenEndsTest : testing::Test {
  HiddenEndsTest() {
    alice.mate = &bob;
    bob.mate = &alice;
  }

  static Configuration hidden() { return {.loopback = Loopback::Only, .hides_addresses = true}; }

  net::EventLoop loop;
  SeededRandom random{1};
  Runtime runtime_of_alice{loop, random};
  Runtime runtime_of_bob{loop, random};
  End alice{runtime_of_alice, hidden()};
  End bob{runtime_of_bob, hidden()};
};

TEST_F(HiddenEndsTest, MeetByTheirNames) {
  alice.adopt(*alice.connection->create_data_channel({.label = "chat"}));
  alice.call();
  for (const Instant end = loop.now() + 5s; !alice.is_open && loop.now() < end;) {
    loop.run_turn(50ms);
  }
  EXPECT_TRUE(alice.is_open);
  for (const End* end : {&alice, &bob}) {
    const std::string sdp = end->connection->local_description()->sdp;
    EXPECT_THAT(sdp, HasSubstr(".local "));
    EXPECT_THAT(sdp, Not(HasSubstr(" 127.0.0.1 5")));
    EXPECT_THAT(sdp, Not(HasSubstr(" ::1 ")));
  }
}

}  // namespace
}  // namespace duet::rtc
