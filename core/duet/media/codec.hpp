// SPDX-License-Identifier: MIT
// The codecs of a call.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace duet::media {

enum class Codec : std::uint8_t { Vp8, Vp9, H264, Av1, Opus, Pcmu, Pcma };

constexpr bool is_video(Codec codec) { return codec <= Codec::Av1; }

/// Ticks of its RTP clock in a second (RFC 7741, 9628, 6184, 7587, 3551).
constexpr std::uint32_t clock_rate(Codec codec) {
  if (is_video(codec)) return 90'000;
  return codec == Codec::Opus ? 48'000 : 8'000;
}

/// As a=rtpmap names it: "VP8", "opus", ...
std::string_view name_of(Codec codec);

/// @param name  an encoding name of a=rtpmap; case doesn't count (RFC 8866 §6.6)
/// @return nothing for what is no codec of ours, such as rtx or red
std::optional<Codec> codec_named(std::string_view name);

}  // namespace duet::media
