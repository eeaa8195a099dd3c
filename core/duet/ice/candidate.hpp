// SPDX-License-Identifier: MIT
// One way to reach an end, as the candidate attribute of SDP writes it.
#pragma once

#include <duet/base/address.hpp>
#include <duet/base/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace duet::ice {

/// RFC 8839 §5.1, candidate-types. Best first.
enum class CandidateType : std::uint8_t { Host, PeerReflexive, ServerReflexive, Relay };

enum class Protocol : std::uint8_t { Udp, Tcp };

/// Who opens the connection (RFC 6544 §4.5).
enum class TcpType : std::uint8_t { Active, Passive, SimultaneousOpen };

/// The words of RFC 8839 §5.1 and RFC 6544 §4.5: "host", "prflx", "srflx", "relay"; "udp", "tcp";
/// "active", "passive", "so".
std::string_view to_string(CandidateType type);
std::string_view to_string(Protocol protocol);
std::string_view to_string(TcpType type);

/// Why text was not a candidate. Each value is one rule of RFC 8839 §5.1.
enum class CandidateError : std::uint8_t {
  TooLong,           ///< over kMaxCandidateSize
  BadCharacter,      ///< something else than visible ASCII and spaces
  Incomplete,        ///< fewer than eight words, or a name without its value
  BadFoundation,     ///< not 1 to 32 letters, digits, + and /
  BadComponent,      ///< not 1 to 256
  UnknownTransport,  ///< neither UDP nor TCP: to be ignored, not an error of the peer's
  BadPriority,       ///< not 1 to 2^31 - 1
  BadAddress,        ///< neither an address nor a name that could be one
  BadPort,
  UnknownType,  ///< to be ignored as well
  BadTcpType,   ///< TCP without a known tcptype (RFC 6544 §4.5: it must have one)
};

/// Longer ones are refused unread: the longest that anyone writes have under 300 bytes, a name of
/// 255 bytes and some extensions included.
inline constexpr std::size_t kMaxCandidateSize = 1024;

/// RFC 6544 §4.5: the port of who only opens connections ("discard").
inline constexpr std::uint16_t kActivePort = 9;

/// A candidate (RFC 8445 §5.3) of either end.
struct Candidate {
  std::string foundation;
  std::uint16_t component = 1;
  Protocol protocol = Protocol::Udp;
  std::optional<TcpType> tcp_type;  // of TCP, always
  std::uint32_t priority = 0;
  Endpoint endpoint;  // of a name only the port, until it was resolved
  std::string name;   // in place of the address: a host of mDNS or DNS; else empty
  CandidateType type = CandidateType::Host;
  /// raddr and rport: for people only (RFC 8839 §5.1). 0.0.0.0 where a name or nonsense stood.
  std::optional<Endpoint> related;
  /// What else was said, in pairs of name and value, as it came: "generation 0 network-cost 10".
  std::string extensions;

  /// Reads "candidate:...", with "a=" before it or without "candidate:" as well.
  static Result<Candidate, CandidateError> parse(std::string_view text);

  /// "candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host".
  std::string serialize() const;

  /// The value of an extension, the first of its name; nothing if there is none.
  std::optional<std::string_view> extension(std::string_view name) const;

  bool is_named() const { return !name.empty(); }

  friend bool operator==(const Candidate&, const Candidate&) = default;
};

/// Whether a name is one of mDNS as candidates use it: one label and ".local"
/// (draft-ietf-mmusic-mdns-ice-candidates-03 §3.2.1).
bool is_mdns_name(std::string_view name);

}  // namespace duet::ice
