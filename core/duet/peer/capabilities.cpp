// SPDX-License-Identifier: MIT
// What this end can send and receive, before anything is negotiated.
#include <duet/peer/capabilities.hpp>

namespace duet::peer {
namespace {

constexpr std::uint32_t kOpusClockRate = 48'000;
constexpr std::uint32_t kTelephoneClockRate = 8'000;

constexpr auto kTransportCc =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
constexpr auto kAbsSendTime = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";

CodecCapability audio(std::string name, std::uint32_t clock_rate_hz, std::uint8_t channels,
                      std::string fmtp, std::vector<std::string> feedback,
                      std::optional<PayloadType> payload_type = {}) {
  return {.name = std::move(name),
          .clock_rate_hz = clock_rate_hz,
          .channels = channels,
          .fmtp = std::move(fmtp),
          .feedback = std::move(feedback),
          .payload_type = payload_type};
}

CodecCapability video(std::string name, std::string fmtp = {}) {
  return {.name = std::move(name),
          .fmtp = std::move(fmtp),
          .feedback = {"goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"}};
}

}  // namespace

Capabilities default_capabilities() {
  Capabilities all;
  // Numbers that no browser gives to a codec of its pictures: Firefox keeps those that
  // we gave to sound, and adds pictures later with its usual ones, 97 to 106 and 119 to 127.
  all.audio.codecs = {
      audio("opus", kOpusClockRate, 2, "minptime=10;useinbandfec=1", {"transport-cc"},
            PayloadType{111}),
      audio("red", kOpusClockRate, 2, {}, {}, PayloadType{63}),
      // RFC 3551 §6 numbers these two.
      audio("PCMU", kTelephoneClockRate, 1, {}, {"transport-cc"}, PayloadType{0}),
      audio("PCMA", kTelephoneClockRate, 1, {}, {"transport-cc"}, PayloadType{8}),
      audio("telephone-event", kOpusClockRate, 1, "0-15", {}, PayloadType{110}),
      audio("telephone-event", kTelephoneClockRate, 1, "0-15", {}, PayloadType{113}),
  };
  all.audio.header_extensions = {{.uri = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"},
                                 {.uri = kAbsSendTime},
                                 {.uri = kTransportCc},
                                 {.uri = "urn:ietf:params:rtp-hdrext:sdes:mid"}};
  all.video.codecs = {
      video("VP8"),
      video("VP9", "profile-id=0"),
      // RFC 6184 §8.1: constrained baseline, level 3.1, with and without fragments.
      video("H264", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"),
      video("H264", "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f"),
      video("H264", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f"),
      video("AV1", "level-idx=5;profile=0;tier=0"),
      {.name = "rtx"},
      {.name = "red"},
      {.name = "ulpfec"},
  };
  all.video.header_extensions = {{.uri = "urn:ietf:params:rtp-hdrext:toffset"},
                                 {.uri = kAbsSendTime},
                                 {.uri = "urn:3gpp:video-orientation"},
                                 {.uri = kTransportCc},
                                 {.uri = "urn:ietf:params:rtp-hdrext:sdes:mid"},
                                 {.uri = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"},
                                 {.uri = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"}};
  return all;
}

}  // namespace duet::peer
