// SPDX-License-Identifier: MIT
// The test pattern's mark: cells, their order, and how they are told apart.
#include <duet/device/pattern_mark.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>

namespace duet::device {
namespace {

using codec::Picture;
using codec::Size;

constexpr int kColumns = 24;
constexpr int kRows = 4;
constexpr std::size_t kCells = std::size_t{kColumns} * kRows;
// Not the extremes: less to encode, and nothing that is cut off.
constexpr std::uint8_t kBlack = 36;
constexpr std::uint8_t kWhite = 216;
constexpr int kLeastContrast = 40;

constexpr std::size_t kReferenceBits = 8;
constexpr std::size_t kCounterBits = 32;
constexpr std::size_t kTimeBits = 40;
constexpr std::size_t kCrcBits = 16;
static_assert(kReferenceBits + kCounterBits + kTimeBits + kCrcBits == kCells);

using Cells = std::bitset<kCells>;

/// CRC-16/CCITT over bits [kReferenceBits, kCells - kCrcBits).
std::uint16_t crc_of(const Cells& cells) {
  std::uint32_t crc = 0xFFFF;
  for (std::size_t i = kReferenceBits; i < kCells - kCrcBits; ++i) {
    const std::uint32_t feedback = (crc >> 15 ^ (cells[i] ? 1U : 0U)) & 1U;
    crc = (crc << 1 & 0xFFFFU) ^ feedback * 0x1021U;
  }
  return static_cast<std::uint16_t>(crc);
}

void put(Cells& cells, std::size_t at, std::size_t count, std::uint64_t value) {
  for (std::size_t i = 0; i < count; ++i) cells[at + i] = (value >> (count - 1 - i) & 1U) != 0;
}

std::uint64_t get(const Cells& cells, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 1 | (cells[at + i] ? 1U : 0U);
  return value;
}

struct Area {
  int left, top, right, bottom;
};

Area cell_at(Size size, std::size_t index) {
  const int column = static_cast<int>(index) % kColumns;
  const int row = static_cast<int>(index) / kColumns;
  const int height = mark_height(size);
  const int top = size.height - height;
  return {.left = size.width * column / kColumns,
          .top = top + height * row / kRows,
          .right = size.width * (column + 1) / kColumns,
          .bottom = top + height * (row + 1) / kRows};
}

void fill(Picture& picture, Picture::Plane plane, Area area, std::uint8_t level) {
  for (int y = area.top; y < area.bottom; ++y) {
    auto* line = picture.data(plane) + std::ptrdiff_t{y} * picture.stride(plane);
    std::fill(line + area.left, line + area.right, level);
  }
}

/// The mean of what is well inside of the cell.
int level_of(const Picture& picture, Area area) {
  const int dx = (area.right - area.left) / 4;
  const int dy = (area.bottom - area.top) / 4;
  int sum = 0;
  int count = 0;
  for (int y = area.top + dy; y < area.bottom - dy; ++y) {
    const auto* line =
        picture.data(Picture::Plane::Y) + std::ptrdiff_t{y} * picture.stride(Picture::Plane::Y);
    for (int x = area.left + dx; x < area.right - dx; ++x, ++count) sum += line[x];
  }
  return count == 0 ? 0 : sum / count;
}

}  // namespace

int mark_height(Size size) { return std::max(kRows, size.height / 8); }

void write_mark(Picture& picture, const PatternMark& mark) {
  const Size size = picture.size();
  if (size.width < kColumns || size.height < 2 * kRows) return;
  Cells cells;
  put(cells, 0, kReferenceBits, 0b10101010);
  put(cells, kReferenceBits, kCounterBits, mark.counter);
  put(cells, kReferenceBits + kCounterBits, kTimeBits, mark.captured_ms);
  put(cells, kCells - kCrcBits, kCrcBits, crc_of(cells));
  for (std::size_t i = 0; i < kCells; ++i) {
    fill(picture, Picture::Plane::Y, cell_at(size, i), cells[i] ? kWhite : kBlack);
  }
  for (const auto plane : {Picture::Plane::U, Picture::Plane::V}) {
    const Size part = picture.size(plane);
    const int top = (size.height - mark_height(size)) / 2;
    fill(picture, plane, {.left = 0, .top = top, .right = part.width, .bottom = part.height}, 128);
  }
}

std::optional<PatternMark> read_pattern(const Picture& picture) {
  const Size size = picture.size();
  if (size.width < kColumns || size.height < 2 * kRows) return std::nullopt;
  std::array<int, kCells> levels;
  for (std::size_t i = 0; i < kCells; ++i) levels[i] = level_of(picture, cell_at(size, i));
  int white = 0;
  int black = 0;
  for (std::size_t i = 0; i < kReferenceBits; ++i) (i % 2 == 0 ? white : black) += levels[i];
  white /= static_cast<int>(kReferenceBits / 2);
  black /= static_cast<int>(kReferenceBits / 2);
  if (white - black < kLeastContrast) return std::nullopt;

  Cells cells;
  for (std::size_t i = 0; i < kCells; ++i) cells[i] = levels[i] > (white + black) / 2;
  if (get(cells, kCells - kCrcBits, kCrcBits) != crc_of(cells)) return std::nullopt;
  return PatternMark{
      .counter = static_cast<std::uint32_t>(get(cells, kReferenceBits, kCounterBits)),
      .captured_ms = get(cells, kReferenceBits + kCounterBits, kTimeBits)};
}

}  // namespace duet::device
