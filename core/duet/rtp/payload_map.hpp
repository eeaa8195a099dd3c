// SPDX-License-Identifier: MIT
// What each payload type of an m-section means.
#pragma once

#include <duet/rtp/types.hpp>

#include <array>
#include <cstdint>

namespace duet::rtp {

/// One payload type, as SDP maps it (RFC 8866 §6.6).
struct Payload {
  enum class Role : std::uint8_t {
    None,     ///< not negotiated
    Media,    ///< sound or a picture
    Rtx,      ///< retransmissions of `repairs` (RFC 4588)
    Red,      ///< several blocks in one packet (RFC 2198)
    Ulpfec,   ///< parity of other packets (RFC 5109), ignored
    Flexfec,  ///< the same in its own stream (RFC 8627), ignored
  };

  Role role = Role::None;
  PayloadType repairs;           ///< of RTX: "apt", the type that was lost
  std::uint32_t clock_rate = 0;  ///< ticks a second of the timestamp

  friend bool operator==(const Payload&, const Payload&) = default;
};

/// All 128 of them: a look at an array for each packet.
class PayloadMap {
 public:
  void set(PayloadType type, const Payload& payload) { payloads_[type.value() & 0x7F] = payload; }

  const Payload& operator[](PayloadType type) const { return payloads_[type.value() & 0x7F]; }

  bool has(PayloadType type) const { return (*this)[type].role != Payload::Role::None; }

  /// The type under which retransmissions of `media` go; false if there is none.
  bool find_rtx(PayloadType media, PayloadType& rtx) const {
    for (std::size_t i = 0; i < payloads_.size(); ++i) {
      if (payloads_[i].role == Payload::Role::Rtx && payloads_[i].repairs == media) {
        rtx = PayloadType{static_cast<std::uint8_t>(i)};
        return true;
      }
    }
    return false;
  }

  friend bool operator==(const PayloadMap&, const PayloadMap&) = default;

 private:
  std::array<Payload, 128> payloads_{};
};

}  // namespace duet::rtp
