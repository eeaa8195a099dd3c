// SPDX-License-Identifier: MIT
// Which pictures of a VP9 stream need base pictures only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace duet::media {

/// A group of pictures that a stream repeats, as its key picture tells (RFC 9628 §4.2.1): the
/// temporal layer of each, and which ones it needs. In non-flexible mode nothing else says what a
/// picture of a higher layer needs.
class Vp9Group {
 public:
  /// @param first  the id of the picture that tells it, which is the group's first
  /// @param group  N_G and what follows, known to be whole; one of another number of pictures than
  /// a
  ///               power of two up to kMostPictures is taken for none
  void learn(std::uint16_t first, std::span<const std::byte> group);

  void forget() { count_ = 0; }

  /// @return whether a picture needs pictures of the base layer only; nothing where no group is
  ///         known, or says another layer
  std::optional<bool> needs_base_only(std::uint16_t picture, std::uint8_t temporal_id) const;

 private:
  struct Picture {
    std::uint8_t temporal_id = 0;
    bool needs_base_only = true;
  };

  /// A power of two, so that ids of 7 and of 15 bits begin anew where a group does.
  static constexpr std::size_t kMostPictures = 128;

  std::uint16_t first_ = 0;
  std::array<Picture, kMostPictures> pictures_;
  std::size_t count_ = 0;  // of them; a power of two, or none
};

}  // namespace duet::media
