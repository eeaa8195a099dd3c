// SPDX-License-Identifier: MIT
// A file that is written, and why it couldn't be.
#pragma once

#include <duet/base/result.hpp>

#include <cstdint>
#include <filesystem>
#include <span>
#include <system_error>

namespace duet::device {

/// Belongs to one thread. After an error nothing more is written.
class OutputFile {
 public:
  /// Makes a new file. Never overwrites one: where `path` exists, out-2.mkv, out-3.mkv, ... are
  /// tried. What is no regular file (a pipe, a device) is opened as it is.
  /// @return errno if there can be none
  static Result<OutputFile, std::errc> create(const std::filesystem::path& path);

  /// The name that create() would take now.
  static std::filesystem::path free_name(const std::filesystem::path& path);

  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();

  const std::filesystem::path& path() const { return path_; }

  bool write(std::span<const std::uint8_t> bytes);
  /// @return the new place, or a negative number where there are no places (a pipe)
  std::int64_t seek(std::int64_t offset, int whence);
  std::int64_t size() const;
  /// Cuts off what stands after the first `size` bytes.
  void truncate(std::int64_t size);

  /// Takes a file away that nothing is in. What is none, such as a pipe, stays.
  void remove_empty() const;

  /// errno of the first write that failed, or 0.
  int error() const { return error_; }

 private:
  OutputFile(int handle, std::filesystem::path path) : handle_{handle}, path_{std::move(path)} {}

  int handle_;
  std::filesystem::path path_;
  int error_ = 0;
};

}  // namespace duet::device
