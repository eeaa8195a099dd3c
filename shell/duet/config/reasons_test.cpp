// SPDX-License-Identifier: MIT
// The system's reasons in both languages.
#include <duet/config/reasons.hpp>

#include <gtest/gtest.h>

namespace duet::config {
namespace {

TEST(Reasons, AreToldInBothLanguages) {
  EXPECT_EQ(told(std::errc::permission_denied, Language::English), "Permission denied");
  EXPECT_EQ(told(std::errc::permission_denied, Language::Chinese), "没有权限");
  EXPECT_EQ(told(std::errc::no_such_file_or_directory, Language::Chinese), "没有这个文件或文件夹");
  EXPECT_EQ(told(std::errc::device_or_resource_busy, Language::Chinese), "正被占用");
  EXPECT_EQ(told(std::errc::no_space_on_device, Language::Chinese), "磁盘空间不足");
  EXPECT_EQ(told(std::errc::not_a_directory, Language::Chinese), "不是文件夹");
}

TEST(Reasons, AreFoundByTheSystemsWords) {
  EXPECT_EQ(in_chinese("Connection refused"), "连接被拒绝");
  EXPECT_EQ(in_chinese("self-signed certificate"), "self-signed certificate");
}

TEST(Reasons, AreTheSystemsWhereTheyAreRare) {
  const std::string rare = std::make_error_code(std::errc::no_link).message();
  EXPECT_EQ(told(std::errc::no_link, Language::Chinese), rare);
  EXPECT_EQ(in_chinese(rare), rare);
}

}  // namespace
}  // namespace duet::config
