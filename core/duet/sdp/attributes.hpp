// SPDX-License-Identifier: MIT
// What the attributes of a description mean, as values.
#pragma once

#include <duet/base/rtp_ids.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duet::sdp {

/// Which way media flows, seen from who wrote it (RFC 8866 §6.7). The two bits are "sends" and
/// "receives".
enum class Direction : std::uint8_t { Inactive = 0, SendOnly = 1, RecvOnly = 2, SendRecv = 3 };

constexpr bool sends(Direction d) { return (static_cast<unsigned>(d) & 1) != 0; }

constexpr bool receives(Direction d) { return (static_cast<unsigned>(d) & 2) != 0; }

constexpr Direction make_direction(bool send, bool receive) {
  return static_cast<Direction>((send ? 1U : 0U) | (receive ? 2U : 0U));
}

/// The same flow seen from the other end.
constexpr Direction reverse(Direction d) { return make_direction(receives(d), sends(d)); }

constexpr Direction intersect(Direction a, Direction b) {
  return make_direction(sends(a) && sends(b), receives(a) && receives(b));
}

/// "sendrecv", "sendonly", "recvonly", "inactive".
std::string_view to_string(Direction direction);

/// Who opens the DTLS association (RFC 4145 §4, RFC 8842 §5.1).
enum class Setup : std::uint8_t { Actpass, Active, Passive, Holdconn };

std::string_view to_string(Setup setup);

/// A certificate's hash (RFC 8122 §5).
struct Fingerprint {
  std::string algorithm;  // lower case: "sha-256"
  std::string value;      // upper case hex, bytes parted by colons

  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

/// One payload type of an m-section, with all that is said about it.
struct PayloadFormat {
  PayloadType payload_type;
  std::string encoding;             // as written; empty if neither rtpmap nor RFC 3551 names it
  std::uint32_t clock_rate_hz = 0;  // as said in rtpmap
  std::uint8_t channels = 1;
  std::string fmtp;                   // "minptime=10;useinbandfec=1"
  std::vector<std::string> feedback;  // "nack pli" (RFC 4585 §4.2), those of `*` too

  /// The value of `name` in fmtp, names compared without regard to case; nothing if it isn't there.
  std::optional<std::string_view> parameter(std::string_view name) const;

  friend bool operator==(const PayloadFormat&, const PayloadFormat&) = default;
};

/// The value of `name` in "a=1; b=2"; nothing if it isn't there.
std::optional<std::string_view> fmtp_parameter(std::string_view fmtp, std::string_view name);

/// A header extension (RFC 8285 §8).
struct Extmap {
  std::uint16_t id = 0;  // 1 to 14, 16 to 255; 4096 and up only in offers that leave the choice
  std::optional<Direction> direction;
  std::string uri;
  std::string attributes;

  friend bool operator==(const Extmap&, const Extmap&) = default;
};

/// The stream and the track that an m-section carries (RFC 8830 §2).
struct Msid {
  std::string stream;  // "-" for a track outside of streams
  std::string track;   // may be empty

  friend bool operator==(const Msid&, const Msid&) = default;
};

/// What is said about one SSRC (RFC 5576 §4.1).
struct SsrcSource {
  Ssrc ssrc;
  std::string cname;
  std::optional<Msid> msid;  // the older place of msid

  friend bool operator==(const SsrcSource&, const SsrcSource&) = default;
};

/// SSRCs that belong together, "FID" for a stream and its retransmissions (RFC 5576 §4.2).
struct SsrcGroup {
  std::string semantics;
  std::vector<Ssrc> ssrcs;

  friend bool operator==(const SsrcGroup&, const SsrcGroup&) = default;
};

/// One restricted stream (RFC 8851 §4).
struct Rid {
  std::string id;
  bool send = false;  // else recv
  std::string restrictions;

  friend bool operator==(const Rid&, const Rid&) = default;
};

/// m-sections that belong together, named by their mids (RFC 5888 §5, RFC 9143 §7).
struct Group {
  std::string semantics;
  std::vector<std::string> mids;

  friend bool operator==(const Group&, const Group&) = default;
};

/// The o= line (RFC 8866 §5.2).
struct Origin {
  std::string username;
  std::string session_id;  // decimal digits
  std::uint64_t version = 0;

  friend bool operator==(const Origin&, const Origin&) = default;
};

}  // namespace duet::sdp
