// SPDX-License-Identifier: MIT
// Which packet indices were seen: a sliding window of bits.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace duet::srtp {

/// Remembers the last kSize indices below the highest one (RFC 3711 §3.3.2). What is older than
/// that counts as seen.
///
/// A bit for each index, at its place modulo kSize, so that moving on clears bits and shifts none.
class ReplayWindow {
 public:
  /// Packets. RFC 3711 §3.3.2 asks for 64 at least; 1024 is 0.4 s of a 30 Mbit/s picture, so that a
  /// packet that was held up for as long is still told from a replay. 128 bytes for each source.
  static constexpr std::uint64_t kSize = 1024;

  /// The highest index added, or nothing.
  std::optional<std::uint64_t> highest() const {
    return is_empty_ ? std::nullopt : std::optional{highest_};
  }

  /// Neither added before nor too old to know.
  bool is_new(std::uint64_t index) const {
    if (is_empty_ || index > highest_) return true;
    return highest_ - index < kSize && (word(index) & bit(index)) == 0;
  }

  void add(std::uint64_t index) {
    if (is_empty_ || index > highest_) advance(index);
    word(index) |= bit(index);
  }

 private:
  static constexpr std::uint64_t kWordBits = 64;
  using Words = std::array<std::uint64_t, kSize / kWordBits>;

  static constexpr std::uint64_t bit(std::uint64_t index) {
    return std::uint64_t{1} << index % kWordBits;
  }

  std::uint64_t& word(std::uint64_t index) { return words_[index / kWordBits % words_.size()]; }

  const std::uint64_t& word(std::uint64_t index) const {
    return words_[index / kWordBits % words_.size()];
  }

  void advance(std::uint64_t index) {
    if (is_empty_ || index - highest_ >= kSize) {
      words_ = {};
    } else {
      for (std::uint64_t skipped = highest_ + 1; skipped < index; ++skipped) {
        word(skipped) &= ~bit(skipped);
      }
      word(index) &= ~bit(index);
    }
    highest_ = index;
    is_empty_ = false;
  }

  Words words_{};
  std::uint64_t highest_ = 0;
  bool is_empty_ = true;
};

}  // namespace duet::srtp
