// SPDX-License-Identifier: MIT
// H.264's profile-level-id: which profile three bytes mean, and which level.
#include <duet/peer/h264_profile.hpp>
#include <duet/sdp/attributes.hpp>

#include <array>
#include <charconv>
#include <system_error>

namespace duet::peer {
namespace {

using Profile = H264ProfileLevel::Profile;

/// A row of RFC 6184 §8.1, Table 5: profile-iop must have these bits, of those in the mask.
struct Pattern {
  std::uint8_t profile_idc;
  std::uint8_t mask;
  std::uint8_t bits;
  Profile profile;
};

constexpr std::array<Pattern, 9> kPatterns = {{
    {0x42, 0b0100'1111, 0b0100'0000, Profile::ConstrainedBaseline},
    {0x4D, 0b1000'1111, 0b1000'0000, Profile::ConstrainedBaseline},
    {0x58, 0b1100'1111, 0b1100'0000, Profile::ConstrainedBaseline},
    {0x42, 0b0100'1111, 0b0000'0000, Profile::Baseline},
    {0x58, 0b1100'1111, 0b1000'0000, Profile::Baseline},
    {0x4D, 0b1010'1111, 0b0000'0000, Profile::Main},
    {0x58, 0b1100'1111, 0b0000'0000, Profile::Extended},
    {0x64, 0b1111'1111, 0b0000'0000, Profile::High},
    {0x64, 0b1111'1111, 0b0000'1100, Profile::ConstrainedHigh},
}};

}  // namespace

std::optional<H264ProfileLevel> H264ProfileLevel::parse(std::string_view text) {
  constexpr std::size_t kDigits = 6;
  H264ProfileLevel out;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out.bytes, 16);
  if (text.size() != kDigits || error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  const auto profile_idc = static_cast<std::uint8_t>(out.bytes >> 16);
  const auto profile_iop = static_cast<std::uint8_t>(out.bytes >> 8);
  out.level = static_cast<std::uint8_t>(out.bytes);
  // RFC 6184 §8.1: level_idc 11 with constraint_set3_flag is level 1b in the profiles of old.
  if (out.level == 11 && (profile_iop & 0x10) != 0) out.level = 10;
  out.profile = Profile::Other;
  for (const Pattern& pattern : kPatterns) {
    if (pattern.profile_idc == profile_idc && (profile_iop & pattern.mask) == pattern.bits) {
      out.profile = pattern.profile;
      break;
    }
  }
  return out;
}

std::optional<H264ProfileLevel> H264ProfileLevel::from_fmtp(std::string_view fmtp) {
  const auto value = sdp::fmtp_parameter(fmtp, "profile-level-id");
  return value ? parse(*value) : H264ProfileLevel{};
}

std::string H264ProfileLevel::to_string() const {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (int shift = 20; shift >= 0; shift -= 4) out += kHex[(bytes >> shift) & 0xF];
  return out;
}

bool H264ProfileLevel::has_profile_of(const H264ProfileLevel& other) const {
  if (profile != other.profile) return false;
  return profile != Profile::Other || bytes >> 8 == other.bytes >> 8;
}

}  // namespace duet::peer
