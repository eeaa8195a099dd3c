// SPDX-License-Identifier: MIT
// QR codes for terminals.
#pragma once

#include <string>
#include <string_view>

namespace duet::apps {

/// `text` as a QR code (ISO/IEC 18004, level L) of half blocks, black on white whatever the colours
/// of the terminal, with the quiet zone of four modules around it. Each line begins with `indent`.
/// Empty if the text is too long for a code.
std::string terminal_qr(std::string_view text, std::string_view indent);

}  // namespace duet::apps
