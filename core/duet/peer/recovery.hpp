// SPDX-License-Identifier: MIT
// When to seek another path and when to give a call up.
#pragma once

#include <duet/base/time.hpp>
#include <duet/peer/event.hpp>

#include <cstdint>
#include <optional>

namespace duet::peer {

/// Driven by the states of a call's connections, and by time. The page has the same machine
/// (web/src/call/recovery.ts), so that both ends of a call do the same.
class Recovery {
 public:
  /// From `disconnected` to the first restart: most short outages heal by themselves.
  static constexpr Duration kGrace = 3s;
  /// Between restarts: one over a slow path needs some round trips.
  static constexpr Duration kRetry = 8s;
  /// From the first trouble to giving up: as long as the server holds a seat.
  static constexpr Duration kPatience = 60s;

  enum class Action : std::uint8_t { Restart, GiveUp };

  /// @param patience  from the first trouble to giving up
  explicit Recovery(Duration patience = kPatience) : patience_{patience} {}

  /// The other one is there and nothing flows yet.
  void handle_start(Instant now);
  /// Another connection took the place of the former one, which may have failed as well.
  void handle_replaced(Instant now);
  void handle_connection(Instant now, ConnectionState state);

  /// An offer would be lost, and gather at servers that may be gone: restarts wait.
  void handle_signaling_down() { is_heard_ = false; }

  /// Both are seated again, and one of them makes an offer: give that its time.
  void handle_signaling_up(Instant now);

  /// The call is over.
  void handle_end();

  /// What is to be done now; each is told once.
  std::optional<Action> poll_action(Instant now);

  /// When to ask again.
  std::optional<Instant> next_timeout() const;

  bool is_in_trouble() const { return trouble_since_.has_value(); }

 private:
  Duration patience_;
  std::optional<Instant> trouble_since_;
  std::optional<Instant> restart_at_;
  std::optional<Instant> last_restart_;
  bool is_heard_ = true;  // what is said now reaches the other one
};

}  // namespace duet::peer
