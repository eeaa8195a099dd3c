// SPDX-License-Identifier: MIT
// What an application may ask of the stream that a transceiver sends, without a negotiation.
#pragma once

#include <duet/peer/rtp_parameters.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace duet::peer {

/// W3C webrtc #dom-rtcrtpencodingparameters. We send one encoding, so there is no rid.
struct EncodingParameters {
  bool active = true;
  std::optional<std::uint64_t> max_bitrate = {};        ///< bit/s, headers not counted
  std::optional<double> max_framerate = {};             ///< frames a second, 0 or more
  std::optional<double> scale_resolution_down_by = {};  ///< of pictures: 1 or more; nothing is 1

  friend bool operator==(const EncodingParameters&, const EncodingParameters&) = default;
};

/// W3C webrtc #dom-rtcrtpsendparameters: read them, change the encoding, give them back.
struct SendParameters {
  std::string transaction_id;
  std::vector<EncodingParameters> encodings;  ///< one

  // For reading.
  std::vector<Codec> codecs;
  std::vector<HeaderExtension> header_extensions;
  std::string cname;
  bool reduced_size = false;

  friend bool operator==(const SendParameters&, const SendParameters&) = default;
};

}  // namespace duet::peer
