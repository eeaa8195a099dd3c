// SPDX-License-Identifier: MIT
// Base64 (RFC 4648).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duet {

/// Appends the base64 of `bytes`, with padding (RFC 4648 §4).
void base64_append(std::string& out, std::span<const std::byte> bytes);

/// The bytes, or nothing if `text` is not base64. Missing padding is accepted, a stray character or
/// a length no encoder makes is not (RFC 4648 §3).
std::optional<std::vector<std::byte>> base64_decode(std::string_view text);

/// With the alphabet that is safe in URLs, without padding (RFC 4648 §5).
std::string base64url_encode(std::span<const std::byte> bytes);

/// What base64url_encode() made, back; nothing for anything with another alphabet or with padding.
std::optional<std::vector<std::byte>> base64url_decode(std::string_view text);

}  // namespace duet
