// SPDX-License-Identifier: MIT
// Tests of what this machine says of itself.
#include <duet/tls/machine.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace duet::tls {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Machine, HasALoopbackAddress) {
  const auto addresses = local_addresses();
  EXPECT_THAT(addresses, Contains(*IpAddress::parse("127.0.0.1")));
  EXPECT_TRUE(std::is_sorted(addresses.begin(), addresses.end()));
}

TEST(Machine, IsCalledByItsNameAndByMulticastDns) {
  EXPECT_THAT(names_of_host("Box"), ElementsAre("box", "box.local"));
  EXPECT_THAT(names_of_host("box.local"), ElementsAre("box.local"));
  EXPECT_THAT(names_of_host("a.example.com"), ElementsAre("a.example.com", "a.local"));
}

TEST(Machine, HasNoNameThatIsNone) {
  EXPECT_THAT(names_of_host(""), IsEmpty());
  EXPECT_THAT(names_of_host("localhost"), IsEmpty());
  EXPECT_THAT(names_of_host("my_box"), IsEmpty());
  EXPECT_THAT(names_of_host("*.com"), IsEmpty());
  EXPECT_THAT(names_of_host("localhost.localdomain"), ElementsAre("localhost.localdomain"));
}

}  // namespace
}  // namespace duet::tls
