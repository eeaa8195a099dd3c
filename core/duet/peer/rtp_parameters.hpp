// SPDX-License-Identifier: MIT
// What two ends have agreed on for one transceiver.
#pragma once

#include <duet/base/rtp_ids.hpp>
#include <duet/sdp/attributes.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duet::peer {

/// A negotiated codec (W3C webrtc #dom-rtcrtpcodecparameters).
struct Codec {
  PayloadType payload_type;
  std::string name;  // "VP8", "rtx" never: it is below
  std::uint32_t clock_rate_hz = 0;
  std::uint8_t channels = 1;
  std::string fmtp;                     // what the receiver of this codec asked for
  std::vector<std::string> feedback;    // "nack pli": what both ends know
  std::optional<PayloadType> rtx = {};  // carries its retransmissions (RFC 4588 §8.6)
  std::optional<std::uint32_t> rtx_time_ms = {};

  bool has_feedback(std::string_view what) const;

  friend bool operator==(const Codec&, const Codec&) = default;
};

/// A negotiated header extension. The id means the same in both directions (RFC 8285 §6).
struct HeaderExtension {
  std::uint8_t id = 0;  // 1 to 14, or up to 255 where two-byte headers are allowed
  std::string uri;
  sdp::Direction direction = sdp::Direction::SendRecv;  // ours: sends() if we may send it

  friend bool operator==(const HeaderExtension&, const HeaderExtension&) = default;
};

/// A stream and its retransmissions (RFC 5576 §4.2, FID).
struct SsrcPair {
  Ssrc ssrc;
  std::optional<Ssrc> rtx = {};

  friend bool operator==(const SsrcPair&, const SsrcPair&) = default;
};

/// The outcome of the last answer for one transceiver. Empty lists before that.
struct RtpParameters {
  std::string mid;          // for the header extension sdes:mid; empty where the peer knows no mids
  std::vector<Codec> send;  // payload types as the peer maps them, the first is the one to use
  std::vector<Codec> receive;  // payload types as we map them
  std::vector<HeaderExtension> extensions;
  bool extmap_allow_mixed = false;
  bool reduced_size = false;  // RTCP without a report at the head is understood (RFC 5506)
  SsrcPair local;             // what we send with
  std::string cname;          // of ours (RFC 3550 §6.5.1)
  std::vector<SsrcPair>
      remote;  // as the peer told; empty if it didn't: then go by mid and payload type
  std::string remote_cname;
  std::optional<std::uint64_t> max_bitrate = {};  // that the peer takes, in bit/s of RTP

  std::optional<std::uint8_t> extension_id(std::string_view uri) const;

  friend bool operator==(const RtpParameters&, const RtpParameters&) = default;
};

}  // namespace duet::peer
