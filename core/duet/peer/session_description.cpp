// SPDX-License-Identifier: MIT
// The values that two ends exchange, and the states between them.
#include <duet/peer/session_description.hpp>

namespace duet::peer {

std::string_view to_string(SignalingState state) {
  switch (state) {
    case SignalingState::Stable:
      return "stable";
    case SignalingState::HaveLocalOffer:
      return "have-local-offer";
    case SignalingState::HaveRemoteOffer:
      return "have-remote-offer";
    case SignalingState::HaveLocalPranswer:
      return "have-local-pranswer";
    case SignalingState::HaveRemotePranswer:
      return "have-remote-pranswer";
    case SignalingState::Closed:
      break;
  }
  return "closed";
}

std::string_view to_string(SdpType type) {
  switch (type) {
    case SdpType::Offer:
      return "offer";
    case SdpType::Pranswer:
      return "pranswer";
    case SdpType::Answer:
      return "answer";
    case SdpType::Rollback:
      break;
  }
  return "rollback";
}

std::optional<SdpType> parse_sdp_type(std::string_view text) {
  for (const SdpType type :
       {SdpType::Offer, SdpType::Pranswer, SdpType::Answer, SdpType::Rollback}) {
    if (text == to_string(type)) return type;
  }
  return std::nullopt;
}

}  // namespace duet::peer
