// SPDX-License-Identifier: MIT
// Takes back what was not answered (RFC 9429 §4.1.10.2).
#include <duet/peer/negotiation.hpp>

#include <algorithm>
#include <utility>

namespace duet::peer {

Result<void, Error> Negotiation::rollback() {
  // W3C webrtc #set-the-rtcsessiondescription: not once an answer has been given, nor before an
  // offer.
  if (state_ != SignalingState::HaveLocalOffer && state_ != SignalingState::HaveRemoteOffer) {
    return refuse_type(SdpType::Rollback);
  }
  const Before last = before();
  roll_back();
  announce(last);
  update_negotiation_needed();
  return {};
}

/// What the application did meanwhile stays: directions, tracks, stops.
void Negotiation::roll_back() {
  std::erase_if(transceivers_, [&](const Transceiver& transceiver) {
    const auto& known = stable_->transceivers;
    const bool is_known = std::any_of(known.begin(), known.end(), [&](const Transceiver& old) {
      return old.id == transceiver.id;
    });
    return !is_known && transceiver.by_remote_;  // made for the offer that is gone
  });
  for (Transceiver& transceiver : transceivers_) {
    const auto& known = stable_->transceivers;
    const auto old = std::find_if(known.begin(), known.end(), [&](const Transceiver& other) {
      return other.id == transceiver.id;
    });
    const Transceiver before = old != known.end() ? *old : Transceiver{};
    RtpParameters parameters = before.parameters;
    parameters.local = transceiver.parameters.local;
    parameters.cname = cname_;
    transceiver.parameters = std::move(parameters);
    transceiver.mid = before.mid;
    transceiver.section_ = before.section_;
    transceiver.current_direction = before.current_direction;
    transceiver.has_sent_ = before.has_sent_;
    transceiver.receiving = before.receiving;
    transceiver.remote_track_id = before.remote_track_id;
    transceiver.remote_stream_ids = before.remote_stream_ids;
  }
  // Stopped, and no description that holds has heard of it.
  std::erase_if(transceivers_, [](const Transceiver& transceiver) {
    return transceiver.stopping && !transceiver.section_;
  });
  numbers_ = std::move(stable_->numbers);
  controlling_ = stable_->controlling;
  return_to_stable();
}

}  // namespace duet::peer
