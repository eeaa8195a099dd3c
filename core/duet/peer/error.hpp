// SPDX-License-Identifier: MIT
// Why a call was refused, in the W3C's names.
#pragma once

#include <duet/base/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace duet::peer {

/// A refusal. The connection is as it was before the call, and stays usable.
struct Error {
  /// DOMException names, and RTCError with errorDetail "sdp-syntax-error"
  /// (W3C webrtc #rtcerrordetailtype-enum).
  enum class Name : std::uint8_t {
    InvalidStateError,
    InvalidAccessError,
    InvalidModificationError,
    OperationError,
    TypeError,
    RangeError,
    SdpSyntaxError,
  };

  Name name{};
  std::string message;                       // one sentence for who reads the log
  std::optional<std::size_t> sdp_line = {};  // of SdpSyntaxError, counted from 1
};

/// "InvalidStateError"; "RTCError" for SdpSyntaxError.
std::string_view to_string(Error::Name name);

/// return refuse(Error::Name::InvalidStateError, "The connection is closed.");
inline auto refuse(Error::Name name, std::string message) {
  return fail(Error{.name = name, .message = std::move(message)});
}

}  // namespace duet::peer
