// SPDX-License-Identifier: MIT
// What a connection says of itself.
#pragma once

#include <duet/data_channel/channels.hpp>
#include <duet/ice/event.hpp>
#include <duet/peer/media.hpp>
#include <duet/peer/negotiation.hpp>
#include <duet/peer/transport.hpp>

#include <cstdint>
#include <string_view>
#include <variant>

namespace duet::peer {

/// W3C webrtc #dom-rtcpeerconnectionstate.
enum class ConnectionState : std::uint8_t {
  New,
  Connecting,
  Connected,
  Disconnected,
  Failed,
  Closed
};

// As the W3C writes them.
std::string_view to_string(ConnectionState state);
std::string_view to_string(DtlsState state);
std::string_view to_string(ice::State state);
std::string_view to_string(ice::GatheringState state);

struct ConnectionStateChanged {
  ConnectionState state;
};

using DtlsStateChanged = Transport::DtlsStateChanged;

/// In the W3C's order where it says one. Those of ice::Event that only order something of the
/// shell (StreamWanted, NameMade, ResolveWanted, ...) come as they are.
using Event =
    std::variant<SignalingStateChanged, NegotiationNeeded, TransceiverChanged, ParametersChanged,
                 TrackAdded, TrackRemoved, TransceiverRemoved, IceCandidateFound, ice::Event,
                 DtlsStateChanged, ConnectionStateChanged, data_channel::Event, MediaReceived,
                 KeyFrameWanted, StreamEnded, ArrivalsReported, RateLimited, TargetRateChanged>;

}  // namespace duet::peer
