// SPDX-License-Identifier: MIT
// Files that are part of the binary.
#pragma once

#include <algorithm>
#include <span>
#include <string_view>

namespace duet::web {

/// One file as the build embeds it. All views last as long as the program.
struct EmbeddedFile {
  std::string_view path;        ///< "seed/index.html": no leading slash, not encoded
  std::string_view media_type;  ///< "text/html; charset=utf-8"
  std::string_view hash;        ///< of its content, in hexadecimal digits
  std::string_view identity;    ///< the content as it is
  std::string_view gzip;        ///< the same in gzip, or empty where that doesn't help
};

/// The file of that path, or null. `files` are sorted by path.
inline const EmbeddedFile* find(std::span<const EmbeddedFile> files, std::string_view path) {
  const auto at = std::lower_bound(
      files.begin(), files.end(), path,
      [](const EmbeddedFile& file, std::string_view wanted) { return file.path < wanted; });
  return at != files.end() && at->path == path ? &*at : nullptr;
}

}  // namespace duet::web
