// SPDX-License-Identifier: MIT
// Small files that hold keys: read whole, replaced whole, locked between processes.
#include <duet/tls/error.hpp>
#include <duet/tls/file.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <system_error>
#include <thread>

namespace duet::tls {

namespace {

using FileStatus = struct stat;  // the function of that name would hide it

/// What can't be done with a file.
struct Attempt {
  std::string_view english;
  std::string_view chinese;
};

constexpr Attempt kRead{"read", "读取"};
constexpr Attempt kWrite{"written", "写入"};
constexpr Attempt kOpen{"opened", "打开"};
constexpr Attempt kLock{"locked", "锁定"};

[[noreturn]] void give_up(const std::filesystem::path& file, const Attempt& attempt, int error) {
  const std::string reason = std::generic_category().message(error);
  throw Error{file.string() + " can't be " + std::string{attempt.english} + ": " + reason + ".",
              "无法" + std::string{attempt.chinese} + " " + file.string() + "：" + reason};
}

class Descriptor {
 public:
  explicit Descriptor(int value) : value_{value} {}

  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }

  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return value_; }

  bool ok() const { return value_ >= 0; }

 private:
  int value_;
};

std::int64_t nanoseconds(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = ::write(descriptor, text.data(), text.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

}  // namespace

FileStamp FileStamp::of(const std::filesystem::path& file) {
  FileStatus status{};
  if (::stat(file.c_str(), &status) != 0) return {};
  return {.modified_ns = nanoseconds(status.st_mtim),
          .changed_ns = nanoseconds(status.st_ctim),
          .size = status.st_size,
          .inode = status.st_ino,
          .device = status.st_dev};
}

std::optional<FileContent> read_file(const std::filesystem::path& file) {
  // Without O_NONBLOCK a FIFO would hold the start-up for ever.
  const Descriptor descriptor{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!descriptor.ok() && errno == ENOENT) return std::nullopt;
  if (!descriptor.ok()) give_up(file, kRead, errno);
  FileStatus status{};
  if (::fstat(descriptor.get(), &status) != 0) give_up(file, kRead, errno);
  if (!S_ISREG(status.st_mode)) {
    throw Error{file.string() + " is not a file.", file.string() + " 不是文件"};
  }
  FileContent content{.text = {}, .mode = status.st_mode & 07777};
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t size = ::read(descriptor.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) give_up(file, kRead, errno);
    if (size == 0) return content;
    content.text.append(buffer.data(), static_cast<std::size_t>(size));
    if (content.text.size() > kLargestPemFile) {
      throw Error{file.string() + " is too large for a file of certificates or keys.",
                  file.string() + " 太大，不像证书或私钥文件"};
    }
  }
}

void replace_file(const std::filesystem::path& file, std::string_view text, mode_t mode) {
  // mkostemp opens with O_EXCL and mode 0600; a wider mode is only given to what is complete.
  std::string temporary = file.string() + ".XXXXXX";
  const Descriptor descriptor{::mkostemp(temporary.data(), O_CLOEXEC)};
  if (!descriptor.ok()) give_up(file, kWrite, errno);
  if (!write_all(descriptor.get(), text) || ::fchmod(descriptor.get(), mode) != 0 ||
      ::fsync(descriptor.get()) != 0 || ::rename(temporary.c_str(), file.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    give_up(file, kWrite, error);
  }
  // The new name is on disk once its directory is. Some file systems can't say; nothing to do then.
  const Descriptor directory{
      ::open(file.parent_path().c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY)};
  if (directory.ok()) ::fsync(directory.get());
}

FileLock::FileLock(const std::filesystem::path& file)
    : descriptor_{::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)} {
  if (descriptor_ < 0) give_up(file, kOpen, errno);
  using namespace std::chrono_literals;
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    if (error == EINTR) continue;
    if (error == EWOULDBLOCK && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(10ms);
      continue;
    }
    ::close(descriptor_);
    if (error == EWOULDBLOCK) {
      throw Error{"Another process has held " + file.string() +
                      " for 10 seconds: end it, or give it a state directory of its own.",
                  "另一个进程占用 " + file.string() + " 已有 10 秒：请结束它，或为它另设状态目录"};
    }
    give_up(file, kLock, error);
  }
}

FileLock::~FileLock() { ::close(descriptor_); }

}  // namespace duet::tls
