// SPDX-License-Identifier: MIT
// getParameters() and setParameters() (W3C webrtc #dom-rtcrtpsender-setparameters).
#include <duet/peer/negotiation_test_support.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace duet::peer {
namespace {

using Name = Error::Name;

struct SendParametersTest : testing::Test {
  SendParametersTest() : video{*end->add_transceiver(MediaKind::Video)} { end.events(); }

  Name refusal(const SendParameters& parameters) {
    const auto result = end->set_parameters(video, parameters);
    EXPECT_FALSE(result);
    EXPECT_EQ(end.count_events<ParametersChanged>(), 0u);
    return result ? Name{} : result.error().name;
  }

  End end{1};
  TransceiverId video;
};

TEST_F(SendParametersTest, AreKeptAndTold) {
  auto parameters = *end->get_parameters(video);
  ASSERT_EQ(parameters.encodings.size(), 1u);
  EXPECT_TRUE(parameters.encodings[0].active);
  parameters.encodings[0] = {
      .active = false, .max_bitrate = 300'000, .max_framerate = 15, .scale_resolution_down_by = 2};
  ASSERT_TRUE(end->set_parameters(video, parameters));
  EXPECT_EQ(end.count_events<ParametersChanged>(), 1u);
  EXPECT_EQ(end->find(video)->encoding, parameters.encodings[0]);
  EXPECT_EQ(end->get_parameters(video)->encodings, parameters.encodings);
}

TEST_F(SendParametersTest, TellNothingWhereNothingIsAnother) {
  ASSERT_TRUE(end->set_parameters(video, *end->get_parameters(video)));
  EXPECT_EQ(end.count_events<ParametersChanged>(), 0u);
}

TEST_F(SendParametersTest, AreSetOnceForEachTimeTheyAreRead) {
  SendParameters parameters;
  parameters.encodings.resize(1);
  EXPECT_EQ(refusal(parameters), Name::InvalidStateError);
  parameters = *end->get_parameters(video);
  ASSERT_TRUE(end->set_parameters(video, parameters));
  EXPECT_EQ(refusal(parameters), Name::InvalidStateError);
  const auto old = parameters;
  parameters = *end->get_parameters(video);
  EXPECT_NE(parameters.transaction_id, old.transaction_id);
  EXPECT_EQ(refusal(old), Name::InvalidModificationError);
  EXPECT_TRUE(end->set_parameters(video, parameters));
}

TEST_F(SendParametersTest, ChangeNothingButTheEncoding) {
  const auto read = *end->get_parameters(video);
  auto parameters = read;
  parameters.encodings.emplace_back();
  EXPECT_EQ(refusal(parameters), Name::InvalidModificationError);
  parameters = read;
  parameters.cname = "another";
  EXPECT_EQ(refusal(parameters), Name::InvalidModificationError);
  parameters = read;
  parameters.codecs.emplace_back();
  EXPECT_EQ(refusal(parameters), Name::InvalidModificationError);
  EXPECT_TRUE(end->set_parameters(video, read));  // refusals change nothing
}

TEST_F(SendParametersTest, HaveOnlyNumbersThatCanBe) {
  const auto read = *end->get_parameters(video);
  for (const double scale : {0.99, 0.0, -1.0, std::nan("")}) {
    auto parameters = read;
    parameters.encodings[0].scale_resolution_down_by = scale;
    EXPECT_EQ(refusal(parameters), Name::RangeError) << scale;
  }
  for (const double rate : {-0.1, std::nan("")}) {
    auto parameters = read;
    parameters.encodings[0].max_framerate = rate;
    EXPECT_EQ(refusal(parameters), Name::RangeError) << rate;
  }
  const auto made =
      end->add_transceiver(MediaKind::Video, {.send_encoding = {.scale_resolution_down_by = 0.5}});
  EXPECT_EQ(made.error().name, Name::RangeError);
}

TEST_F(SendParametersTest, OfSoundHaveNoSize) {
  const auto audio = *end->add_transceiver(
      MediaKind::Audio, {.send_encoding = {.max_bitrate = 32'000, .max_framerate = 5}});
  EXPECT_EQ(end->find(audio)->encoding, EncodingParameters{.max_bitrate = 32'000});
  auto parameters = *end->get_parameters(audio);
  parameters.encodings[0].scale_resolution_down_by = 4;
  ASSERT_TRUE(end->set_parameters(audio, parameters));
  EXPECT_EQ(end->find(audio)->encoding, EncodingParameters{.max_bitrate = 32'000});
}

TEST_F(SendParametersTest, TellWhatWasAgreedOnAndOutliveIt) {
  auto parameters = *end->get_parameters(video);
  parameters.encodings[0].max_bitrate = 300'000;
  ASSERT_TRUE(end->set_parameters(video, parameters));
  EXPECT_TRUE(end->get_parameters(video)->codecs.empty());
  End other{2};
  ASSERT_TRUE(negotiate(end, other));
  const auto after = *end->get_parameters(video);
  EXPECT_EQ(after.codecs, end->find(video)->parameters.send);
  EXPECT_FALSE(after.codecs.empty());
  EXPECT_FALSE(after.cname.empty());
  EXPECT_EQ(after.encodings[0].max_bitrate, 300'000u);
  end.events();
  // What was read before the negotiation is not what is there now.
  EXPECT_EQ(refusal(parameters), Name::InvalidModificationError);
}

TEST_F(SendParametersTest, AreBoundByWhatThePeerTakes) {  // RFC 9429 §5.9
  auto parameters = *end->get_parameters(video);
  parameters.encodings[0].max_bitrate = 300'000;
  ASSERT_TRUE(end->set_parameters(video, parameters));
  End other{2};
  const auto bounded_by = [&](const std::string& line) {
    EXPECT_TRUE(end->set_local_description());
    EXPECT_TRUE(other->set_remote_description(*end->local_description()));
    EXPECT_TRUE(other->set_local_description());
    SessionDescription answer = *other->local_description();
    answer.sdp.insert(answer.sdp.find("\r\na=", answer.sdp.find("m=video")) + 2, line);
    EXPECT_TRUE(end->set_remote_description(answer));
    EXPECT_EQ(end->find(video)->encoding.max_bitrate, 300'000u);
    return end->find(video)->bounded_encoding().max_bitrate;
  };
  EXPECT_EQ(bounded_by("b=TIAS:120000\r\n"), 120'000u);
  EXPECT_EQ(bounded_by("b=AS:200\r\n"), 174'000u);
  EXPECT_EQ(bounded_by("b=AS:9000\r\n"), 300'000u);
  EXPECT_EQ(bounded_by("b=AS:200\r\nb=TIAS:120000\r\n"), 120'000u);
  for (const auto* line : {"", "b=AS:0\r\n", "b=AS:99999999999999999999\r\n",
                           "b=AS:99999999999999\r\n", "b=RR:1\r\n"}) {
    EXPECT_EQ(bounded_by(line), 300'000u) << line;
  }
}

TEST_F(SendParametersTest, StayWhenAnOfferIsTakenBack) {
  ASSERT_TRUE(end->set_local_description());
  auto parameters = *end->get_parameters(video);
  parameters.encodings[0].max_bitrate = 300'000;
  ASSERT_TRUE(end->set_parameters(video, parameters));
  ASSERT_TRUE(end->set_local_description({.type = SdpType::Rollback}));
  EXPECT_EQ(end->find(video)->encoding.max_bitrate, 300'000u);
}

TEST_F(SendParametersTest, AreNobodysOnceItHasStopped) {
  const auto parameters = *end->get_parameters(video);
  ASSERT_TRUE(end->stop(video));
  EXPECT_EQ(end->get_parameters(video).error().name, Name::InvalidAccessError);
  EXPECT_EQ(refusal(parameters), Name::InvalidAccessError);
}

}  // namespace
}  // namespace duet::peer
