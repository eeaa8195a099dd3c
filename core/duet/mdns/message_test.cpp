// SPDX-License-Identifier: MIT
// Messages as they are on the wire.
#include <duet/base/bytes.hpp>
#include <duet/base/test_hex.hpp>
#include <duet/mdns/message.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace duet::mdns {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const IpAddress kAddress = IpAddress::v4({192, 168, 1, 7});

Result<Message, ParseError> parse(std::string_view hex) { return Message::parse(from_hex(hex)); }

TEST(MdnsMessage, ReadsAQuestion) {
  const auto message = parse(
      "0000 0000 0001 0000 0000 0000"
      "04 66336131 05 6c6f63616c 00 0001 8001");
  ASSERT_TRUE(message);
  EXPECT_FALSE(message->is_response);
  EXPECT_THAT(message->questions, ElementsAre(Question{"f3a1.local", RecordType::A, true}));
}

TEST(MdnsMessage, ReadsAnswersWithPointers) {
  // The second record's name is a pointer to the first's, and its data an address of IPv6.
  const auto message = parse(
      "0000 8400 0000 0002 0000 0000"
      "02 4162 05 4c4f43414c 00 0001 8001 00000078 0004 c0a80107"
      "c00c 001c 0001 00000078 0010 20010db8000000000000000000000001");
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->is_response);
  EXPECT_THAT(message->records,
              ElementsAre(AddressRecord{"ab.local", kAddress, 120, true},
                          AddressRecord{"ab.local", *IpAddress::parse("2001:db8::1"), 120, false}));
}

TEST(MdnsMessage, ReadsAPartOfANameThroughAPointer) {
  const auto message = parse(
      "0000 8400 0000 0002 0000 0000"
      "01 61 05 6c6f63616c 00 0001 0001 00000001 0004 01020304"
      "01 62 c00e 0001 0001 00000001 0004 01020304");
  ASSERT_TRUE(message);
  ASSERT_THAT(message->records, SizeIs(2));
  EXPECT_EQ(message->records[1].name, "b.local");
}

TEST(MdnsMessage, RefusesPointersThatLeadNowhere) {
  const std::string head = "0000 0000 0001 0000 0000 0000";
  EXPECT_EQ(parse(head + "c00c 0001 0001").error(), ParseError::BadName);        // to itself
  EXPECT_EQ(parse(head + "c0ff 0001 0001").error(), ParseError::BadName);        // forwards
  EXPECT_EQ(parse(head + "01 61 c00c 0001 0001").error(), ParseError::BadName);  // a circle
  EXPECT_EQ(parse(head + "8161 00 0001 0001").error(), ParseError::BadName);     // an unknown kind
  EXPECT_EQ(parse(head + "05 6161").error(), ParseError::BadName);               // too short
  EXPECT_EQ(parse(head + "01 61 00 00").error(), ParseError::Truncated);
}

TEST(MdnsMessage, RefusesNamesThatAreTooLong) {
  std::string hex = "0000 0000 0001 0000 0000 0000";
  const auto label = [&] {
    hex += "3f";
    for (int i = 0; i < 63; ++i) hex += "61";
  };
  for (int i = 0; i < 3; ++i) label();
  std::string longest = hex + "3d";
  for (int i = 0; i < 61; ++i) longest += "61";
  EXPECT_TRUE(parse(longest + "00 0001 0001"));  // 255 bytes
  label();
  EXPECT_EQ(parse(hex + "00 0001 0001").error(), ParseError::BadName);
}

/// A record of text whose data is `count` pointers, each to the one before it and the first to the
/// name "a", and one of an address whose name is the last pointer.
std::vector<std::byte> chain_of_pointers(std::size_t count) {
  std::vector<std::byte> bytes =
      from_hex("0000 8400 0000 0002 0000 0000 01 61 00 0010 0001 00000001");
  const auto u16 = [&](std::size_t value) {
    bytes.push_back(static_cast<std::byte>(value >> 8));
    bytes.push_back(static_cast<std::byte>(value & 0xFF));
  };
  u16(2 * count);
  std::size_t target = 12;
  for (std::size_t i = 0; i <= count; ++i) {
    const std::size_t here = bytes.size();
    u16(0xC000 | target);
    target = here;
  }
  const auto address = from_hex("0001 0001 00000001 0004 01020304");
  bytes.insert(bytes.end(), address.begin(), address.end());
  return bytes;
}

TEST(MdnsMessage, RefusesNamesThatLeadThroughPointersWithoutEnd) {
  EXPECT_EQ(Message::parse(chain_of_pointers(100))->records.at(0).name, "a");
  EXPECT_EQ(Message::parse(chain_of_pointers(2000)).error(), ParseError::BadName);
}

TEST(MdnsMessage, RefusesAddressesOfAnotherSize) {
  const std::string head = "0000 8400 0000 0001 0000 0000 01 61 00 ";
  EXPECT_EQ(parse(head + "0001 0001 00000001 0003 010203").error(), ParseError::BadRecord);
  EXPECT_EQ(parse(head + "001c 0001 00000001 0004 01020304").error(), ParseError::BadRecord);
}

TEST(MdnsMessage, ReadsPastWhatItDoesNotKnow) {
  const auto message = parse(
      "0000 8400 0000 0003 0001 0001"
      "01 61 00 000c 0001 00000001 0002 c00c"        // PTR
      "02 2e21 00 0001 0001 00000001 0004 01020304"  // no letters
      "01 62 00 0001 0003 00000001 0004 01020304"    // another class
      "01 63 00 0001 0001 00000001 0004 01020304"    // authority
      "01 64 00 0001 0001 00000001 0004 01020304");  // additional
  ASSERT_TRUE(message);
  ASSERT_THAT(message->records, SizeIs(1));
  EXPECT_EQ(message->records[0].name, "d");
}

TEST(MdnsMessage, IgnoresOtherOpcodesAndErrors) {
  EXPECT_EQ(parse("0000 2800 0000 0000 0000 0000").error(), ParseError::OtherOpcode);
  EXPECT_EQ(parse("0000 8403 0000 0000 0000 0000").error(), ParseError::OtherOpcode);
  EXPECT_EQ(Message::parse(std::vector<std::byte>(kMaxMessage + 1)).error(), ParseError::TooLong);
}

TEST(MdnsMessage, KeepsNoMoreThanItsBound) {
  Message message{.is_response = true};
  for (int i = 0; i < 200; ++i) {
    message.records.push_back({"a" + std::to_string(i) + ".local", kAddress, 120, true});
  }
  const auto read = Message::parse(message.serialize());
  ASSERT_TRUE(read);
  EXPECT_THAT(read->records, SizeIs(Message::kMaxEntries));
}

TEST(MdnsMessage, SaysThatThereIsOneTypeOnly) {  // RFC 6762 §6.1
  const Message message{.is_response = true, .only = {{"a", RecordType::Aaaa}}};
  const auto expected = from_hex(
      "0000 8400 0000 0001 0000 0000"
      "01 61 00 002f 8001 00000078 0009 01 61 00 00 04 00000008");
  EXPECT_EQ(message.serialize(), std::vector<std::byte>(expected.begin(), expected.end()));
  EXPECT_THAT(Message::parse(message.serialize())->records, IsEmpty());
}

TEST(MdnsMessage, KnowsNames) {
  EXPECT_TRUE(is_name("f3a1-0.local"));
  EXPECT_FALSE(is_name(""));
  EXPECT_FALSE(is_name(".local"));
  EXPECT_FALSE(is_name("a..local"));
  EXPECT_FALSE(is_name("a.local."));
  EXPECT_FALSE(is_name("a b.local"));
  EXPECT_FALSE(is_name(std::string(64, 'a')));
  EXPECT_FALSE(is_name(std::string(254, 'a')));
}

}  // namespace
}  // namespace duet::mdns
