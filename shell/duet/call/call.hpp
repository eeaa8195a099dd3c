// SPDX-License-Identifier: MIT
// One end of calls in one room of a Duet server.
#pragma once

#include <duet/call/negotiation.hpp>
#include <duet/call/studio.hpp>
#include <duet/host/signaling_client.hpp>
#include <duet/peer/recovery.hpp>
#include <duet/peer/safety_number.hpp>
#include <duet/room/guest.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace duet::call {

struct CallOptions {
  host::ServerUrl server;
  std::shared_ptr<SSL_CTX> tls;  ///< for a secure server
  std::string room;              ///< 1 to 256 bytes
  std::string name;              ///< that the other one sees; may be empty
  bool relay_only = false;
  rtc::Loopback loopback = rtc::Loopback::LastResort;
  /// Without a path for so long, a call is given up.
  Duration patience = peer::Recovery::kPatience;
  /// Who closes the connection in good order and says no bye is waited for so long: a page that is
  /// loaded anew has to come, and may ask for its camera again.
  Duration return_within = 20s;
};

// What happens, in the order it does.

/// The server gave a seat.
struct Seated {
  bool other_is_there = false;
  bool has_relay = false;  ///< the server has told of one
};

/// The other one is there: it sat down, or was there before us and has said something. A seat that
/// is only held for somebody says nothing.
struct OtherArrived {
  Instant since;  ///< both are in the room
};

/// Its page says what it shows, and its name.
struct OtherShows {
  room::PeerMedia media;
};

struct Connected {
  bool is_again = false;  ///< after Interrupted
  Duration took{0};       ///< since both were in the room
};

/// Nothing flows any more, and something is waited for.
struct Interrupted {
  enum class Why : std::uint8_t {
    NoPath,  ///< the path has ceased to work; another one is looked for
    Closed   ///< the other end has closed the connection, as a page does that is loaded anew
  };

  Why why = Why::NoPath;
  Duration within{0};  ///< the call is over then, at the latest
};

/// This call is over. We stay in the room, or come back to it soon: a next one begins with
/// OtherArrived.
struct Over {
  enum class Why : std::uint8_t {
    OtherHungUp,
    OtherLeft,  ///< and had closed the connection, or there was none
    NoPath,
    Lost  ///< the path died, and the other one did not come back
  };

  Why why = Why::OtherHungUp;
};

struct SeatLost {
  room::SeatRefused refusal;
};

struct ServerLost {
  bool was_reached = false;  ///< it was connected before
};

struct ServerBack {};

/// Why no connection to the server came about; it is tried again.
struct ServerFailed {
  net::OutgoingStream::End end;
};

/// A message to or from the server.
struct Signaled {
  bool is_sent = false;
  std::string event;  ///< "message" or "join"
  std::string type;   ///< of a message: "offer", "candidate", ...; else empty
};

/// A description was set. @see DESIGN's names of events
struct Described {
  std::string_view name;  ///< "sdp.local" or "sdp.remote"
  peer::SessionDescription description;
};

struct RemoteCandidate {
  peer::IceCandidateInit candidate;
};

using CallEvent =
    std::variant<Seated, OtherArrived, OtherShows, Connected, Interrupted, Over, SeatLost,
                 ServerLost, ServerBack, ServerFailed, Signaled, Described, RemoteCandidate>;

struct CallHandler {
  std::function<void(const CallEvent&)> event;
  /// Each event of the connection that stands, with it.
  std::function<void(const peer::Connection&, const peer::Event&)> connection_event =
      [](const auto&, const auto&) {};
  StudioHandler studio;
};

/// Sits in the room, calls whoever comes, survives what can be survived: the server's restarts, a
/// change of addresses, a mate that reloads its page.
class Call {
 public:
  /// Connects at once. Handlers are called from the loop, and must not destroy the call.
  /// @param runtime, box  outlive this
  Call(rtc::Runtime& runtime, net::PostBox& box, CallOptions options, Equipment equipment,
       CallHandler handler);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  /// Says bye, and gives the seat back. Nothing happens any more.
  void hang_up();

  /// Asks for a seat again, after SeatLost.
  void ask_again();

  /// Tells the other one what is on now.
  void set_muted(bool muted);
  void set_camera_on(bool on);

  Studio& studio() { return *studio_; }

  const Studio& studio() const { return *studio_; }

  /// nullptr while there is none.
  const PeerConnection* connection() const { return negotiation_.connection(); }

  /// W3C webrtc-stats of the connection that stands, else of the last one that did.
  std::optional<peer::StatsReport> report() const;

  /// Nothing before both descriptions stand.
  std::optional<peer::SafetyNumber> safety_number() const;

 private:
  /// Out of the room after a call that was given up, doubling as long as none connects. Where two
  /// that always come back find no path, each try costs both a minute of checks.
  static constexpr Duration kFirstPause = 1s;
  static constexpr Duration kLongestPause = 30s;
  /// Who hangs up closes the connection and says bye, by ways of different length. So long the end
  /// of the connection is no news of its own.
  static constexpr Duration kByeWithin = 300ms;

  void handle_server_event(const socketio::ClientEvent& event);
  void handle_guest_event(const room::GuestEvent& event);
  void handle_message(const room::PeerMessage& message);
  void handle_other_there(Role role);
  void arrive();
  void handle_made(PeerConnection& connection, bool has_replaced);
  void handle_connection_state(peer::ConnectionState state);
  void handle_closed();
  void handle_no_return();
  void handle_recovery();
  void interrupt();
  Over::Why why_gone() const;
  void end(Over::Why why);
  void step_out(Over::Why why);
  void say(const room::PeerMessage& message);
  void say_media();
  void flush();

  void tell(CallEvent event) { handler_.event(event); }

  rtc::Configuration configuration() const;
  rtc::Handlers connection_handlers();

  Instant now() const { return runtime_.loop().now(); }

  rtc::Runtime& runtime_;
  CallOptions options_;
  CallHandler handler_;
  std::vector<rtc::IceServer> ice_servers_;
  std::optional<Instant> both_there_since_;
  std::optional<peer::StatsReport> last_report_;
  bool has_arrived_ = false;
  bool has_left_ = false;       // the room, though media may still flow
  bool is_closed_ = false;      // by the other end, which has not come back since
  bool has_connected_ = false;  // this call
  bool is_interrupted_ = false;
  bool is_over_ = false;  // hung up for good
  bool was_reached_ = false;
  bool is_server_lost_ = false;
  peer::Recovery recovery_;
  net::Timer recovery_timer_;
  net::Timer closed_timer_;
  Duration pause_ = kFirstPause;
  net::Timer return_timer_;
  std::unique_ptr<Studio> studio_;
  std::shared_ptr<rtc::DataChannel> chat_;
  Negotiation negotiation_;
  room::Guest guest_;
  host::SignalingClient server_;
  rtc::AddressWatch::Subscription address_watch_;
};

}  // namespace duet::call
