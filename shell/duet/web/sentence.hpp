// SPDX-License-Identifier: MIT
// The short answers that all hosts of this folder share, in words for who meets them.
#pragma once

#include <duet/http/message.hpp>
#include <duet/web/request_path.hpp>

#include <string_view>

namespace duet::web {

/// GET and HEAD: the only methods that files know.
inline bool is_read(std::string_view method) { return method == "GET" || method == "HEAD"; }

http::Response not_found();           ///< 404
http::Response malformed_path();      ///< 400
http::Response method_not_allowed();  ///< 405, with Allow

/// 308 from "/seed" to "/seed/", so that relative links on that page work. The query stays.
http::Response to_directory(const RequestPath& path, std::string_view query);

}  // namespace duet::web
