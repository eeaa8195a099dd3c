// SPDX-License-Identifier: MIT
// The page that the build put into this program (library duet::web_page).
#pragma once

#include <duet/web/embedded_file.hpp>

#include <span>

namespace duet::web {

/// web/dist as it was when the program was built, sorted by path.
std::span<const EmbeddedFile> page_files();

}  // namespace duet::web
