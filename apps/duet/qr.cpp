// SPDX-License-Identifier: MIT
// QR codes for terminals.
#include "qr.hpp"

#include <qrencode.h>

#include <memory>

namespace duet::apps {
namespace {

template <auto Free>
struct FreeWith {
  template <class T>
  void operator()(T* handle) const {
    Free(handle);
  }
};

using QrPtr = std::unique_ptr<QRcode, FreeWith<QRcode_free>>;

constexpr int kQuietModules = 4;  // ISO/IEC 18004 §6.3.8

}  // namespace

std::string terminal_qr(std::string_view text, std::string_view indent) {
  const QrPtr code{QRcode_encodeString(std::string{text}.c_str(), 0, QR_ECLEVEL_L, QR_MODE_8, 1)};
  if (!code) return {};
  const int width = code->width;
  const auto is_dark = [&](int x, int y) {
    if (x < 0 || y < 0 || x >= width || y >= width) return false;
    return (code->data[y * width + x] & 1) != 0;
  };
  std::string out;
  for (int y = -kQuietModules; y < width + kQuietModules; y += 2) {
    out += indent;
    out += "\x1b[38;5;16;48;5;231m";  // black on white of the fixed 256 colours, not of the theme
    for (int x = -kQuietModules; x < width + kQuietModules; ++x) {
      const bool upper = is_dark(x, y);
      const bool lower = is_dark(x, y + 1);
      out += upper && lower ? "█" : upper ? "▀" : lower ? "▄" : " ";
    }
    out += "\x1b[0m\n";
  }
  return out;
}

}  // namespace duet::apps
