// SPDX-License-Identifier: MIT
// SHA-256 and the ways to write it down.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace duet::crypto {

using Sha256 = std::array<std::byte, 32>;

/// FIPS 180-4 §6.2.
Sha256 sha256(std::span<const std::byte> bytes);
Sha256 sha256(std::string_view text);

/// Lower case, two digits a byte: "0a1b".
std::string hex(std::span<const std::byte> bytes);

/// Upper case with colons, as certificate dialogs and SDP write it (RFC 8122 §5): "0A:1B".
std::string fingerprint(std::span<const std::byte> bytes);

}  // namespace duet::crypto
