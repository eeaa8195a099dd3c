// SPDX-License-Identifier: MIT
// A folder, a machine and a clock for the tests of this folder.
#pragma once

#include <duet/tls/local_authority.hpp>

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

namespace duet::tls {

/// A folder of the test's own, removed with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "duet-tls-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }

  ~TemporaryFolder() { std::filesystem::remove_all(path_); }

  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string content(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream{file}.rdbuf();
  return text.str();
}

/// Writes through a file that is already there, so its mode stays.
inline void put(const std::filesystem::path& file, std::string_view text) {
  std::ofstream{file} << text;
}

inline unsigned mode_of(const std::filesystem::path& file) {
  struct stat status {};

  return ::stat(file.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

inline IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }

inline constexpr crypto::UnixTime kNow{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}};

/// A machine that moves and a clock that jumps as the test likes.
struct World {
  TemporaryFolder folder;
  std::shared_ptr<Machine> machine = std::make_shared<Machine>(
      Machine{.addresses = {ip("127.0.0.1"), ip("192.168.1.20"), ip("198.51.100.7"),
                            ip("2001:db8::7"), ip("fd00::7"), ip("fe80::7"), ip("100.64.0.9")},
              .names = {"box", "box.local"}});
  std::shared_ptr<crypto::UnixTime> now = std::make_shared<crypto::UnixTime>(kNow);

  std::filesystem::path state() const { return folder / "state"; }

  std::unique_ptr<LocalAuthority> authority() const {
    return std::make_unique<LocalAuthority>(
        state(), [machine = machine] { return *machine; }, [now = now] { return *now; });
  }

  Identity load() const { return authority()->load(); }

  /// The sentence that loading fails with, or empty.
  std::string complaint() const {
    try {
      load();
      return {};
    } catch (const std::exception& error) {
      return error.what();
    }
  }
};

}  // namespace duet::tls
