// SPDX-License-Identifier: MIT
// Bytes as text, text as bytes, and a cursor that reads what came.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace duet {

inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span{text.data(), text.size()});
}

inline std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Reads big-endian numbers from the front of a span. A read past the end yields zeros, empties the
/// cursor and clears ok(): loops end, no read leaves the buffer, a parser asks once.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : rest_{bytes} {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }

  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }

  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }

  std::uint64_t u64() { return number(8); }

  /// The next `size` bytes, or an empty span if there are fewer.
  std::span<const std::byte> bytes(std::size_t size) {
    if (size > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const auto taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }

  template <std::size_t N>
  std::array<std::byte, N> array() {
    std::array<std::byte, N> out{};
    const auto taken = bytes(N);
    if (!taken.empty()) std::memcpy(out.data(), taken.data(), N);
    return out;
  }

  std::span<const std::byte> rest() const { return rest_; }

  std::size_t size() const { return rest_.size(); }

  bool empty() const { return rest_.empty(); }

  bool ok() const { return ok_; }

 private:
  std::uint64_t number(std::size_t size) {
    std::uint64_t value = 0;
    for (const std::byte b : bytes(size)) value = value << 8 | std::to_integer<std::uint64_t>(b);
    return value;
  }

  std::span<const std::byte> rest_;
  bool ok_ = true;
};

}  // namespace duet
