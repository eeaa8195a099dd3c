// SPDX-License-Identifier: MIT
// A VP9 stream's group of pictures.
#include <duet/base/bytes.hpp>
#include <duet/media/vp9_group.hpp>

#include <algorithm>
#include <bit>
#include <utility>

namespace duet::media {

void Vp9Group::learn(std::uint16_t first, std::span<const std::byte> group) {
  ByteReader layers{group};
  const std::size_t count = layers.u8();
  count_ = std::has_single_bit(count) && count <= kMostPictures ? count : 0;
  first_ = first;
  const auto head_of = [](ByteReader& in) {
    const unsigned head = in.u8();
    return std::pair{static_cast<std::uint8_t>(head >> 5), head >> 2 & 3};  // and differences
  };
  for (std::size_t i = 0; i < count_; ++i) {
    const auto [layer, differences] = head_of(layers);
    pictures_[i] = {.temporal_id = layer};
    layers.bytes(differences);
  }
  ByteReader needs{group.subspan(std::min<std::size_t>(1, group.size()))};
  for (std::size_t i = 0; i < count_; ++i) {
    for (unsigned left = head_of(needs).second; left > 0; --left) {
      const Picture& needed = pictures_[(i - needs.u8()) % count_];
      if (needed.temporal_id != 0) pictures_[i].needs_base_only = false;
    }
  }
}

std::optional<bool> Vp9Group::needs_base_only(std::uint16_t picture,
                                              std::uint8_t temporal_id) const {
  if (count_ == 0) return std::nullopt;
  const auto since = static_cast<std::uint16_t>(picture - first_);
  const Picture& found = pictures_[since % count_];
  if (found.temporal_id != temporal_id) return std::nullopt;
  return found.needs_base_only;
}

}  // namespace duet::media
