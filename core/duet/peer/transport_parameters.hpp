// SPDX-License-Identifier: MIT
// What the descriptions say about the one transport of a connection.
#pragma once

#include <duet/sdp/attributes.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace duet::peer {

/// RFC 8445 §5.3.
struct IceParameters {
  std::string ufrag;
  std::string pwd;

  friend bool operator==(const IceParameters&, const IceParameters&) = default;
};

enum class DtlsRole : std::uint8_t { Client, Server };

/// Whether two descriptions go on with one association: a peer that stays names at least one
/// certificate again (RFC 8842 §5.5), whatever else it says and in whatever order.
bool share_certificate(const std::vector<sdp::Fingerprint>& a,
                       const std::vector<sdp::Fingerprint>& b);

/// What holds now. A value that differs from the one before is an order: other local_ice, gather
/// with it; other remote_ice, check with it (RFC 8445 §9, a restart); other fingerprints, a new
/// association. A rollback brings back what was.
struct TransportParameters {
  /// From setLocalDescription on.
  std::optional<IceParameters> local_ice;
  /// From the answer on, or the provisional one, whoever gave it.
  std::optional<IceParameters> remote_ice;
  bool remote_ice_lite = false;
  /// The peer takes candidates after its description (RFC 8838).
  bool remote_trickle = false;
  /// We made the first offer (RFC 8445 §6.1.1); nothing before there was one.
  std::optional<bool> controlling;
  /// Empty before the answer. One of those with the strongest known hash must match.
  std::vector<sdp::Fingerprint> remote_fingerprints;
  /// From the answer on.
  std::optional<DtlsRole> dtls_role;

  friend bool operator==(const TransportParameters&, const TransportParameters&) = default;
};

/// The data channels' association (RFC 8841), from the answer on.
struct SctpParameters {
  std::string mid;
  std::uint16_t local_port = 0;
  std::uint16_t remote_port = 0;
  /// What the peer takes in one message, in bytes; nothing for any size (RFC 8841 §6.1).
  std::optional<std::uint64_t> max_message_size;
  /// The longest SCTP packet that the peer says it takes; nothing if it doesn't say.
  std::optional<std::uint64_t> max_packet_size;

  friend bool operator==(const SctpParameters&, const SctpParameters&) = default;
};

}  // namespace duet::peer
