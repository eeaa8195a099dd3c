// SPDX-License-Identifier: MIT
// Tests of Binding answers.
#include <duet/stun/binding.hpp>
#include <duet/stun/writer.hpp>

#include <gtest/gtest.h>

#include <array>

namespace duet::stun {
namespace {

const Endpoint kSource{IpAddress::v4({203, 0, 113, 9}), 5000};
const Endpoint kLocal{IpAddress::v4({192, 0, 2, 1}), 2022};
const Endpoint kOther{IpAddress::v4({192, 0, 2, 2}), 2023};

struct Asked {
  std::array<std::byte, 256> request{};
  std::array<std::byte, 256> buffer{};
  std::optional<BindingServer::Answer> answer;
  std::optional<Message> message;

  template <class Fill>
  Asked(const BindingServer& server, const Endpoint& source, Fill fill,
        MessageType type = {Class::Request, Method::Binding}, const Endpoint& local = kLocal) {
    Writer writer{request, type, {std::byte{9}}};
    fill(writer);
    const auto parsed = Message::parse(writer.finish());
    answer = server.answer(*parsed, source, local, buffer);
    if (answer) message = *Message::parse(answer->message);
  }
};

TEST(StunBinding, TellsTheSourceInThirtyTwoBytes) {
  const Asked asked{BindingServer{}, kSource, [](Writer&) {}};
  ASSERT_TRUE(asked.answer);
  EXPECT_EQ(asked.answer->message.size(), 32u);
  EXPECT_EQ(asked.answer->from, kLocal);
  EXPECT_EQ(asked.answer->to, kSource);
  EXPECT_EQ(asked.message->klass(), Class::Success);
  EXPECT_EQ(find_xor_address(*asked.message, AttributeType::XorMappedAddress), kSource);
}

TEST(StunBinding, AnswersAtMostFortyFourBytesForTwenty) {
  const Endpoint v6{*IpAddress::parse("2001:db8::1"), 1};
  const Asked asked{BindingServer{}, v6, [](Writer&) {}};
  ASSERT_TRUE(asked.answer);
  EXPECT_EQ(asked.answer->message.size(), 44u);
}

TEST(StunBinding, RefusesInAtMostTwiceTheRequest) {
  const Asked asked{BindingServer{}, kSource, [](Writer& w) { w.add_flag(AttributeType{1}); }};
  ASSERT_TRUE(asked.answer);
  EXPECT_EQ(asked.message->klass(), Class::Error);
  EXPECT_LE(asked.answer->message.size(), 2u * 24u);
}

TEST(StunBinding, AnswersAFingerprintWithAFingerprint) {
  const Asked asked{BindingServer{}, kSource, [](Writer& w) { w.add_fingerprint(); }};
  EXPECT_TRUE(asked.message->has_fingerprint());
}

TEST(StunBinding, ListsWhatItMustKnowAndDoesNot) {  // RFC 8489 §6.3.1
  const Asked asked{BindingServer{}, kSource, [](Writer& w) {
                      w.add_u32(AttributeType{0x7ABC}, 1);
                      w.add_u32(AttributeType{0xABCD}, 1);  // may be ignored
                      w.add_u32(AttributeType::ChangeRequest, 0);
                    }};
  EXPECT_EQ(asked.message->klass(), Class::Error);
  EXPECT_EQ(parse_error_code(*asked.message->find(AttributeType::ErrorCode))->code,
            ErrorCode::UnknownAttribute);
  EXPECT_EQ(asked.message->text(AttributeType::UnknownAttributes),
            (std::string_view{"\x7A\xBC\0\x03", 4}));
}

TEST(StunBinding, AnswersNothingButBindingRequests) {
  for (const MessageType type : {MessageType{Class::Indication, Method::Binding},
                                 MessageType{Class::Success, Method::Binding},
                                 MessageType{Class::Request, Method::Allocate}}) {
    EXPECT_FALSE((Asked{BindingServer{}, kSource, [](Writer&) {}, type}.answer));
  }
}

TEST(StunBinding, AnswersFromWhereItIsAsked) {  // RFC 5780 §6.1, table 1
  const BindingServer server{AlternatePair{kLocal, kOther}};
  const Endpoint expected[] = {
      kLocal, {kLocal.address, kOther.port}, {kOther.address, kLocal.port}, kOther};
  for (std::uint32_t change = 0; change < 4; ++change) {
    const Asked asked{server, kSource,
                      [&](Writer& w) { w.add_u32(AttributeType::ChangeRequest, change << 1); }};
    ASSERT_TRUE(asked.answer);
    EXPECT_EQ(asked.answer->from, expected[change]);
    EXPECT_EQ(parse_address(*asked.message->find(AttributeType::ResponseOrigin)), expected[change]);
    EXPECT_EQ(parse_address(*asked.message->find(AttributeType::OtherAddress)), kOther);
  }
}

TEST(StunBinding, TellsBothFormsOfTheSourceWhereItHasTwoAddresses) {  // RFC 5780 §6.1
  const Asked asked{BindingServer{AlternatePair{kLocal, kOther}}, kSource, [](Writer&) {}};
  EXPECT_EQ(find_xor_address(*asked.message, AttributeType::XorMappedAddress), kSource);
  const auto plain = asked.message->find(AttributeType::MappedAddress);
  ASSERT_TRUE(plain);
  EXPECT_EQ(parse_address(*plain), kSource);
}

TEST(StunBinding, AnswersAtAThirdAddressFromThere) {
  BindingServer server{AlternatePair{kLocal, kOther}};
  constexpr MessageType kRequest{Class::Request, Method::Binding};
  const Endpoint v6{*IpAddress::parse("2001:db8::1"), kLocal.port};
  for (const Endpoint& third :
       {Endpoint{IpAddress::v4({192, 0, 2, 3}), kLocal.port}, Endpoint{kLocal.address, 99}, v6}) {
    const Asked asked{server, kSource, [](Writer&) {}, kRequest, third};
    ASSERT_TRUE(asked.answer);
    EXPECT_EQ(asked.answer->from, third);
    EXPECT_EQ(asked.answer->message.size(), 32u);
    const Asked change{server, kSource,
                       [](Writer& w) { w.add_u32(AttributeType::ChangeRequest, 6); }, kRequest,
                       third};
    EXPECT_EQ(change.message->klass(), Class::Error);
  }
  const Endpoint other_v6{*IpAddress::parse("2001:db8::2"), kOther.port};
  server.add({v6, other_v6});
  const Asked both{server, kSource, [](Writer&) {}, kRequest, v6};
  EXPECT_EQ(parse_address(*both.message->find(AttributeType::OtherAddress)), other_v6);
}

TEST(StunBinding, AnswersToAnotherPortOrWithPaddingWhereAsked) {  // RFC 5780 §7.5, §7.6
  const BindingServer server{AlternatePair{kLocal, kOther}};
  const auto ask_port = [](Writer& w) {
    w.add(AttributeType::ResponsePort, std::string_view{"\x12\x34", 2});
  };
  const auto ask_padding = [](Writer& w) { w.add(AttributeType::Padding, std::string(64, '\0')); };
  const Asked port{server, kSource, ask_port};
  ASSERT_TRUE(port.answer);
  EXPECT_EQ(port.answer->to, (Endpoint{kSource.address, 0x1234}));
  const Asked padding{server, kSource, ask_padding};
  ASSERT_TRUE(padding.answer);
  EXPECT_EQ(padding.message->text(AttributeType::Padding).size(), 64u);
  const Asked both{server, kSource, [&](Writer& w) {
                     ask_port(w);
                     ask_padding(w);
                   }};
  ASSERT_TRUE(both.answer);
  EXPECT_EQ(both.answer->to, kSource);
  EXPECT_EQ(parse_error_code(*both.message->find(AttributeType::ErrorCode))->code,
            ErrorCode::BadRequest);
}

}  // namespace
}  // namespace duet::stun
