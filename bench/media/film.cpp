// SPDX-License-Identifier: MIT
// Stores the test pattern as Y4M, so that a browser can send what `duet call` sends.
#include <duet/device/pattern_painter.hpp>

#include <cstdio>
#include <cstdlib>

namespace {

using duet::codec::Picture;
using duet::codec::Size;

constexpr Size kSize{1280, 720};
constexpr unsigned kPictures = 160;  // the grey scale is then where it began

bool write_plane(std::FILE* file, const Picture& picture, Picture::Plane plane) {
  const Size size = picture.size(plane);
  const auto width = static_cast<std::size_t>(size.width);
  for (int y = 0; y < size.height; ++y) {
    const auto* line = picture.data(plane) + std::ptrdiff_t{y} * picture.stride(plane);
    if (std::fwrite(line, 1, width, file) != width) return false;
  }
  return true;
}

bool write_film(std::FILE* file) {
  if (std::fprintf(file, "YUV4MPEG2 W%d H%d F30:1 Ip A1:1 C420jpeg\n", kSize.width, kSize.height) <
      0) {
    return false;
  }
  const duet::device::PatternPainter painter{kSize};
  for (unsigned number = 0; number < kPictures; ++number) {
    const auto picture = painter.paint({.counter = number, .captured_ms = 0}, "00:00:00");
    if (std::fputs("FRAME\n", file) < 0) return false;
    for (const auto plane : {Picture::Plane::Y, Picture::Plane::U, Picture::Plane::V}) {
      if (!write_plane(file, *picture, plane)) return false;
    }
  }
  return true;
}

}  // namespace

int main(int count, char** words) {
  std::FILE* file = count == 2 ? std::fopen(words[1], "wb") : nullptr;
  if (file == nullptr) {
    std::fputs("usage: media_film FILE.y4m\n", stderr);
    return EXIT_FAILURE;
  }
  const bool is_written = write_film(file);
  return std::fclose(file) == 0 && is_written ? EXIT_SUCCESS : EXIT_FAILURE;
}
