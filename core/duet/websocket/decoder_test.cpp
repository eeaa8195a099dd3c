// SPDX-License-Identifier: MIT
// Frames become messages: whole, in pieces, and those that break a rule.
#include <duet/base/bytes.hpp>
#include <duet/websocket/decoder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace duet::websocket {
namespace {

using testing::ElementsAre;

using Bytes = std::vector<std::byte>;

constexpr MaskingKey kKey{std::byte{0x37}, std::byte{0xFA}, std::byte{0x21}, std::byte{0x3D}};

/// A masked frame as a client sends it, with any first byte.
Bytes frame(unsigned first_byte, std::string_view payload) {
  Bytes out(kMaxHeaderSize);
  const std::size_t size = serialize_header(std::span<std::byte, kMaxHeaderSize>{out}, Opcode::Text,
                                            payload.size(), kKey);
  out.resize(size);
  out[0] = static_cast<std::byte>(first_byte);
  for (const char c : payload) out.push_back(static_cast<std::byte>(c));
  apply_mask(std::span{out}.subspan(size), kKey);
  return out;
}

Bytes join(const std::vector<Bytes>& parts) {
  Bytes out;
  for (const Bytes& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

struct Outcome {
  std::vector<std::string> messages;  // "1:text": opcode and payload
  std::optional<CloseCode> error;
};

/// Feeds `bytes` in pieces of `step`.
Outcome decode(Bytes bytes, std::size_t step, Limits limits = {}) {
  Decoder decoder{Role::Server, limits};
  Outcome outcome;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    auto input = std::span{bytes}.subspan(at, std::min(step, bytes.size() - at));
    while (true) {
      const auto message = decoder.next(input);
      if (!message) {
        outcome.error = message.error();
        return outcome;
      }
      if (!*message) break;
      outcome.messages.push_back(std::to_string(static_cast<int>((*message)->opcode)) + ":" +
                                 std::string{(*message)->bytes});
    }
    EXPECT_TRUE(input.empty());
  }
  return outcome;
}

std::optional<CloseCode> error_of(const Bytes& bytes, Limits limits = {}) {
  const Outcome whole = decode(bytes, bytes.size(), limits);
  const Outcome pieces = decode(bytes, 1, limits);
  EXPECT_EQ(whole.error, pieces.error);
  return whole.error;
}

TEST(WebSocketDecoder, TakesTheShortestFormOfALengthOnly) {  // RFC 6455 §5.2
  const auto header = [](std::vector<unsigned> first, std::size_t payload) {
    Bytes out;
    for (const unsigned byte : first) out.push_back(static_cast<std::byte>(byte));
    out.resize(out.size() + 4 + payload);  // the key is zero
    return out;
  };
  EXPECT_EQ(decode(header({0x82, 0xFE, 0, 126}, 126), 1000).messages.size(), 1U);
  EXPECT_EQ(decode(header({0x82, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0}, 65'536), 1000).messages.size(), 1U);
  for (const auto& longer : {header({0x82, 0xFE, 0, 125}, 125), header({0x82, 0xFE, 0, 0}, 0),
                             header({0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, 65'535),
                             header({0x89, 0xFE, 0, 5}, 5)}) {
    for (const std::size_t step : {std::size_t{1}, longer.size()}) {
      EXPECT_EQ(decode(longer, step).error, CloseCode::ProtocolError);
    }
  }
}

TEST(WebSocketDecoder, ReadsTheMaskedHelloOfTheRfc) {  // RFC 6455 §5.7
  const Bytes hello = frame(0x81, "Hello");
  EXPECT_EQ(hello[1], std::byte{0x85});
  EXPECT_EQ(hello[6], std::byte{0x7F});
  EXPECT_THAT(decode(hello, 100).messages, ElementsAre("1:Hello"));
}

TEST(WebSocketDecoder, GivesTheSameMessagesWhateverTheCut) {
  const std::string big(70'000, 'x');
  const Bytes stream =
      join({frame(0x81, "one"), frame(0x01, "tw"), frame(0x89, "ping"), frame(0x80, "o"),
            frame(0x82, std::string_view{"\0\xFF", 2}), frame(0x81, ""),
            frame(0x81, std::string(300, 'y')), frame(0x02, big), frame(0x80, "")});
  const Outcome whole = decode(stream, stream.size());
  EXPECT_THAT(whole.messages,
              ElementsAre("1:one", "9:ping", "1:two", "2:" + std::string{"\0\xFF", 2},
                          "1:", "1:" + std::string(300, 'y'), "2:" + big));
  for (const std::size_t step : {1U, 2U, 3U, 7U, 13U, 1000U, 65536U}) {
    const Outcome pieces = decode(stream, step);
    EXPECT_EQ(pieces.messages, whole.messages) << step;
    EXPECT_FALSE(pieces.error);
  }
}

TEST(WebSocketDecoder, RefusesWhatBreaksTheFraming) {
  EXPECT_EQ(error_of(frame(0xC1, "rsv1")), CloseCode::ProtocolError);
  EXPECT_EQ(error_of(frame(0x83, "reserved opcode")), CloseCode::ProtocolError);
  EXPECT_EQ(error_of(frame(0x80, "nothing to continue")), CloseCode::ProtocolError);
  EXPECT_EQ(error_of(join({frame(0x01, "a"), frame(0x81, "b")})), CloseCode::ProtocolError);
  EXPECT_EQ(error_of(frame(0x09, "a ping in two parts")), CloseCode::ProtocolError);
  EXPECT_EQ(error_of(frame(0x89, std::string(126, 'p'))), CloseCode::ProtocolError);
  EXPECT_EQ(error_of({std::byte{0x81}, std::byte{0x01}, std::byte{'a'}}), CloseCode::ProtocolError)
      << "not masked";
}

TEST(WebSocketDecoder, RefusesTextThatIsNotUtf8) {
  EXPECT_EQ(error_of(frame(0x81, "\xC0\xAF")), CloseCode::InvalidPayload);
  EXPECT_EQ(error_of(join({frame(0x01, "\xE2\x82"), frame(0x80, "x")})), CloseCode::InvalidPayload);
  EXPECT_THAT(decode(join({frame(0x01, "\xE2\x82"), frame(0x80, "\xAC")}), 1).messages,
              ElementsAre("1:\xE2\x82\xAC"))
      << "a character may be cut by a frame's end";
}

TEST(WebSocketDecoder, RefusesWhatIsTooBigByItsHeaderAlone) {
  const Limits limits{.max_message = 1000};
  EXPECT_EQ(error_of(frame(0x81, std::string(1000, 'x')), limits), std::nullopt);
  EXPECT_EQ(error_of(frame(0x81, std::string(1001, 'x')), limits), CloseCode::TooBig);
  EXPECT_EQ(error_of(join({frame(0x01, std::string(900, 'x')), frame(0x80, std::string(101, 'x'))}),
                     limits),
            CloseCode::TooBig);
  Bytes lie(10, std::byte{0xFF});  // 2^64 - 1 bytes announced, none sent
  lie[0] = std::byte{0x81};
  lie.insert(lie.end(), 4, std::byte{0});
  EXPECT_EQ(error_of(lie, limits), CloseCode::TooBig);
}

TEST(WebSocketDecoder, TakesAThousandFragmentsAndNoMore) {
  const auto fragments = [](int count) {
    std::vector<Bytes> frames{frame(0x01, "x")};
    for (int i = 2; i < count; ++i) frames.push_back(frame(0x00, "x"));
    frames.push_back(frame(0x80, "x"));
    return join(frames);
  };
  EXPECT_THAT(decode(fragments(1000), 4096).messages, ElementsAre("1:" + std::string(1000, 'x')));
  EXPECT_EQ(error_of(fragments(1001)), CloseCode::PolicyViolation);
}

TEST(WebSocketDecoder, ServesAClientToo) {
  Bytes hello{std::byte{0x81}, std::byte{0x02}, std::byte{'h'}, std::byte{'i'}};
  Decoder decoder{Role::Client, {}};
  std::span input{hello};
  const auto message = decoder.next(input);
  ASSERT_TRUE(message && *message);
  EXPECT_EQ((*message)->bytes, "hi");
}

TEST(WebSocketClose, KnowsWhichCodesMayTravel) {  // RFC 6455 §7.4
  EXPECT_EQ(parse_close(""), 1005);
  EXPECT_EQ(parse_close(std::string_view{"\x03\xE8", 2}), 1000);
  EXPECT_EQ(parse_close(std::string_view{"\x0F\xA0reason", 8}), 4000);
  EXPECT_EQ(parse_close("x"), std::nullopt);
  EXPECT_EQ(parse_close(std::string_view{"\x03\xED", 2}), std::nullopt) << "1005";
  EXPECT_EQ(parse_close(std::string_view{"\x03\xE8\xFF", 3}), std::nullopt) << "not UTF-8";
}

}  // namespace
}  // namespace duet::websocket
