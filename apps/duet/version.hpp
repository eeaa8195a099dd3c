// SPDX-License-Identifier: MIT
// Which Duet this is.
#pragma once

#include <string>
#include <string_view>

namespace duet::apps {

/// "0.1.0"
std::string_view version();
/// "duet 0.1.0"
std::string version_text();
/// {"v":1,"version":"0.1.0",...}; "v" is the version of this shape.
std::string version_json();

}  // namespace duet::apps
