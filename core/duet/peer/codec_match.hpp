// SPDX-License-Identifier: MIT
// When two lines mean the same codec, and what an answer says about it.
#pragma once

#include <duet/peer/capabilities.hpp>
#include <duet/sdp/attributes.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duet::peer {

/// What tells one codec from another. A view: what it was made from must outlive it.
struct CodecIdentity {
  std::string_view name;
  std::uint32_t clock_rate_hz = 0;
  std::uint8_t channels = 1;
  std::string_view fmtp;
};

CodecIdentity identity(const CodecCapability& codec);
CodecIdentity identity(const sdp::PayloadFormat& format);

/// The same name, clock rate and channels, and a configuration that the one can decode from the
/// other: for H.264 the profile and packetization mode (RFC 6184 §8.2.2), for VP9 the profile
/// (RFC 9628 §6), for AV1 the profile (AV1 RTP §7.2).
/// What belongs to another payload type, `rtx` and `red`, is compared by name alone.
bool is_same_codec(const CodecIdentity& a, const CodecIdentity& b);

/// False for `rtx`, `red`, FEC, comfort noise and telephone events: of no use without another.
bool carries_media(std::string_view name);

bool is_rtx(std::string_view name);
bool is_red(std::string_view name);
bool is_fec(std::string_view name);

/// What an answer says about a format it accepts: our parameters, and of H.264 the profile that was
/// offered with the level that both can do (RFC 6184 §8.2.2).
std::string answer_fmtp(const CodecCapability& ours, const sdp::PayloadFormat& offered);

/// The payload types that RED's fmtp names, "111/111" (RFC 2198 §5).
std::vector<PayloadType> red_payload_types(std::string_view fmtp);

/// The payload type whose packets `rtx` repeats (RFC 4588 §8.6).
std::optional<PayloadType> associated_payload_type(std::string_view fmtp);

/// Those of `ours` that are among `theirs`, in their order.
std::vector<std::string> common_feedback(const std::vector<std::string>& ours,
                                         const std::vector<std::string>& theirs);

/// The formats of an answer: what the offer has and we can, with the offer's payload types, in the
/// offer's order, or in that of `ours` if `prefer_ours` (RFC 9429 §5.3.1). Empty if nothing that
/// carries media is common.
std::vector<sdp::PayloadFormat> answer_formats(const std::vector<sdp::PayloadFormat>& offered,
                                               const std::vector<CodecCapability>& ours,
                                               bool prefer_ours);

}  // namespace duet::peer
