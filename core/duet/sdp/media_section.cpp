// SPDX-License-Identifier: MIT
// One m-section: its lines as they were written, and what they mean.
#include <duet/base/ascii.hpp>
#include <duet/sdp/media_section.hpp>

#include <algorithm>

namespace duet::sdp {

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

const PayloadFormat* MediaSection::find_payload(PayloadType payload_type) const {
  const auto found = std::find_if(
      payloads.begin(), payloads.end(),
      [&](const PayloadFormat& format) { return format.payload_type == payload_type; });
  return found == payloads.end() ? nullptr : &*found;
}

}  // namespace duet::sdp
