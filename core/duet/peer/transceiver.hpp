// SPDX-License-Identifier: MIT
// A transceiver as the negotiation knows it.
#pragma once

#include <duet/base/strong.hpp>
#include <duet/peer/capabilities.hpp>
#include <duet/peer/rtp_parameters.hpp>
#include <duet/peer/send_parameters.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace duet::peer {

/// Names a transceiver for as long as its connection lives; never used twice.
using TransceiverId = Strong<struct TransceiverIdTag, std::uint32_t>;

/// A sender and a receiver that share an m-section (W3C webrtc #dom-rtcrtptransceiver). For
/// reading; Negotiation changes it.
struct Transceiver {
  TransceiverId id;
  MediaKind kind = MediaKind::Audio;
  std::optional<std::string> mid;              // once a description with it is set
  Direction direction = Direction::SendRecv;   // wished for
  std::optional<Direction> current_direction;  // agreed on
  bool stopping = false;  // stop() was called; the peer hears of it with the next negotiation
  bool stopped = false;

  // The sender
  std::optional<std::string> track_id;  // nothing while it has no track
  std::vector<std::string> stream_ids;  // that its track is said to belong to
  EncodingParameters encoding;          // what was asked of its stream

  // The receiver, as the last remote description said
  bool receiving = false;  // its track has been announced and not been taken back
  std::string remote_track_id;
  std::vector<std::string> remote_stream_ids;

  RtpParameters parameters;

  /// What the application asks of its stream, within what the peer takes.
  EncodingParameters bounded_encoding() const;

  std::vector<CodecCapability> codec_preferences;  // empty for those of the capabilities

 private:
  friend class Negotiation;

  std::optional<std::size_t> section_;  // of the descriptions that have it
  std::string msid_track_;              // what a=msid calls its track, for good
  bool by_add_track_ = false;
  bool by_remote_ = false;  // made for an offer of the peer's, and not taken by addTrack since
  bool has_sent_ = false;
  std::string transaction_;  // of the parameters that were read last; empty once they were set
};

}  // namespace duet::peer
