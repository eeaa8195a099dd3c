// SPDX-License-Identifier: MIT
// H.264's profile-level-id: which profile three bytes mean, and which level.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace duet::peer {

/// RFC 6184 §8.1, Table 5.
struct H264ProfileLevel {
  enum class Profile : std::uint8_t {
    ConstrainedBaseline,
    Baseline,
    Main,
    Extended,
    ConstrainedHigh,
    High,
    Other,  // then `bytes` tell profiles apart
  };

  Profile profile = Profile::ConstrainedBaseline;
  std::uint32_t bytes = 0x42E00A;  // profile_idc, profile-iop, level_idc
  std::uint8_t level = 10;         // ten times the level, 10 for 1; level 1b is 10 too

  /// Six hex digits. Nothing for anything else.
  static std::optional<H264ProfileLevel> parse(std::string_view text);

  /// That of an fmtp line. Without profile-level-id it is constrained baseline, level 1: departs
  /// from RFC 6184 §8.1, which says baseline, since encoders that leave it out send the constrained
  /// kind.
  static std::optional<H264ProfileLevel> from_fmtp(std::string_view fmtp);

  std::string to_string() const;

  bool has_profile_of(const H264ProfileLevel& other) const;
};

}  // namespace duet::peer
