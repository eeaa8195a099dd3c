// SPDX-License-Identifier: MIT
// How sound is protected against the loss there is.
#pragma once

#include <duet/base/time.hpp>

#include <cstddef>

namespace duet::media {

/// What the sender's parts are to do.
struct AudioProtection {
  std::size_t redundant = 0;  ///< older packets in each (AudioPacketizer)
  double expected_loss = 0;   ///< 0 to 1, of the encoder: what it spends on in-band FEC

  friend bool operator==(const AudioProtection&, const AudioProtection&) = default;
};

/// Adds as many older packets as leave less than 1 % missing where losses are independent, after
/// what retransmission repairs in time. Follows loss up within a report or two, down within ten
/// seconds. RED repairs better than in-band FEC and replaces it; FEC stands in where RED was not
/// negotiated or finds no room.
class AudioRedundancy {
 public:
  static constexpr std::size_t kMost = 3;
  /// A retransmission within it still comes in time for a delay that is worth it.
  static constexpr Duration kShortRoundTrip = 100ms;
  static constexpr double kAim = 0.01;

  struct Abilities {
    bool red = false;   ///< RFC 2198 was negotiated
    bool nack = false;  ///< the peer asks for what is missing, and we answer
    bool fec = true;    ///< the codec has in-band FEC: Opus
  };

  explicit AudioRedundancy(const Abilities& abilities) : abilities_{abilities} {}

  /// @param fraction  0 to 1, of the packets since the last report (RFC 3550 §6.4.1), before repair
  void handle_loss(Instant now, double fraction);

  void set_round_trip(Duration round_trip) { round_trip_ = round_trip; }

  /// Older packets that the loss asks for, whether there is room for them or not.
  std::size_t wanted() const { return wanted_; }

  /// The path has room for no more.
  void set_most(std::size_t most);

  AudioProtection protection() const { return protection_; }

 private:
  double unrepaired(std::size_t redundant, double loss) const;
  void protect();

  Abilities abilities_;
  Duration round_trip_ = 1s;  // nothing is known to be quick
  double loss_ = 0;
  Instant reported_;
  std::size_t wanted_ = 0;
  std::size_t most_ = kMost;
  AudioProtection protection_;
};

}  // namespace duet::media
