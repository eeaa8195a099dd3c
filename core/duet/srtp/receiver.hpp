// SPDX-License-Identifier: MIT
// RTP and RTCP on their way in: believed or dropped.
#pragma once

#include <duet/base/result.hpp>
#include <duet/srtp/master_key.hpp>
#include <duet/srtp/sources.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace duet::srtp {

class Transform;

/// Why a packet is dropped. Nothing but the packet's own bytes has changed then.
enum class UnprotectError : std::uint8_t {
  Malformed,     ///< not RTP or RTCP of version 2, or too short for its header and tag
  Replayed,      ///< came before, or is 1024 packets behind and so can't be told from one that did
  Unauthentic,   ///< the tag is wrong
  NotEncrypted,  ///< SRTCP in the clear, which no profile of DTLS agrees to (RFC 3711 §3.4)
  TooManySources,  ///< a new source beside kMaxSources others
};

/// The receiving direction of one connection (RFC 3711, RFC 7714). Packets that are not authentic
/// leave no trace. Nothing is allocated for a packet, only for the first one of a source.
class Receiver {
 public:
  explicit Receiver(const MasterKey& key);
  Receiver(Receiver&&) noexcept;
  Receiver& operator=(Receiver&&) noexcept;
  ~Receiver();

  Profile profile() const { return profile_; }

  /// Checks and decrypts in place; what is there afterwards of a dropped packet is of no use.
  ///
  /// @return the RTP packet, the beginning of `packet`
  Result<std::span<std::byte>, UnprotectError> unprotect_rtp(std::span<std::byte> packet);

  /// The same for a compound or reduced-size RTCP packet.
  Result<std::span<std::byte>, UnprotectError> unprotect_rtcp(std::span<std::byte> packet);

 private:
  Profile profile_;
  std::unique_ptr<Transform> transform_;
  Sources rtp_;
  Sources rtcp_;
};

}  // namespace duet::srtp
