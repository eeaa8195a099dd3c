// SPDX-License-Identifier: MIT
// Colours in whole numbers, in loops that a compiler turns into vector code.
#include <duet/device/recolour.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace duet::device {
namespace {

using codec::Picture;
using enum Picture::Plane;

/// Parts of red and blue in luma.
struct Weights {
  double red;
  double blue;
};

constexpr Weights weights(Matrix matrix) {
  return matrix == Matrix::Bt601 ? Weights{0.299, 0.114} : Weights{0.2126, 0.0722};
}

constexpr int kFraction = 14;  // bits

int fixed(double value) { return static_cast<int>(std::lround(value * (1 << kFraction))); }

/// Luma gets something of both chromas; these only of each other: grey stays grey.
struct Mix {
  int luma_from_u, luma_from_v;
  int u_from_u, u_from_v;
  int v_from_u, v_from_v;
};

Mix mix(Matrix from, Matrix to, Range range) {
  const auto [r, b] = weights(from);
  const auto [to_r, to_b] = weights(to);
  const double green = 1 - r - b;
  const double to_green = 1 - to_r - to_b;
  // How luma in `to` differs for one unit of each chroma of `from`.
  const double y_u = 2 * (1 - b) * (to_b - to_green * b / green);
  const double y_v = 2 * (1 - r) * (to_r - to_green * r / green);
  const double chroma = range == Range::Full ? 224.0 / 255 : 1;
  const double luma = 219.0 / (range == Range::Full ? 255 : 224);
  return {fixed(y_u * luma),
          fixed(y_v * luma),
          fixed((2 * (1 - b) - y_u) / (2 * (1 - to_b)) * chroma),
          fixed(-y_v / (2 * (1 - to_b)) * chroma),
          fixed(-y_u / (2 * (1 - to_r)) * chroma),
          fixed((2 * (1 - r) - y_v) / (2 * (1 - to_r)) * chroma)};
}

std::uint8_t byte(int value) { return static_cast<std::uint8_t>(std::clamp(value, 0, 255)); }

int whole(int value) { return (value + (1 << (kFraction - 1))) >> kFraction; }

void mix_chroma(const Picture& in, Picture& out, const Mix& mix) {
  const auto [width, height] = in.size(U);
  for (int y = 0; y < height; ++y) {
    const auto* u = in.data(U) + std::ptrdiff_t{y} * in.stride(U);
    const auto* v = in.data(V) + std::ptrdiff_t{y} * in.stride(V);
    auto* out_u = out.data(U) + std::ptrdiff_t{y} * out.stride(U);
    auto* out_v = out.data(V) + std::ptrdiff_t{y} * out.stride(V);
    for (int x = 0; x < width; ++x) {
      const int a = u[x] - 128;
      const int b = v[x] - 128;
      out_u[x] = byte(128 + whole(a * mix.u_from_u + b * mix.u_from_v));
      out_v[x] = byte(128 + whole(a * mix.v_from_u + b * mix.v_from_v));
    }
  }
}

/// `shift` has one entry for each pixel of the line.
void mix_line(const std::uint8_t* in, std::uint8_t* out, const std::int16_t* shift, int width,
              Range range) {
  if (range == Range::Limited) {
    for (int x = 0; x < width; ++x) {
      const auto sum = static_cast<std::int16_t>(in[x] + shift[x]);
      out[x] = static_cast<std::uint8_t>(
          std::clamp<std::int16_t>(sum, std::int16_t{0}, std::int16_t{255}));
    }
    return;
  }
  constexpr std::uint32_t kScale = 219 * 65536 / 255;
  for (int x = 0; x < width; ++x) {
    const std::uint32_t quarters = static_cast<std::uint16_t>(in[x] * 4) * kScale >> 16;
    const auto sum =
        static_cast<std::int16_t>(16 + static_cast<int>((quarters + 2) >> 2) + shift[x]);
    out[x] = static_cast<std::uint8_t>(
        std::clamp<std::int16_t>(sum, std::int16_t{0}, std::int16_t{255}));
  }
}

}  // namespace

codec::PicturePtr recoloured(const codec::PicturePtr& picture, Matrix from, Range range) {
  const codec::Size size = picture->size();
  const Matrix to = matrix_of(size.height);
  if (from == to && range == Range::Limited) return picture;
  const Mix parts = mix(from, to, range);
  auto out = Picture::make(size);
  mix_chroma(*picture, *out, parts);
  std::vector<std::int16_t> shift(static_cast<std::size_t>(size.width) + 1);
  for (int y = 0; y < size.height; ++y) {
    if (y % 2 == 0 && from != to) {
      const auto* u = picture->data(U) + std::ptrdiff_t{y / 2} * picture->stride(U);
      const auto* v = picture->data(V) + std::ptrdiff_t{y / 2} * picture->stride(V);
      for (int x = 0; x < (size.width + 1) / 2; ++x) {
        const auto one = static_cast<std::int16_t>(
            whole((u[x] - 128) * parts.luma_from_u + (v[x] - 128) * parts.luma_from_v));
        shift[static_cast<std::size_t>(2 * x)] = one;
        shift[static_cast<std::size_t>(2 * x) + 1] = one;
      }
    }
    mix_line(picture->data(Y) + std::ptrdiff_t{y} * picture->stride(Y),
             out->data(Y) + std::ptrdiff_t{y} * out->stride(Y), shift.data(), size.width, range);
  }
  return out;
}

}  // namespace duet::device
