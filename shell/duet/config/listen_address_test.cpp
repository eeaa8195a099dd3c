// SPDX-License-Identifier: MIT
// Where a server listens, as people write it.
#include <duet/config/listen_address.hpp>

#include <gtest/gtest.h>

namespace duet::config {
namespace {

TEST(ListenAddress, TakesAPortOrAnAddressAndAPort) {
  const std::tuple<std::string_view, std::string_view> cases[] = {
      {"2022", "[::]:2022"},
      {":2022", "[::]:2022"},
      {"[::]:2022", "[::]:2022"},
      {"0", "[::]:0"},
      {"0.0.0.0:65535", "0.0.0.0:65535"},
      {"127.0.0.1:2022", "127.0.0.1:2022"},
      {"[::1]:2022", "[::1]:2022"},
      {"[2001:DB8::1]:80", "[2001:db8::1]:80"},
  };
  for (const auto& [text, again] : cases) {
    const auto address = ListenAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_string(), again);
    EXPECT_EQ(ListenAddress::parse(again), *address);
  }
}

TEST(ListenAddress, OfNoAddressIsEveryAddress) {
  EXPECT_EQ(ListenAddress::parse("2022")->address, std::nullopt);
  EXPECT_EQ(ListenAddress::parse("[::]:2022")->address, std::nullopt);
  EXPECT_NE(ListenAddress::parse("0.0.0.0:2022")->address, std::nullopt) << "IPv4 alone";
}

TEST(ListenAddress, RefusesTheRest) {
  for (const auto* text : {"", ":", "x", "localhost:2022", "127.0.0.1", "127.0.0.1:", "::1:2022",
                           "[::1]", "[::1]2022", "[]:2022", "[127.0.0.1]:2022", "[fe80::1%eth0]:1",
                           "127.0.0.1:-1", "127.0.0.1:2022 ", "1.2.3:4", "http://127.0.0.1:2022"})
    EXPECT_EQ(ListenAddress::parse(text).error(), (Sentence{Say::NotAListenAddress, {text}}))
        << text;
  EXPECT_EQ(ListenAddress::parse("65536").error(), (Sentence{Say::NotAPort, {"65536"}}));
  EXPECT_EQ(ListenAddress::parse("[::1]:70000").error(), (Sentence{Say::NotAPort, {"70000"}}));
}

}  // namespace
}  // namespace duet::config
