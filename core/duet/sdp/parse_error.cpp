// SPDX-License-Identifier: MIT
// Why text is not a description, and in which line.
#include <duet/sdp/parse_error.hpp>

namespace duet::sdp {

std::string_view describe(ParseError::Reason reason) {
  using Reason = ParseError::Reason;
  switch (reason) {
    case Reason::TooLong:
      return "the description is longer than 256 KB";
    case Reason::LineTooLong:
      return "the line is longer than 8 KB";
    case Reason::TooManyLines:
      return "there are more lines in one section than 2048";
    case Reason::TooManySections:
      return "there are more m-sections than 64";
    case Reason::TooManyCandidates:
      return "there are more candidates in one m-section than 128";
    case Reason::TooManyValues:
      return "there are more values of this kind than one section may have";
    case Reason::NotALine:
      return "the line is not a letter, an equals sign and a value";
    case Reason::ControlCharacter:
      return "there is a NUL or a CR within the line";
    case Reason::UnknownType:
      return "no line begins with this letter here";
    case Reason::WrongOrder:
      return "the line stands behind one that it must precede";
    case Reason::MissingLine:
      return "v=, o=, s= or t= is missing before this line";
    case Reason::BadVersion:
      return "the version is not 0";
    case Reason::BadOrigin:
      return "the origin is not a name, two numbers, a network, its type and an address";
    case Reason::BadTiming:
      return "the time is not two numbers";
    case Reason::BadMediaLine:
      return "the m-line is not a kind, a port, a protocol and formats";
    case Reason::BadMid:
      return "the mid is not a token";
    case Reason::DuplicateMid:
      return "another m-section has this mid";
    case Reason::BadGroup:
      return "the group is not its meaning and mids";
    case Reason::DuplicatePayloadType:
      return "the payload type is used twice in one m-section";
    case Reason::BadRtpmap:
      return "the rtpmap is not a payload type, a name and a clock rate";
    case Reason::BadFmtp:
      return "the fmtp is not a payload type and parameters";
    case Reason::BadFeedback:
      return "the rtcp-fb is not a payload type and a kind of feedback";
    case Reason::BadExtmap:
      return "the extmap is not a number, a direction or none, and a URI";
    case Reason::DuplicateExtmap:
      return "the header extension's number is used twice in one m-section";
    case Reason::BadIceCredentials:
      return "the ICE user name or password has a length or a character that it can't have";
    case Reason::BadFingerprint:
      return "the fingerprint is not the name of a hash and as many bytes as that has";
    case Reason::BadSetup:
      return "setup is none of actpass, active, passive and holdconn";
    case Reason::BadMsid:
      return "the msid is not a stream and a track";
    case Reason::BadSsrc:
      return "the ssrc is not a number of 32 bits and an attribute";
    case Reason::BadRid:
      return "the rid is not a name and a direction, or there are two of this name";
    case Reason::BadSctp:
      break;
  }
  return "the port or the size of messages is not a number that fits";
}

}  // namespace duet::sdp
