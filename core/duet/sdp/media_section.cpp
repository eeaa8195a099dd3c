// SPDX-License-Identifier: MIT
// One m-section: its lines as they were written, and what they mean.
#include <duet/base/ascii.hpp>
#include <duet/sdp/media_section.hpp>
#include <duet/sdp/text.hpp>

#include <algorithm>

namespace duet::sdp {

namespace {

/// What a b= line of this kind says (RFC 8866 §5.8). Zero bounds nothing: browsers read it so.
std::optional<std::uint64_t> bandwidth(const std::vector<Line>& lines, std::string_view kind) {
  for (const Line& line : lines) {
    std::string_view value = line.value;
    if (line.type != 'b' || take_until(value, ':') != kind) continue;
    const auto number = parse_number<std::uint64_t>(trim(value));
    if (number && *number > 0) return number;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(MediaKind kind) {
  switch (kind) {
    case MediaKind::Audio:
      return "audio";
    case MediaKind::Video:
      return "video";
    case MediaKind::Application:
      return "application";
    case MediaKind::Other:
      break;
  }
  return {};
}

bool TransportAttributes::has_ice_option(std::string_view option) const {
  return std::find(ice_options.begin(), ice_options.end(), option) != ice_options.end();
}

bool MediaSection::is_rtp() const {
  return (kind == MediaKind::Audio || kind == MediaKind::Video) &&
         protocol.find("RTP/") != std::string::npos;
}

bool MediaSection::is_data_channel() const {
  if (kind != MediaKind::Application || protocol.find("DTLS/SCTP") == std::string::npos)
    return false;
  // RFC 8841 §4.3; before it the format was a port that sctpmap explained.
  return formats.front() == "webrtc-datachannel" || sctp_port.has_value();
}

std::optional<std::uint64_t> MediaSection::max_bitrate() const {
  if (const auto tias = bandwidth(lines, "TIAS")) return tias;
  // RFC 9429 §5.9: kbit/s, of which RTCP has a twentieth, and 50 packets a second have 40 bytes
  // each.
  constexpr std::uint64_t kMost = 1'000'000'000;  // kbit/s; more is no bound
  constexpr std::uint64_t kOfKilobit = 950;
  constexpr std::uint64_t kHeaders = 50 * 40 * 8;
  const auto as = bandwidth(lines, "AS");
  if (!as || *as > kMost || *as * kOfKilobit <= kHeaders) return std::nullopt;
  return *as * kOfKilobit - kHeaders;
}

const PayloadFormat* MediaSection::find_payload(PayloadType payload_type) const {
  const auto found = std::find_if(
      payloads.begin(), payloads.end(),
      [&](const PayloadFormat& format) { return format.payload_type == payload_type; });
  return found == payloads.end() ? nullptr : &*found;
}

}  // namespace duet::sdp
