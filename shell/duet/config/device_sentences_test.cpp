// SPDX-License-Identifier: MIT
// What devices say, in the command's language.
#include <duet/config/device_sentences.hpp>

#include <gtest/gtest.h>

namespace duet::config {
namespace {

std::string chinese(std::string_view sentence) { return in_language(sentence, Language::Chinese); }

TEST(DeviceSentences, AreToldInChineseWithTheirNames) {
  EXPECT_EQ(chinese("There is no camera on this machine."), "本机没有摄像头。");
  EXPECT_EQ(chinese("There is no camera Logitech."), "没有摄像头 Logitech。");
  EXPECT_EQ(chinese("The camera /dev/video0 was unplugged."), "摄像头 /dev/video0 已被拔出。");
  EXPECT_EQ(chinese("The microphone gives no sound."), "麦克风 没有声音。");
  EXPECT_EQ(chinese("A recording can't be written to /x: the folder /: Permission denied."),
            "无法将录像写入 /x：文件夹 /：Permission denied。");
  EXPECT_EQ(chinese("a. b.mkv can't be read: Permission denied."),
            "a. b.mkv 无法读取：Permission denied。");
}

TEST(DeviceSentences, StayAsTheyAreInEnglishAndWhereTheyAreUnknown) {
  const std::string_view known = "There is no camera on this machine.";
  EXPECT_EQ(in_language(known, Language::English), known);
  EXPECT_EQ(chinese("libvpx: Memory allocation error"), "libvpx: Memory allocation error");
  EXPECT_EQ(chinese("There is no camera ."), "There is no camera .") << "a name is missing";
  EXPECT_EQ(chinese(""), "");
}

}  // namespace
}  // namespace duet::config
