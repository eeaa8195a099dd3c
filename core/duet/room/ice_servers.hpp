// SPDX-License-Identifier: MIT
// Which STUN and TURN servers a member is told of, and for how long.
#pragma once

#include <duet/base/authority.hpp>
#include <duet/base/random.hpp>
#include <duet/base/time.hpp>
#include <duet/room/seats.hpp>
#include <duet/stun/uri.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace duet::room {

struct IceConfig {
  /// Whether this server is one of them, at the name and port that the client itself knows it by.
  enum class Own : std::uint8_t {
    None,
    Plain,    ///< over UDP and TCP
    WithTls,  ///< and over TLS, on the same port
  };

  Own own = Own::None;
  /// Further ones. Those that relay have to know `secret`.
  std::vector<stun::Uri> others;
  /// Signs the credentials (turn::make_time_limited).
  std::string secret;
  /// Of a credential; at least 2 s.
  Duration lifetime = 1h;
  /// The wall clock at Instant{}: credentials name their end by it.
  std::chrono::sys_seconds unix_time{};
};

/// Makes the argument of `ice servers`: an array of RTCIceServer (W3C webrtc
/// #dom-rtciceserver) as JSON.
class IceServers {
 public:
  /// @param random  for the key of the names in credentials; not kept
  IceServers(IceConfig config, Random& random);

  /// Whether there is anything to tell a client that reaches this server by `own`; null if unknown.
  bool any(const Authority* own) const;

  /// Appends the array, with a credential for `seat` that ends a lifetime after `now`. It names the
  /// seat by a name of its own, the same whenever it is made, so that who counts users counts one.
  void append_json(std::string& out, Instant now, SeatId seat, const Authority* own) const;

  /// When the next ones are due: half a lifetime early, so that one that got lost does no harm.
  Duration renewal() const { return config_.lifetime / 2; }

  /// Corrects the wall clock, which may be set meanwhile.
  void set_unix_time(Instant now, std::chrono::sys_seconds unix_time);

 private:
  std::string name_of(SeatId seat) const;

  IceConfig config_;
  std::chrono::sys_time<Duration> epoch_;  // the wall clock at Instant{}
  std::array<std::byte, 32> name_key_{};
  std::string other_stun_;  // their URLs as JSON strings, comma-separated
  std::string other_turn_;
};

}  // namespace duet::room
