// SPDX-License-Identifier: MIT
// One seat in one room, as its holder sees it: asks for it on every connection, relays, tells.
#pragma once

#include <duet/room/peer_message.hpp>
#include <duet/socketio/client.hpp>
#include <duet/stun/uri.hpp>

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace duet::room {

/// W3C webrtc #dom-rtciceserver, one for each URL.
struct IceServer {
  stun::Uri uri;
  std::string username;
  std::string credential;

  friend bool operator==(const IceServer&, const IceServer&) = default;
};

/// Servers of one list that are taken in.
inline constexpr std::size_t kMaxIceServers = 32;

/// Reads the argument of `ice servers`; what is no STUN or TURN URL is left out.
std::vector<IceServer> parse_ice_servers(std::string_view arguments);

// What happens at a seat.

struct SeatTaken {
  enum class Other : std::uint8_t {
    Absent,  ///< wait for it
    There    ///< it makes the offer
  };

  Other other = Other::Absent;
};

/// The other one has sat down, or has come back: make an offer.
struct OtherCame {};

struct OtherLeft {};

struct OtherSaid {
  PeerMessage message;
};

struct IceServersChanged {
  std::vector<IceServer> servers;
};

/// The seat was not given, or was taken away.
struct SeatRefused {
  enum class Why : std::uint8_t { Full, BadRoom, Draining, Limit, Moved, Other };

  Why why = Why::Other;
  std::string reason;  ///< the server's sentence
};

/// The server is about to stop; the call goes on without it.
struct ServerDrains {};

using GuestEvent = std::variant<SeatTaken, OtherCame, OtherLeft, OtherSaid, IceServersChanged,
                                SeatRefused, ServerDrains>;

/// The client's side of the room protocol (docs/signaling.md). It is given the events of a
/// socketio::Client and says what to emit.
///
/// A seat that was taken is asked for again with its token whenever the connection is back. After
/// a refusal nothing is asked until ask().
class Guest {
 public:
  /// @param room  1 to 256 bytes
  Guest(std::string room, std::string name);

  void handle_event(const socketio::ClientEvent& event);

  /// Asks for the seat again.
  void ask();
  /// Tells the other one. Nobody hears it while there is no connection. An answer that doesn't say
  /// which offer it is for is taken to be for the last one that poll_event() gave.
  void say(const PeerMessage& message);
  /// Gives the seat back.
  void leave();

  struct Emit {
    std::string payload;  ///< a JSON array that begins with the event's name
    bool wants_ack = false;
  };

  std::optional<Emit> poll_emit();
  std::optional<GuestEvent> poll_event();

  bool is_seated() const { return is_seated_; }

 private:
  void handle_received(const socketio::ClientReceived& received);
  void handle_answer(std::string_view arguments);
  void refuse(std::string_view code, std::string reason);
  void emit_message(const PeerMessage& message);
  void note_offer(const PeerMessage& message);

  std::string room_;
  std::string name_;
  std::string token_;
  std::string offer_;  ///< the other one's last, as sdp::origin_of() names it
  bool is_connected_ = false;
  bool is_wanted_ = true;
  bool is_seated_ = false;
  std::deque<Emit> emits_;
  std::deque<GuestEvent> events_;
};

}  // namespace duet::room
