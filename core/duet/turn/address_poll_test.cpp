// SPDX-License-Identifier: MIT
// What a machine is called, as its callers say.
#include <duet/turn/address_poll.hpp>

#include <gtest/gtest.h>

#include <string>

namespace duet::turn {
namespace {

IpAddress ip(const std::string& text) { return *IpAddress::parse(text); }

constexpr auto kV4 = IpAddress::Family::V4;
constexpr auto kV6 = IpAddress::Family::V6;

TEST(AddressPoll, TakesTheFirstVoteUntilOthersComeAndThenTheMost) {
  AddressPoll poll;
  EXPECT_EQ(poll.winner(kV4), std::nullopt);
  poll.vote(ip("192.0.2.1"), ip("198.51.100.66"));
  EXPECT_EQ(poll.winner(kV4), ip("198.51.100.66"));
  poll.vote(ip("192.0.3.1"), ip("203.0.113.7"));
  poll.vote(ip("192.0.4.1"), ip("203.0.113.7"));
  EXPECT_EQ(poll.winner(kV4), ip("203.0.113.7"));
}

TEST(AddressPoll, GivesANetworkOneVoteHoweverManyAddressesItHas) {
  AddressPoll poll;
  poll.vote(ip("192.0.2.1"), ip("203.0.113.7"));
  poll.vote(ip("192.0.3.1"), ip("203.0.113.7"));
  poll.vote(ip("2001:db8:1::1"), ip("2001:db8::7"));
  poll.vote(ip("2001:db8:2::1"), ip("2001:db8::7"));
  for (int i = 0; i < 1000; ++i) {  // more than kMaxVoters
    poll.vote(ip("198.51.100." + std::to_string(i % 256)), ip("198.51.100.66"));
    poll.vote(ip("2001:db8:bad:" + std::to_string(i) + "::1"), ip("2001:db8:bad::66"));
  }
  EXPECT_EQ(poll.winner(kV4), ip("203.0.113.7"));
  EXPECT_EQ(poll.winner(kV6), ip("2001:db8::7"));
  poll.vote(ip("192.0.2.99"), ip("203.0.113.8"));  // this machine has moved
  poll.vote(ip("192.0.3.99"), ip("203.0.113.8"));
  EXPECT_EQ(poll.winner(kV4), ip("203.0.113.8"));
}

TEST(AddressPoll, PassesOverWhatNobodyElseCanCallAndWhatTheVoterCantHaveReached) {
  AddressPoll poll;
  poll.vote(ip("192.0.2.1"), ip("203.0.113.7"));
  poll.vote(ip("192.0.2.1"), ip("127.0.0.1"));
  poll.vote(ip("2001:db8:1::1"), ip("::"));
  poll.vote(ip("2001:db8:1::1"), ip("203.0.113.8"));
  poll.vote(ip("192.0.2.1"), ip("2001:db8::7"));
  EXPECT_EQ(poll.winner(kV4), ip("203.0.113.7"));
  EXPECT_EQ(poll.winner(kV6), std::nullopt);
}

TEST(AddressPoll, ForgetsTheOldestOfTooManyNetworks) {
  AddressPoll poll;
  poll.vote(ip("192.0.2.1"), ip("203.0.113.7"));
  for (std::size_t i = 0; i < AddressPoll::kMaxVoters; ++i) {
    poll.vote(ip("10.0." + std::to_string(i) + ".1"), ip("198.51.100." + std::to_string(i % 250)));
  }
  for (int i = 0; i < 5; ++i) {
    poll.vote(ip("10.0." + std::to_string(i) + ".9"), ip("203.0.113.9"));
  }
  EXPECT_EQ(poll.winner(kV4), ip("203.0.113.9"));
}

}  // namespace
}  // namespace duet::turn
