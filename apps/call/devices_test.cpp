// SPDX-License-Identifier: MIT
// What `duet devices` prints.
#include "devices.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duet::apps {
namespace {

using config::Language;
using device::FourCc;

device::DeviceList some() {
  return {.cameras = {{"/dev/video0",
                       "HD Webcam",
                       {{device::kMjpeg, {1280, 720}, 30},
                        {device::kMjpeg, {640, 480}, 29.97},
                        {FourCc::of("YUYV"), {640, 480}, 7.5}}}},
          .microphones = {"USB Audio"},
          .speakers = {"default", "Bob's\x1b[2J \"Boom\" $(rm)"},
          .screens = {{":0", {1920, 1080}}}};
}

TEST(Devices, AreListedReadyToPaste) {
  EXPECT_EQ(devices_text(some(), Language::English),
            "Cameras\n"
            "  --video camera:/dev/video0   HD Webcam\n"
            "      MJPG  1280x720 30 fps, 640x480 29.97 fps\n"
            "      YUYV  640x480 7.5 fps\n"
            "Microphones\n"
            "  --audio 'mic:USB Audio'\n"
            "Speakers\n"
            "  --play default\n"
            "  --play 'Bob'\\''s?[2J \"Boom\" $(rm)'\n"
            "Screens\n"
            "  --video screen   :0  1920x1080\n");
}

TEST(Devices, SayWhereThereAreNone) {
  EXPECT_EQ(devices_text({}, Language::English),
            "Cameras\n  none\nMicrophones\n  none\nSpeakers\n  none\nScreens\n  none\n");
  EXPECT_THAT(devices_text({}, Language::Chinese), ::testing::StartsWith("摄像头\n  （无）\n"));
}

TEST(Devices, AreJsonForPrograms) {
  EXPECT_EQ(devices_json(some()),
            R"({"v":1,"cameras":[{"video":"camera:/dev/video0","name":"HD Webcam","formats":[)"
            R"({"fourcc":"MJPG","width":1280,"height":720,"fps":30},)"
            R"({"fourcc":"MJPG","width":640,"height":480,"fps":29.97},)"
            R"({"fourcc":"YUYV","width":640,"height":480,"fps":7.5}]}],)"
            R"("microphones":[{"audio":"mic:USB Audio","name":"USB Audio"}],)"
            R"x("speakers":[{"play":"default"},{"play":"Bob's?[2J \"Boom\" $(rm)"}],)x"
            R"("screens":[{"video":"screen","display":":0","width":1920,"height":1080}]})");
  EXPECT_EQ(devices_json({.speakers = {"\xFF\xFE"}}),
            R"({"v":1,"cameras":[],"microphones":[],"speakers":[{"play":"??"}],"screens":[]})");
}

}  // namespace
}  // namespace duet::apps
