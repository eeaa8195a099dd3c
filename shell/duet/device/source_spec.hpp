// SPDX-License-Identifier: MIT
// What people write after --video and --audio.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace duet::device {

/// camera[:DEV] | screen[:DISPLAY] | file:F | stdin | pattern | none
struct VideoSpec {
  enum class Kind : std::uint8_t { Camera, Screen, File, StandardInput, Pattern, None };

  Kind kind = Kind::Camera;
  std::string argument;  ///< what follows the colon; empty without

  /// @return nothing for what is none of these
  static std::optional<VideoSpec> parse(std::string_view text);
  std::string to_string() const;

  friend bool operator==(const VideoSpec&, const VideoSpec&) = default;
};

/// mic[:DEV] | file:F | tone | none
struct AudioSpec {
  enum class Kind : std::uint8_t { Microphone, File, Tone, None };

  Kind kind = Kind::Microphone;
  std::string argument;

  static std::optional<AudioSpec> parse(std::string_view text);
  std::string to_string() const;

  friend bool operator==(const AudioSpec&, const AudioSpec&) = default;
};

}  // namespace duet::device
