// SPDX-License-Identifier: MIT
// The values that two ends exchange, and the states between them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace duet::peer {

/// W3C webrtc #rtcsignalingstate-enum.
enum class SignalingState : std::uint8_t {
  Stable,
  HaveLocalOffer,
  HaveRemoteOffer,
  HaveLocalPranswer,
  HaveRemotePranswer,
  Closed,
};

/// "have-local-offer", as the W3C writes it.
std::string_view to_string(SignalingState state);

/// W3C webrtc #rtcsdptype.
enum class SdpType : std::uint8_t { Offer, Pranswer, Answer, Rollback };

std::string_view to_string(SdpType type);
std::optional<SdpType> parse_sdp_type(std::string_view text);

/// W3C webrtc #rtcsessiondescription-class.
struct SessionDescription {
  SdpType type = SdpType::Offer;
  std::string sdp;  // empty for Rollback

  friend bool operator==(const SessionDescription&, const SessionDescription&) = default;
};

/// W3C webrtc #dom-rtcicecandidateinit. An empty candidate says that there are no more.
struct IceCandidateInit {
  std::string candidate;  // "candidate:..."
  std::optional<std::string> sdp_mid = {};
  std::optional<std::uint16_t> sdp_mline_index = {};
  std::optional<std::string> username_fragment = {};

  friend bool operator==(const IceCandidateInit&, const IceCandidateInit&) = default;
};

}  // namespace duet::peer
