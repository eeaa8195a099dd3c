// SPDX-License-Identifier: MIT
// Start codes, and which unit begins a picture.
#include <duet/device/access_units.hpp>
#include <duet/media/h264.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace duet::device {
namespace {

constexpr std::array<std::byte, 3> kStart{std::byte{0}, std::byte{0}, std::byte{1}};

/// §7.4.1.2.3: data partitions count by their first one; the rest is of the picture before it.
bool is_slice(int type) { return type == 1 || type == 2 || type == 5; }

/// Units that stand before the first slice of a picture: SEI, parameter sets, delimiters, and 14
/// to 18.
bool leads(int type) { return (type >= 6 && type <= 9) || (type >= 14 && type <= 18); }

/// first_mb_in_slice is the first ue(v) of a slice: 0 is written as one bit that is set (§7.3.3,
/// §9.1).
bool is_first_slice(std::byte header) { return (header & std::byte{0x80}) != std::byte{0}; }

}  // namespace

void AccessUnits::push(std::span<const std::byte> bytes) {
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

/// The next start code, if two bytes of the unit after it have come, too.
std::optional<AccessUnits::Start> AccessUnits::find_start(std::size_t from) const {
  const auto begin = buffer_.begin();
  const auto found = std::search(begin + static_cast<std::ptrdiff_t>(from), buffer_.end(),
                                 kStart.begin(), kStart.end());
  const auto at = static_cast<std::size_t>(found - begin);
  if (at + kStart.size() + 2 > buffer_.size()) return std::nullopt;
  const bool is_long = at > from && buffer_[at - 1] == std::byte{0};  // zero_byte
  return Start{is_long ? at - 1 : at, at + kStart.size()};
}

/// What comes before the first start code is the end of something. False until there is one.
bool AccessUnits::drop_rubbish() {
  const auto start = find_start(0);
  if (!start) {
    // A start code may have begun.
    if (buffer_.size() > kMost) buffer_.erase(buffer_.begin(), buffer_.end() - 4);
    return false;
  }
  const auto end = buffer_.begin() + static_cast<std::ptrdiff_t>(start->at);
  const bool is_padding =
      std::all_of(buffer_.begin(), end, [](std::byte byte) { return byte == std::byte{0}; });
  if (!is_padding) follows_ = false;
  buffer_.erase(buffer_.begin(), end);
  return true;
}

AccessUnits::Unit AccessUnits::cut(std::size_t size) {
  const auto end = buffer_.begin() + static_cast<std::ptrdiff_t>(size);
  Unit unit{{buffer_.begin(), end}, std::exchange(follows_, true)};
  buffer_.erase(buffer_.begin(), end);
  looked_at_ = 0;
  has_picture_ = false;
  return unit;
}

void AccessUnits::drop() {
  buffer_.clear();
  looked_at_ = 0;
  has_picture_ = false;
  is_cut_ = true;
  follows_ = false;
}

std::optional<AccessUnits::Unit> AccessUnits::next() {
  while (looked_at_ != 0 || drop_rubbish()) {
    const auto start = find_start(looked_at_);
    if (!start) {
      constexpr std::size_t kSeam = 5;  // a start code and what find_start() wants after it
      if (buffer_.size() > kMost) {
        drop();
      } else if (buffer_.size() > looked_at_ + kSeam) {
        looked_at_ = buffer_.size() - kSeam;
      }
      return std::nullopt;
    }
    const int type = static_cast<int>(media::nal_type(buffer_[start->body]));
    const bool begins = is_slice(type) && is_first_slice(buffer_[start->body + 1]);
    if (has_picture_ && (begins || leads(type))) return cut(start->at);
    if (is_cut_ && is_slice(type) && !begins) follows_ = false;
    if (is_cut_ && (begins || leads(type))) is_cut_ = false;
    has_picture_ |= is_slice(type) && !is_cut_;
    looked_at_ = start->body;
    if (is_cut_) {  // the rest of a picture of which the beginning is gone
      buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(start->body));
      looked_at_ = 0;
    }
  }
  return std::nullopt;
}

std::optional<AccessUnits::Unit> AccessUnits::take_rest() {
  if (!has_picture_) return std::nullopt;
  is_cut_ = true;
  return cut(buffer_.size());
}

}  // namespace duet::device
