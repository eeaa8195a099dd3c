// SPDX-License-Identifier: MIT
// When two lines mean the same codec, and what an answer says about it.
#include <duet/base/ascii.hpp>
#include <duet/peer/codec_match.hpp>
#include <duet/peer/h264_profile.hpp>
#include <duet/sdp/text.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace duet::peer {
namespace {

using sdp::PayloadFormat;

bool is_h264(std::string_view name) { return equal_ignoring_case(name, "H264"); }

std::string_view parameter_or(std::string_view fmtp, std::string_view name,
                              std::string_view otherwise) {
  return sdp::fmtp_parameter(fmtp, name).value_or(otherwise);
}

bool has_same_h264(std::string_view a, std::string_view b) {
  // RFC 6184 §8.1: without packetization-mode it is 0.
  if (parameter_or(a, "packetization-mode", "0") != parameter_or(b, "packetization-mode", "0")) {
    return false;
  }
  const auto left = H264ProfileLevel::from_fmtp(a);
  const auto right = H264ProfileLevel::from_fmtp(b);
  return left && right && left->has_profile_of(*right);
}

/// A copy of `fmtp` with the value of `name`, which is there, replaced.
std::string with_parameter(std::string_view fmtp, std::string_view name, std::string_view value) {
  const auto old = sdp::fmtp_parameter(fmtp, name);
  if (!old) return std::string{fmtp};
  const auto begin = static_cast<std::size_t>(old->data() - fmtp.data());
  std::string out{fmtp};
  return out.replace(begin, old->size(), value);
}

bool allows_asymmetry(std::string_view fmtp) {
  return parameter_or(fmtp, "level-asymmetry-allowed", "0") == "1";
}

std::string h264_answer(std::string_view ours, std::string_view offered) {
  const auto own = H264ProfileLevel::from_fmtp(ours);
  auto said = H264ProfileLevel::from_fmtp(offered);
  if (!own || !said) return std::string{ours};
  const bool symmetric = !allows_asymmetry(ours) || !allows_asymmetry(offered);
  // The profile is the offer's, byte for byte; the level ours, or the lower one for both.
  if (!symmetric || own->level < said->level)
    said->bytes = (said->bytes & ~0xFFU) | (own->bytes & 0xFFU);
  return with_parameter(ours, "profile-level-id", said->to_string());
}

/// RFC 7587 §7: Opus has two, always. Who leaves them out, and so says one (RFC 8866 §6.6), can
/// only mean the same. Browsers refuse that; pipelines of GStreamer write it.
int channels_of(const CodecIdentity& codec) {
  const bool is_short = codec.channels == 1 && equal_ignoring_case(codec.name, "opus");
  return is_short ? 2 : codec.channels;
}

/// Formats that an answer takes, and the capability that each of them is.
struct Accepted {
  const PayloadFormat* format;
  std::size_t capability;
};

bool contains(const std::vector<Accepted>& accepted, PayloadType payload_type) {
  return std::any_of(accepted.begin(), accepted.end(), [&](const Accepted& entry) {
    return entry.format->payload_type == payload_type;
  });
}

/// Whether what `format` leans on has been accepted.
bool stands(const PayloadFormat& format, const std::vector<Accepted>& accepted) {
  if (is_rtx(format.encoding)) {
    const auto apt = associated_payload_type(format.fmtp);
    return apt && std::any_of(accepted.begin(), accepted.end(), [&](const Accepted& entry) {
             return entry.format->payload_type == *apt && !is_rtx(entry.format->encoding);
           });
  }
  if (is_red(format.encoding)) {
    const auto inner = red_payload_types(format.fmtp);
    return std::all_of(inner.begin(), inner.end(),
                       [&](PayloadType payload_type) { return contains(accepted, payload_type); });
  }
  if (is_fec(format.encoding)) {  // RFC 5109 §14.2: carried in RED
    return std::any_of(accepted.begin(), accepted.end(),
                       [](const Accepted& entry) { return is_red(entry.format->encoding); });
  }
  return true;
}

/// Formats lean on others in three steps: media; RED; what repeats or protects them.
int tier(std::string_view name) {
  if (is_red(name)) return 1;
  return is_rtx(name) || is_fec(name) ? 2 : 0;
}

}  // namespace

CodecIdentity identity(const CodecCapability& codec) {
  return {codec.name, codec.clock_rate_hz, codec.channels, codec.fmtp};
}

CodecIdentity identity(const PayloadFormat& format) {
  return {format.encoding, format.clock_rate_hz, format.channels, format.fmtp};
}

bool is_same_codec(const CodecIdentity& a, const CodecIdentity& b) {
  if (!equal_ignoring_case(a.name, b.name) || a.clock_rate_hz != b.clock_rate_hz) return false;
  if (channels_of(a) != channels_of(b)) return false;
  if (is_h264(a.name)) return has_same_h264(a.fmtp, b.fmtp);
  if (equal_ignoring_case(a.name, "VP9")) {
    return parameter_or(a.fmtp, "profile-id", "0") == parameter_or(b.fmtp, "profile-id", "0");
  }
  if (equal_ignoring_case(a.name, "AV1")) {
    return parameter_or(a.fmtp, "profile", "0") == parameter_or(b.fmtp, "profile", "0");
  }
  return true;
}

bool is_rtx(std::string_view name) { return equal_ignoring_case(name, "rtx"); }

bool is_red(std::string_view name) { return equal_ignoring_case(name, "red"); }

bool is_fec(std::string_view name) {
  return equal_ignoring_case(name, "ulpfec") || equal_ignoring_case(name, "flexfec-03");
}

bool carries_media(std::string_view name) {
  return !name.empty() && tier(name) == 0 && !equal_ignoring_case(name, "CN") &&
         !equal_ignoring_case(name, "telephone-event");
}

std::string answer_fmtp(const CodecCapability& ours, const PayloadFormat& offered) {
  // What these say is about the offer's payload types, which the answer keeps.
  if (is_rtx(ours.name) || is_red(ours.name)) return offered.fmtp;
  return is_h264(ours.name) ? h264_answer(ours.fmtp, offered.fmtp) : ours.fmtp;
}

std::vector<PayloadType> red_payload_types(std::string_view fmtp) {
  std::vector<PayloadType> out;
  while (!fmtp.empty()) {
    const auto number = sdp::parse_number<std::uint8_t>(sdp::take_until(fmtp, '/'));
    if (number) out.emplace_back(*number);
  }
  return out;
}

std::optional<PayloadType> associated_payload_type(std::string_view fmtp) {
  const auto apt = sdp::fmtp_parameter(fmtp, "apt");
  const auto number = apt ? sdp::parse_number<std::uint8_t>(*apt) : std::nullopt;
  return number ? std::optional{PayloadType{*number}} : std::nullopt;
}

std::vector<std::string> common_feedback(const std::vector<std::string>& ours,
                                         const std::vector<std::string>& theirs) {
  std::vector<std::string> out;
  std::copy_if(theirs.begin(), theirs.end(), std::back_inserter(out), [&](const std::string& kind) {
    return std::find(ours.begin(), ours.end(), kind) != ours.end();
  });
  return out;
}

std::vector<PayloadFormat> answer_formats(const std::vector<PayloadFormat>& offered,
                                          const std::vector<CodecCapability>& ours,
                                          bool prefer_ours) {
  std::vector<Accepted> accepted;
  for (int step = 0; step <= 2; ++step) {
    for (const PayloadFormat& format : offered) {
      if (tier(format.encoding) != step || !stands(format, accepted)) continue;
      const auto found = std::find_if(ours.begin(), ours.end(), [&](const CodecCapability& codec) {
        return is_same_codec(identity(codec), identity(format));
      });
      if (found == ours.end()) continue;
      accepted.push_back(
          {.format = &format, .capability = static_cast<std::size_t>(found - ours.begin())});
    }
  }
  const bool has_media = std::any_of(accepted.begin(), accepted.end(), [](const Accepted& entry) {
    return carries_media(entry.format->encoding);
  });
  if (!has_media) return {};
  std::stable_sort(accepted.begin(), accepted.end(), [&](const Accepted& a, const Accepted& b) {
    return prefer_ours ? a.capability < b.capability : a.format < b.format;
  });
  std::vector<PayloadFormat> out;
  out.reserve(accepted.size());
  for (const Accepted& entry : accepted) {
    PayloadFormat format = *entry.format;
    const CodecCapability& codec = ours[entry.capability];
    format.fmtp = answer_fmtp(codec, *entry.format);
    format.feedback = common_feedback(codec.feedback, entry.format->feedback);
    out.push_back(std::move(format));
  }
  return out;
}

}  // namespace duet::peer
