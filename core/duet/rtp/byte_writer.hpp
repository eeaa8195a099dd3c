// SPDX-License-Identifier: MIT
// A cursor that writes big-endian numbers into memory that the caller gives.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace duet::rtp {

/// The counterpart of ByteReader: what doesn't fit is not written and clears ok().
class ByteWriter {
 public:
  explicit ByteWriter(std::span<std::byte> buffer) : buffer_{buffer} {}

  void u8(std::uint64_t value) { number(value, 1); }

  void u16(std::uint64_t value) { number(value, 2); }

  void u24(std::uint64_t value) { number(value, 3); }

  void u32(std::uint64_t value) { number(value, 4); }

  void u64(std::uint64_t value) { number(value, 8); }

  void bytes(std::span<const std::byte> from) {
    const auto to = room(from.size());
    if (!to.empty()) std::memcpy(to.data(), from.data(), to.size());
  }

  void zeros(std::size_t size) { std::ranges::fill(room(size), std::byte{0}); }

  /// The next `size` bytes, to be written by the caller; empty if there are fewer.
  std::span<std::byte> room(std::size_t size) {
    if (!ok_ || size > buffer_.size() - size_) {
      ok_ = false;
      return {};
    }
    const auto taken = buffer_.subspan(size_, size);
    size_ += size;
    return taken;
  }

  /// Writes over what was written at `offset`.
  void set_u16(std::size_t offset, std::uint64_t value) {
    if (offset + 2 > size_) return;
    buffer_[offset] = static_cast<std::byte>(value >> 8 & 0xFF);
    buffer_[offset + 1] = static_cast<std::byte>(value & 0xFF);
  }

  /// Takes back all after `size`, and what was said about not fitting.
  void rewind(std::size_t size) {
    size_ = std::min(size, size_);
    ok_ = true;
  }

  std::size_t size() const { return size_; }

  std::size_t left() const { return buffer_.size() - size_; }

  bool ok() const { return ok_; }

  std::span<std::byte> written() const { return buffer_.first(size_); }

 private:
  void number(std::uint64_t value, std::size_t size) {
    const auto to = room(size);
    for (std::size_t i = to.size(); i > 0; --i, value >>= 8) {
      to[i - 1] = static_cast<std::byte>(value & 0xFF);
    }
  }

  std::span<std::byte> buffer_;
  std::size_t size_ = 0;
  bool ok_ = true;
};

}  // namespace duet::rtp
