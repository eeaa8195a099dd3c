// SPDX-License-Identifier: MIT
// Where Duet keeps what must outlive it.
#include <duet/tls/error.hpp>
#include <duet/tls/state_directory.hpp>

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>

namespace duet::tls {

namespace {

using FileStatus = struct stat;  // the function of that name would hide it

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : std::string_view{};
}

std::filesystem::path home() {
  if (const std::string_view home = variable("HOME"); home.starts_with('/')) return home;
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr || found->pw_dir == nullptr || *found->pw_dir != '/') {
    throw Error{
        "There is no place to keep the local certificate authority: set STATE_DIRECTORY or HOME.",
        "没有地方保存本机证书机构：请设置 STATE_DIRECTORY 或 HOME"};
  }
  return found->pw_dir;
}

std::filesystem::path choose() {
  const std::string_view given = variable("STATE_DIRECTORY");
  if (!given.empty()) return given.substr(0, given.find(':'));
  // The XDG Base Directory Specification: "all paths must be absolute", others are ignored.
  const std::string_view xdg = variable("XDG_STATE_HOME");
  if (xdg.starts_with('/')) return std::filesystem::path{xdg} / "duet";
  return home() / ".local" / "state" / "duet";
}

void make(const std::filesystem::path& directory) {
  if (::mkdir(directory.c_str(), 0700) == 0 || errno == EEXIST) return;
  if (errno == ENOENT && directory.has_parent_path() && directory.parent_path() != directory) {
    make(directory.parent_path());
    if (::mkdir(directory.c_str(), 0700) == 0 || errno == EEXIST) return;
  }
  const std::string reason = std::generic_category().message(errno);
  throw Error{"The state directory " + directory.string() + " can't be made: " + reason + ".",
              "无法建立状态目录 " + directory.string() + "：" + reason};
}

}  // namespace

void prepare_state_directory(const std::filesystem::path& directory) {
  make(directory);
  FileStatus status{};
  if (::stat(directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    throw Error{"The state directory " + directory.string() + " is not a directory.",
                "状态目录 " + directory.string() + " 不是目录"};
  }
  if ((status.st_mode & S_IWOTH) != 0) {
    throw Error{
        "Anybody may write to the state directory " + directory.string() +
            ", so keys are not safe there: chmod 0700 it.",
        "任何人都能写入状态目录 " + directory.string() + "，私钥在那里不安全：请 chmod 0700"};
  }
}

std::filesystem::path state_directory() {
  std::filesystem::path directory = choose();
  prepare_state_directory(directory);
  return directory;
}

}  // namespace duet::tls
