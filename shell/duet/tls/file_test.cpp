// SPDX-License-Identifier: MIT
// Tests of the files that hold keys, and of the directory for them.
#include <duet/tls/file.hpp>
#include <duet/tls/state_directory.hpp>
#include <duet/tls/tls_test_support.hpp>

#include <gtest/gtest.h>

namespace duet::tls {
namespace {

TEST(ReplaceFile, GivesTheModeWhateverTheUmask) {
  const TemporaryFolder folder;
  const mode_t before = ::umask(0);
  replace_file(folder / "key", "secret", 0600);
  ::umask(077);
  replace_file(folder / "public", "hello", 0644);
  ::umask(before);
  EXPECT_EQ(mode_of(folder / "key"), 0600u);
  EXPECT_EQ(mode_of(folder / "public"), 0644u);
  EXPECT_EQ(content(folder / "key"), "secret");
}

TEST(ReplaceFile, LeavesNothingBehindWhenItFails) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "key");
  EXPECT_THROW(replace_file(folder / "key", "secret", 0600), std::runtime_error);
  EXPECT_THROW(replace_file(folder / "none" / "key", "secret", 0600), std::runtime_error);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder.path()}, {}), 1);
}

TEST(ReadFile, TellsAMissingFileFromAnUnusableOne) {
  const TemporaryFolder folder;
  EXPECT_EQ(read_file(folder / "none"), std::nullopt);
  EXPECT_THROW(read_file(folder.path()), std::runtime_error);
  ASSERT_EQ(::mkfifo((folder / "fifo").c_str(), 0600), 0);
  EXPECT_THROW(read_file(folder / "fifo"), std::runtime_error);
  put(folder / "large", std::string(kLargestPemFile + 1, 'x'));
  EXPECT_THROW(read_file(folder / "large"), std::runtime_error);
}

TEST(FileStamp, TellsAReplacedFileOfTheSameSizeAndTime) {
  const TemporaryFolder folder;
  replace_file(folder / "a", "one", 0600);
  const FileStamp before = FileStamp::of(folder / "a");
  EXPECT_EQ(FileStamp::of(folder / "a"), before);
  replace_file(folder / "a", "two", 0600);
  EXPECT_NE(FileStamp::of(folder / "a"), before);
  EXPECT_EQ(FileStamp::of(folder / "none"), FileStamp{});
}

class StateDirectory : public ::testing::Test {
 protected:
  void SetUp() override {
    ::unsetenv("STATE_DIRECTORY");
    ::unsetenv("XDG_STATE_HOME");
    ::setenv("HOME", folder_.path().c_str(), 1);
  }

  TemporaryFolder folder_;
};

TEST_F(StateDirectory, IsTheServiceManagersThenXdgsThenHomes) {
  EXPECT_EQ(state_directory(), folder_ / ".local/state/duet");
  EXPECT_EQ(mode_of(folder_ / ".local/state/duet"), 0700u);
  EXPECT_EQ(mode_of(folder_ / ".local"), 0700u);
  ::setenv("XDG_STATE_HOME", (folder_ / "xdg").c_str(), 1);
  EXPECT_EQ(state_directory(), folder_ / "xdg/duet");
  ::setenv("STATE_DIRECTORY", ((folder_ / "one").string() + ":/nowhere").c_str(), 1);
  EXPECT_EQ(state_directory(), folder_ / "one");
}

TEST_F(StateDirectory, IgnoresARelativeXdgPath) {
  ::setenv("XDG_STATE_HOME", "relative", 1);
  EXPECT_EQ(state_directory(), folder_ / ".local/state/duet");
}

TEST_F(StateDirectory, IsRefusedWhenAnybodyMayWriteThereOrItIsAFile) {
  ::setenv("STATE_DIRECTORY", (folder_ / "open").c_str(), 1);
  std::filesystem::create_directory(folder_ / "open");
  ::chmod((folder_ / "open").c_str(), 0777);
  EXPECT_THROW(state_directory(), std::runtime_error);
  put(folder_ / "file", "");
  ::setenv("STATE_DIRECTORY", (folder_ / "file").c_str(), 1);
  EXPECT_THROW(state_directory(), std::runtime_error);
  ::setenv("STATE_DIRECTORY", (folder_ / "file/below").c_str(), 1);
  EXPECT_THROW(state_directory(), std::runtime_error);
}

}  // namespace
}  // namespace duet::tls
