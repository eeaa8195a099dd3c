// SPDX-License-Identifier: MIT
// INIT and INIT ACK: what each end says of itself (RFC 9260 §3.3.2, §3.3.3).
#pragma once

#include <duet/base/result.hpp>
#include <duet/sctp/types.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace duet::sctp {

/// What an end can do beyond RFC 9260. An association does what both ends can.
struct Extensions {
  bool forward_tsn = false;    // RFC 3758
  bool interleaving = false;   // I-DATA and I-FORWARD-TSN, RFC 8260
  bool reconfig = false;       // RFC 6525
  bool zero_checksum = false;  // over DTLS, RFC 9653; each direction for itself

  friend bool operator==(const Extensions&, const Extensions&) = default;
};

/// Why a value was not an INIT. Each is a rule of RFC 9260 §3.3.2 or §5.1.
enum class InitError : std::uint8_t {
  Truncated,
  ZeroTag,
  ZeroStreams,
  SmallWindow,  // under 1500 bytes
  BadParameter,
  NoCookie,  // of an INIT ACK
};

/// The value of an INIT or INIT ACK chunk, free of the packet it came in, so that something else
/// than an SCTP packet can carry it too.
///
/// |                         Initiate Tag                          |
/// |           Advertised Receiver Window Credit (a_rwnd)          |
/// |  Number of Outbound Streams   |  Number of Inbound Streams    |
/// |                          Initial TSN                          |
/// \                  Optional/Variable-Length Parameters          /
struct Init {
  VerificationTag tag;
  std::uint32_t window = 0;  // bytes
  std::uint16_t outgoing_streams = 0;
  std::uint16_t incoming_streams = 0;
  Tsn initial_tsn;
  Extensions extensions;
  std::vector<std::byte> cookie;  // INIT ACK only
  std::vector<std::byte>
      unrecognized;  // parameters to report in an INIT ACK, each whole and padded

  /// Longest `unrecognized`: parameters are reported while there is room, the others silently
  /// skipped, so that an INIT full of them does not make an INIT ACK that no packet holds.
  static constexpr std::size_t kMaxUnrecognized = 256;
  /// Longest cookie taken: it has to fit into a packet of 1192 bytes again.
  static constexpr std::size_t kMaxCookie = 1100;

  enum class Kind : std::uint8_t { Init, InitAck };

  /// @param value  of the chunk, without its header
  static Result<Init, InitError> parse(std::span<const std::byte> value, Kind kind);
  std::vector<std::byte> serialize() const;

  friend bool operator==(const Init&, const Init&) = default;
};

}  // namespace duet::sctp
