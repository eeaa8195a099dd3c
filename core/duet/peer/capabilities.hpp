// SPDX-License-Identifier: MIT
// What this end can send and receive, before anything is negotiated.
#pragma once

#include <duet/sdp/attributes.hpp>
#include <duet/sdp/media_section.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace duet::peer {

using sdp::Direction;
using sdp::MediaKind;

/// A codec, or a format that helps codecs: `rtx`, `red`, `ulpfec`, `telephone-event`
/// (W3C webrtc #dom-rtcrtpcodec). One entry `rtx` stands for the retransmissions of every video
/// codec, and `red` of audio carries the first codec listed that has its clock rate.
struct CodecCapability {
  std::string name;  // "VP8", compared without regard to case
  std::uint32_t clock_rate_hz = 90'000;
  std::uint8_t channels = 1;
  std::string fmtp;                         // what we say that we want to receive
  std::vector<std::string> feedback;        // "nack pli"
  std::optional<PayloadType> payload_type;  // wished for in our offers; nothing to have one chosen

  friend bool operator==(const CodecCapability&, const CodecCapability&) = default;
};

struct HeaderExtensionCapability {
  std::string uri;
  Direction direction = Direction::SendRecv;

  friend bool operator==(const HeaderExtensionCapability&,
                         const HeaderExtensionCapability&) = default;
};

/// In order of preference (W3C webrtc #dom-rtcrtpcapabilities).
struct MediaCapabilities {
  std::vector<CodecCapability> codecs;
  std::vector<HeaderExtensionCapability> header_extensions;
};

struct Capabilities {
  MediaCapabilities audio;
  MediaCapabilities video;

  const MediaCapabilities& of(MediaKind kind) const {
    return kind == MediaKind::Audio ? audio : video;
  }
};

/// Everything that the packets of core/duet/rtp know how to carry: Opus, PCMU, PCMA and RED;
/// VP8, VP9, H.264, AV1 with RTX, RED and ULPFEC; the feedback and extensions that go with them.
Capabilities default_capabilities();

}  // namespace duet::peer
