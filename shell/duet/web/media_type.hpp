// SPDX-License-Identifier: MIT
// Media types by file name.
#pragma once

#include <string_view>

namespace duet::web {

/// What Content-Type to give a file of that name, by its extension in any case; text says that it
/// is UTF-8. application/octet-stream for what is not known.
std::string_view media_type(std::string_view file_name);

/// Whether gzip is worth trying: text of any kind, fonts and images that are not compressed yet.
bool is_compressible(std::string_view media_type);

}  // namespace duet::web
