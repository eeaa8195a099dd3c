// SPDX-License-Identifier: MIT
// Files by the system's calls, since only these tell of a full disk in time.
#include <duet/device/error.hpp>
#include <duet/device/output_file.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace duet::device {
namespace {

/// A folder with so many recordings of one name is somebody's mistake.
constexpr int kMostNames = 9999;

std::filesystem::path numbered(const std::filesystem::path& path, int number) {
  if (number == 1) return path;
  auto name = path.stem();
  name += "-" + std::to_string(number);
  name += path.extension();
  return path.parent_path() / name;
}

/// A pipe or a device, which is opened as it is.
bool is_special(const std::filesystem::path& path) {
  std::error_code unknown;
  const auto kind = std::filesystem::status(path, unknown).type();
  return kind == std::filesystem::file_type::fifo || kind == std::filesystem::file_type::character;
}

}  // namespace

std::filesystem::path OutputFile::free_name(const std::filesystem::path& path) {
  std::error_code unknown;
  int number = 1;
  while (!is_special(path) && number < kMostNames &&
         std::filesystem::exists(std::filesystem::symlink_status(numbered(path, number), unknown)))
    ++number;
  return numbered(path, number);
}

Result<OutputFile, std::errc> OutputFile::create(const std::filesystem::path& path) {
  const bool takes_it_as_it_is = is_special(path);
  for (int number = 1; number <= kMostNames; ++number) {
    auto name = numbered(path, number);
    const int flags = O_RDWR | O_CLOEXEC | (takes_it_as_it_is ? 0 : O_CREAT | O_EXCL);
    const int handle = ::open(name.c_str(), flags, 0666);
    if (handle >= 0) return OutputFile{handle, std::move(name)};
    if (errno != EEXIST) break;
  }
  return fail(last_error());
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : handle_{std::exchange(other.handle_, -1)},
      path_{std::move(other.path_)},
      error_{other.error_} {}

OutputFile::~OutputFile() {
  if (handle_ >= 0) ::close(handle_);
}

bool OutputFile::write(std::span<const std::uint8_t> bytes) {
  while (error_ == 0 && !bytes.empty()) {
    const auto written = ::write(handle_, bytes.data(), bytes.size());
    if (written > 0) bytes = bytes.subspan(static_cast<std::size_t>(written));
    if (written < 0 && errno != EINTR) error_ = errno;
  }
  return error_ == 0;
}

void OutputFile::remove_empty() const {
  std::error_code unknown;
  if (std::filesystem::is_regular_file(std::filesystem::symlink_status(path_, unknown)) &&
      size() == 0) {
    std::filesystem::remove(path_, unknown);
  }
}

std::int64_t OutputFile::seek(std::int64_t offset, int whence) {
  return ::lseek(handle_, offset, whence);
}

std::int64_t OutputFile::size() const {
  struct stat status {};

  return ::fstat(handle_, &status) == 0 ? status.st_size : 0;
}

void OutputFile::truncate(std::int64_t size) {
  if (::ftruncate(handle_, size) != 0) return;  // a pipe has nothing to cut
}

}  // namespace duet::device
