// SPDX-License-Identifier: MIT
// Why text is not a description, and in which line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace duet::sdp {

/// The first rule that text breaks, and where.
struct ParseError {
  enum class Reason : std::uint8_t {
    TooLong,
    LineTooLong,
    TooManyLines,
    TooManySections,
    TooManyCandidates,
    TooManyValues,
    NotALine,
    ControlCharacter,
    UnknownType,
    WrongOrder,
    MissingLine,
    BadVersion,
    BadOrigin,
    BadTiming,
    BadMediaLine,
    BadMid,
    DuplicateMid,
    BadGroup,
    DuplicatePayloadType,
    BadRtpmap,
    BadFmtp,
    BadFeedback,
    BadExtmap,
    DuplicateExtmap,
    BadIceCredentials,
    BadFingerprint,
    BadSetup,
    BadMsid,
    BadSsrc,
    BadRid,
    BadSctp,
  };

  std::size_t line = 0;  // counted from 1, as RTCError.sdpLineNumber
  Reason reason{};

  friend bool operator==(const ParseError&, const ParseError&) = default;
};

/// A sentence without its stop: "the payload type is used twice in one m-section".
std::string_view describe(ParseError::Reason reason);

}  // namespace duet::sdp
