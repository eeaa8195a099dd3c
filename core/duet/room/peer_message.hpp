// SPDX-License-Identifier: MIT
// What two ends say to each other in `message`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace duet::room {

/// Bytes of an SDP taken in; a real one with many candidates is under 20,000.
inline constexpr std::size_t kMaxSdp = 200'000;
/// Levels of JSON. More than the 128 that a packet may have, so that what came this far is parsed.
inline constexpr std::size_t kMaxParsedDepth = 160;
/// Bytes of a candidate's line taken in; those of RFC 8839 are under 300.
inline constexpr std::size_t kMaxCandidate = 2'000;
/// Bytes of the name of the other end that are taken in.
inline constexpr std::size_t kMaxPeerName = 240;
/// Bytes of an offer's name: two numbers of 64 bits, as other people's clients may write them.
inline constexpr std::size_t kMaxOrigin = 128;

struct PeerDescription {
  enum class Type : std::uint8_t { Offer, Answer };

  Type type = Type::Offer;
  std::string sdp;
  /// Duet's own, of an answer: the offer that it is for, as sdp::origin_of() names it. Empty if it
  /// doesn't say.
  std::string to = {};

  friend bool operator==(const PeerDescription&, const PeerDescription&) = default;
};

/// An empty candidate says that no more will come (RFC 8838 §8.2).
struct PeerCandidate {
  std::string candidate;
  std::optional<std::string> sdp_mid;
  std::optional<std::uint16_t> sdp_mline_index;
  std::optional<std::string> username_fragment;

  friend bool operator==(const PeerCandidate&, const PeerCandidate&) = default;
};

/// Duet's own, ignored by others: what that end shows at the moment.
struct PeerMedia {
  bool audio = false;
  bool video = false;
  bool screen = false;
  std::string name;

  friend bool operator==(const PeerMedia&, const PeerMedia&) = default;
};

/// It hangs up.
struct PeerBye {
  friend bool operator==(const PeerBye&, const PeerBye&) = default;
};

using PeerMessage = std::variant<PeerDescription, PeerCandidate, PeerMedia, PeerBye>;

/// Reads the first argument of a `message`; the teaching form of a candidate (`label`, `id`) too.
/// Nothing for what is unknown or malformed, which is ignored.
/// @param arguments  comma-separated JSON values
std::optional<PeerMessage> parse_peer_message(std::string_view arguments);

/// As JSON.
std::string to_json(const PeerMessage& message);

}  // namespace duet::room
