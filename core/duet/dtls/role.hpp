// SPDX-License-Identifier: MIT
// Which end begins.
#pragma once

#include <cstdint>

namespace duet::dtls {

/// RFC 8842 §5.2: who is active (a=setup:active) sends the ClientHello.
enum class Role : std::uint8_t { Client, Server };

}  // namespace duet::dtls
