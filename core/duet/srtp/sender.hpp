// SPDX-License-Identifier: MIT
// RTP and RTCP on their way out: encrypted and authenticated.
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

/// Why a packet was not protected. It is unchanged then.
enum class ProtectError : std::uint8_t {
  Malformed,       ///< not RTP or RTCP of version 2, or its header reaches beyond it
  NoRoom,          ///< the buffer does not hold what is appended
  Repeated,        ///< that sequence number of that source was protected before, or is 1024 behind
  TooManySources,  ///< a new source beside kMaxSources others
  Exhausted,       ///< the key has protected as many packets as it may (RFC 3711 §9.2)
};

/// The sending direction of one connection (RFC 3711, RFC 7714). Nothing is allocated for a packet,
/// only for the first one of a source.
class Sender {
 public:
  explicit Sender(const MasterKey& key);
  Sender(Sender&&) noexcept;
  Sender& operator=(Sender&&) noexcept;
  ~Sender();

  Profile profile() const { return profile_; }

  /// Protects in place the RTP packet in the first `size` bytes of `buffer`, which has
  /// rtp_overhead() more.
  ///
  /// Packets of a source may come in any order, within 1024. A sequence number protects one packet
  /// only: a second one under the same nonce would give the authentication key away
  /// (RFC 7714 §10.1), so a packet is sent again as the bytes it became, or by RTX.
  ///
  /// @return the size of the protected packet
  Result<std::size_t, ProtectError> protect_rtp(std::span<std::byte> buffer, std::size_t size);

  /// The same for a compound or reduced-size RTCP packet, and rtcp_overhead().
  Result<std::size_t, ProtectError> protect_rtcp(std::span<std::byte> buffer, std::size_t size);

 private:
  Profile profile_;
  std::unique_ptr<Transform> transform_;
  Sources rtp_;
  /// RFC 3711 §3.4 counts for each source. One count for all repeats no index either, and needs
  /// no memory of who has sent; receivers only look whether an index is new.
  std::uint32_t next_rtcp_index_ = 0;
};

}  // namespace duet::srtp
