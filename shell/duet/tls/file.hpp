// SPDX-License-Identifier: MIT
// Small files that hold keys: read whole, replaced whole, locked between processes.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace duet::tls {

/// Larger than any chain of certificates that is meant to be one.
inline constexpr std::size_t kLargestPemFile = 1'000'000;  // bytes

/// What tells one state of a file from another without reading it. All zero for a missing file.
struct FileStamp {
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0;  ///< of the inode
  std::int64_t size = 0;
  std::uint64_t inode = 0;
  std::uint64_t device = 0;

  static FileStamp of(const std::filesystem::path& file);

  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

struct FileContent {
  std::string text;
  mode_t mode = 0;  ///< permission bits
};

/// The file's content, or nothing when there is no such file.
///
/// @throws Error with a sentence: it can't be read, is no file, or too large
std::optional<FileContent> read_file(const std::filesystem::path& file);

/// Puts `text` where `file` is, in one step, on disk when it returns. The file has that mode from
/// its first byte on, whatever the umask adds.
///
/// @throws Error with a sentence; the old file is then still there
void replace_file(const std::filesystem::path& file, std::string_view text, mode_t mode);

/// Held by one process (or one thread) at a time; freed when it ends, however it ends.
class FileLock {
 public:
  /// Waits for the lock, at most 10 s.
  ///
  /// @throws Error with a sentence
  explicit FileLock(const std::filesystem::path& file);
  ~FileLock();

  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int descriptor_;
};

}  // namespace duet::tls
