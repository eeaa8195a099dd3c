// SPDX-License-Identifier: MIT
// Whether what the application wants differs from what was negotiated.
#include <duet/peer/negotiation.hpp>

#include <algorithm>

namespace duet::peer {

// W3C webrtc #dfn-check-if-negotiation-is-needed
bool Negotiation::is_negotiation_needed() const {
  if (!ufrags_to_replace_.empty()) return true;
  if (wants_data_channels_) {
    const bool has_section =
        current_local_ &&
        std::any_of(current_local_->sdp.sections().begin(), current_local_->sdp.sections().end(),
                    [](const sdp::MediaSection& section) { return section.is_data_channel(); });
    if (!has_section) return true;
  }
  return std::any_of(
      transceivers_.begin(), transceivers_.end(),
      [&](const Transceiver& transceiver) { return needs_negotiation(transceiver); });
}

bool Negotiation::needs_negotiation(const Transceiver& transceiver) const {
  if (transceiver.stopping || !transceiver.section_ || !current_local_) return true;
  const sdp::MediaSection& local = current_local_->sdp.sections()[*transceiver.section_];
  const sdp::MediaSection& remote = current_remote_->sdp.sections()[*transceiver.section_];
  if (sdp::sends(transceiver.direction)) {
    std::vector<std::string> streams;
    for (const sdp::Msid& msid : local.msids) {
      if (msid.stream != "-") streams.push_back(msid.stream);
    }
    if (local.msids.empty() || streams != transceiver.stream_ids) return true;
  }
  const Direction offered = sdp::reverse(remote.direction);
  if (current_local_->type == SdpType::Offer) {
    return local.direction != transceiver.direction && offered != transceiver.direction;
  }
  return local.direction != sdp::intersect(transceiver.direction, offered);
}

// W3C webrtc #dfn-update-the-negotiation-needed-flag
void Negotiation::update_negotiation_needed() {
  if (state_ != SignalingState::Stable) return;
  const bool is_needed = is_negotiation_needed();
  if (is_needed && !negotiation_needed_) events_.emplace_back(NegotiationNeeded{});
  negotiation_needed_ = is_needed;
}

}  // namespace duet::peer
