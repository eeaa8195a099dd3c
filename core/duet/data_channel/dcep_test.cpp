// SPDX-License-Identifier: MIT
// DCEP messages.
#include <duet/base/bytes.hpp>
#include <duet/data_channel/dcep.hpp>

#include <gtest/gtest.h>

namespace duet::data_channel {
namespace {

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

TEST(Dcep, ReadsWhatBrowsersSend) {
  using namespace std::string_view_literals;
  const auto open =
      DataChannelOpen::parse(as_bytes("\x03\x82\x01\x00\x00\x00\x01\xF4\x00\x04\x00\x02"
                                      "chatv1"sv));
  ASSERT_TRUE(open);
  EXPECT_EQ(*open, (DataChannelOpen{.kind = DataChannelOpen::Kind::Timed,
                                    .ordered = false,
                                    .priority = 256,
                                    .reliability = 500,
                                    .label = "chat",
                                    .protocol = "v1"}));
  EXPECT_EQ(DataChannelOpen::parse(open->serialize()), open);
}

TEST(Dcep, RefusesNamesThatAreLongerThanTheMessage) {
  auto message = DataChannelOpen{.label = "chat"}.serialize();
  message[9] = std::byte{5};
  EXPECT_EQ(DataChannelOpen::parse(message).error(), DcepError::Truncated);
  message.resize(11);
  EXPECT_EQ(DataChannelOpen::parse(message).error(), DcepError::Truncated);
}

TEST(Dcep, RefusesKindsThatAreNotKnown) {
  auto message = DataChannelOpen{}.serialize();
  message[1] = std::byte{3};
  EXPECT_EQ(DataChannelOpen::parse(message).error(), DcepError::UnknownChannelType);
  EXPECT_EQ(DataChannelOpen::parse(make_ack()).error(), DcepError::NotOpen);
}

TEST(Dcep, KnowsAnAckByItsOneByte) {
  EXPECT_TRUE(is_ack(make_ack()));
  EXPECT_FALSE(is_ack(bytes_of("\x02\x02")));
  EXPECT_FALSE(is_ack({}));
}

TEST(Dcep, CarriesTheLongestNames) {
  const DataChannelOpen open{.label = std::string(kMaxNameSize, 'l'),
                             .protocol = std::string(kMaxNameSize, 'p')};
  EXPECT_EQ(DataChannelOpen::parse(open.serialize()), open);
}

}  // namespace
}  // namespace duet::data_channel
