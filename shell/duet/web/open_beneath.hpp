// SPDX-License-Identifier: MIT
// Opens files of a folder, and nothing outside it.
#pragma once

#include <duet/base/result.hpp>
#include <duet/web/request_path.hpp>

#include <cstdint>
#include <filesystem>
#include <utility>

namespace duet::web {

/// An open file, closed when it goes.
class OpenFile {
 public:
  explicit OpenFile(int descriptor) : descriptor_{descriptor} {}

  OpenFile(OpenFile&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}

  OpenFile& operator=(OpenFile&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }

  ~OpenFile();

  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

/// Why a file is not opened.
enum class OpenError : std::uint8_t {
  Missing,    ///< not there, outside the folder, or neither a file nor a directory
  Forbidden,  ///< this process may not read it
  Busy,       ///< no descriptors left, or the folder changes too fast
};

/// How links are kept from leading outside.
enum class Resolver : std::uint8_t {
  Kernel,  ///< openat2 with RESOLVE_BENEATH: links are followed as long as they stay inside
  Walk,    ///< name by name, following no link at all: for kernels and sandboxes without openat2
};

/// Opens what `names` lead to below `folder`, for reading; a directory too. The names have to be as
/// RequestPath gives them. The kernel's way is used where it is there, the walk elsewhere.
Result<OpenFile, OpenError> open_beneath(const std::filesystem::path& folder,
                                         const std::vector<std::string>& names,
                                         Resolver resolver = Resolver::Kernel);

}  // namespace duet::web
