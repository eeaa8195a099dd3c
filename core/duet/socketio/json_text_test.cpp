// SPDX-License-Identifier: MIT
// What a packet's JSON may be, and what is read from it.
#include <duet/socketio/json_text.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duet::socketio {
namespace {

/// "name|arguments", or the error's number after '!'.
std::string parse(std::string_view text, std::size_t attachments = 0) {
  std::string storage;
  const auto event = parse_event_text(text, attachments, storage);
  if (!event) return "!" + std::to_string(static_cast<int>(event.error()));
  return std::string{event->name} + "|" + std::string{event->arguments};
}

const std::string kMalformed = "!0";
const std::string kWrongKind = "!1";
const std::string kNoName = "!2";
const std::string kReserved = "!3";
const std::string kPlaceholder = "!4";

TEST(EventText, IsTakenApartAsItWasWritten) {
  EXPECT_EQ(parse(R"(["message"])"), "message|");
  EXPECT_EQ(parse(R"(["message",1,"2",{"3":[true]}])"), R"(message|1,"2",{"3":[true]})");
  EXPECT_EQ(parse(R"( [ "a" , 1.50 , {"b" : 2} ] )"), R"(a|1.50 , {"b" : 2})");
  EXPECT_EQ(parse(R"(["",null])"), "|null");
  EXPECT_EQ(parse("[\"日本\",\"\u00e9\"]"), "日本|\"\u00e9\"");
}

TEST(EventText, UnescapesTheName) {
  EXPECT_EQ(parse(R"(["a\"b\\\u0041\n",1])"), "a\"b\\A\n|1");
  EXPECT_EQ(parse(R"(["create\u0020or join","r"])"), R"(create or join|"r")");
}

TEST(EventText, TakesANumberForAName) {
  EXPECT_EQ(parse("[1,2]"), "1|2");
  EXPECT_EQ(parse("[-1.5e3]"), "-1.5e3|");
  EXPECT_EQ(parse("[7 , 8]"), "7|8");
}

TEST(EventText, RefusesWhatIsNoName) {
  for (const char* text : {"[]", "[null]", "[true,1]", R"([["a"]])", R"([{"a":1}])"}) {
    EXPECT_EQ(parse(text), kNoName) << text;
  }
}

TEST(EventText, RefusesReservedNames) {
  for (const char* name : {"connect", "connect_error", "disconnect", "disconnecting", "newListener",
                           "removeListener", "\\u0063onnect"}) {
    EXPECT_EQ(parse("[\"" + std::string{name} + "\",1]"), kReserved) << name;
  }
  EXPECT_EQ(parse(R"(["connected"])"), "connected|");
}

TEST(EventText, RefusesWhatIsNoArray) {
  for (const char* text : {"{}", R"("a")", "1", "null"}) EXPECT_EQ(parse(text), kWrongKind) << text;
}

TEST(EventText, RefusesWhatIsNoJson) {
  for (const char* text :
       {"", " ", "[", "]", R"(["a")", R"(["a",])", R"(["a" 1])", R"(["a"]])", R"(["a"] x)",
        R"(["a)", "['a']", R"(["a",01])", R"(["a",NaN])", R"(["a",/**/1])", "[\"a\",\"\n\"]",
        R"(["a","\x"])", R"(["a",tru])", R"(["a",{1:2}])", R"(["a",{"b"}])"}) {
    EXPECT_EQ(parse(text), kMalformed) << text;
  }
}

TEST(EventText, RefusesBadUtf8) {
  EXPECT_EQ(parse("[\"a\",\"\xff\"]"), kMalformed);
  EXPECT_EQ(parse("[\"a\",\"\xed\xa0\x80\"]"), kMalformed);
  EXPECT_EQ(parse("[\"a\",\"\xc0\xaf\"]"), kMalformed);
}

TEST(EventText, TakesHalfASurrogatePairAndPassesItOnAsItIs) {
  EXPECT_EQ(parse(R"(["a","\ud800",{"\uDC00":1}])"), R"(a|"\ud800",{"\uDC00":1})");
  EXPECT_EQ(parse(R"(["\ud800b",1])"),
            "\xEF\xBF\xBD"
            "b|1");  // U+FFFD in the name
  EXPECT_EQ(parse(R"(["a","\ud800"]])"), kMalformed);
  EXPECT_EQ(parse(R"(["a","\ud800",{"_placeholder":true,"num":1}])", 1), kPlaceholder);
}

TEST(EventText, MayBe128LevelsDeep) {
  const auto nested = [](std::size_t depth) {
    return "[\"a\"," + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "]";
  };
  EXPECT_NE(parse(nested(kMaxJsonDepth)), kMalformed);
  EXPECT_EQ(parse(nested(kMaxJsonDepth + 1)), kMalformed);
  EXPECT_EQ(parse(nested(10'000)), kMalformed);
  EXPECT_EQ(parse(nested(kMaxJsonDepth), 1), parse(nested(kMaxJsonDepth)));
}

TEST(EventText, TakesPlaceholdersThatNameAnAttachment) {
  EXPECT_EQ(parse(R"(["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])", 2),
            R"(a|{"_placeholder":true,"num":0},{"_placeholder":true,"num":1})");
  EXPECT_EQ(parse(R"(["a",{"x":[{"num":1,"_placeholder":true}]}])", 2),
            R"(a|{"x":[{"num":1,"_placeholder":true}]})");
  EXPECT_EQ(parse(R"(["a",{"_placeholder":false,"num":9},{"num":9}])", 1),
            R"(a|{"_placeholder":false,"num":9},{"num":9})");
}

TEST(EventText, RefusesPlaceholdersThatNameNone) {
  for (const char* object :
       {R"({"_placeholder":true})", R"({"_placeholder":true,"num":1})",
        R"({"_placeholder":true,"num":-1})", R"({"_placeholder":true,"num":0.5})",
        R"({"_placeholder":true,"num":"0"})", R"({"_placeholder":true,"num":null})",
        R"({"_placeholder":true,"num":[0]})", R"({"_placeholder":true,"num":{"num":0}})",
        R"({"_placeholder":true,"num":0,"num":7})", R"({"num":1e99,"_placeholder":true})",
        R"({"\u005fplaceholder":true,"num":5})", R"({"_placeholder":true,"nums":0})",
        R"({"_placeholder":false,"_placeholder":true,"num":99999999999999999999})"}) {
    EXPECT_EQ(parse("[\"a\"," + std::string{object} + "]", 1), kPlaceholder) << object;
    EXPECT_EQ(parse("[\"a\"," + std::string{object} + "]", 0), "a|" + std::string{object});
  }
}

TEST(JsonText, TellsArraysFromObjects) {
  EXPECT_EQ(check_json_array("[1,{}]", 0), std::nullopt);
  EXPECT_EQ(check_json_array("{}", 0), JsonError::WrongKind);
  EXPECT_EQ(check_json_array("[", 0), JsonError::Malformed);
  EXPECT_EQ(check_json_array(R"([{"_placeholder":true}])", 1), JsonError::BadPlaceholder);
  EXPECT_EQ(check_json_object(R"({"token":"123"})"), std::nullopt);
  EXPECT_EQ(check_json_object("[]"), JsonError::WrongKind);
  EXPECT_EQ(check_json_object("{}{}"), JsonError::Malformed);
}

}  // namespace
}  // namespace duet::socketio
