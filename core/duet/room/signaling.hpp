// SPDX-License-Identifier: MIT
// The room protocol: events of sockets in, events to sockets out.
#pragma once

#include <duet/base/address.hpp>
#include <duet/base/random.hpp>
#include <duet/base/time.hpp>
#include <duet/base/timer_queue.hpp>
#include <duet/room/ice_servers.hpp>
#include <duet/room/join_request.hpp>
#include <duet/room/outbox.hpp>
#include <duet/room/seats.hpp>
#include <duet/socketio/server.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace duet::room {

/// Why a request was turned down, as its `code` says it.
enum class Refusal : std::uint8_t {
  Full,      ///< "full": both seats are taken or held
  BadRoom,   ///< "bad-room": the name is not a room's name
  Draining,  ///< "draining": the server is about to stop
  Limit,     ///< "limit": no more rooms
  Moved,     ///< "moved": a newer connection with the same token took the seat over
};

/// For the metrics. All but the gauges only grow.
struct Counters {
  std::uint64_t created = 0;   ///< seats taken in an empty room
  std::uint64_t joined = 0;    ///< seats taken beside another
  std::uint64_t resumed = 0;   ///< seats taken back with a token
  std::uint64_t repeated = 0;  ///< requests for the room the socket sits in
  std::uint64_t refused_full = 0;
  std::uint64_t refused_bad_room = 0;
  std::uint64_t refused_draining = 0;
  std::uint64_t refused_limit = 0;
  std::uint64_t moved = 0;             ///< sockets whose seat a token took away
  std::uint64_t messages = 0;          ///< handed over
  std::uint64_t messages_unheard = 0;  ///< there was nobody to hand it to
  std::uint64_t leaves = 0;            ///< seats freed, whatever the cause
  std::uint64_t holds = 0;             ///< seats held for someone who went away
  std::uint64_t holds_expired = 0;     ///< of these, freed since nobody came back
  std::size_t rooms = 0;               ///< gauge
  std::size_t held = 0;                ///< gauge: seats held now
  std::size_t sockets = 0;             ///< gauge: connected sockets, seated or not
};

/// What happened to a seat: for a log.
struct SeatNews {
  enum class What : std::uint8_t {
    Created,  ///< taken in an empty room
    Joined,   ///< taken beside another
    Resumed,  ///< taken back with a token
    Away,     ///< its holder is gone, and it is held
    Left,     ///< freed
    Full      ///< somebody asked for one and there was none
  };

  What what = What::Created;
  std::string room;
};

/// Read from a socket, or stop reading from it.
struct Flow {
  socketio::SocketId socket{};
  bool paused = false;
};

/// The room protocol (docs/signaling.md): two seats a room, `message` to the mate and to nobody
/// else, seats held for who has a token, `ice servers` for who has a seat.
///
/// After every handle_*, drain or set_congested: poll_emit() and poll_flow() until both are empty.
class Signaling {
 public:
  /// @param seats   the rooms; must outlive the machine
  /// @param random  for the names in `emit()` and `broadcast()`; must outlive the machine
  /// @param ice     with no servers in it, the event is not sent
  Signaling(Seats& seats, Random& random, IceConfig ice = {});

  void handle_event(Instant now, const socketio::Event& event);
  void handle_timeout(Instant now);

  std::optional<Instant> next_timeout() const;

  /// Tells every socket that the server is about to stop. From now on only who comes back with a
  /// token, or asks for the room it sits in, gets a seat.
  void drain();

  /// Corrects the wall clock that credentials end by.
  void set_unix_time(Instant now, std::chrono::sys_seconds unix_time) {
    ice_servers_.set_unix_time(now, unix_time);
  }

  bool is_draining() const { return draining_; }

  /// More waits for `socket` than should. While so, neither it (its echoes) nor its mate (its
  /// messages) is read.
  void set_congested(socketio::SocketId socket, bool congested);
  bool is_congested(socketio::SocketId socket) const;

  std::optional<Emit> poll_emit() { return outbox_.poll(); }

  std::optional<Flow> poll_flow();

  /// In the order it happened. Who doesn't ask loses news beyond the first kMaxNews.
  std::optional<SeatNews> poll_news();

  static constexpr std::size_t kMaxNews = 256;

  Counters counters() const;

 private:
  /// What is kept of a connected socket. Small: there is one for every idle connection.
  struct Member {
    IpAddress source;
    Role role = Role::Created;  ///< as it was told last
    bool congested = false;
    bool paused = false;
    bool renewal_queued = false;  ///< it has an entry in renewals_, due at renew_at or before
    SeatId seat{};                ///< all zero for none
    std::optional<socketio::SocketId> mate;
    std::shared_ptr<const Authority> authority;  ///< by which it reaches this server, or null
    Instant renew_at{};                          ///< of a seat: when its credential is half over

    bool is_seated() const { return seat != SeatId{}; }
  };

  void handle_connected(const socketio::Event& event);
  void handle_disconnected(Instant now, socketio::SocketId socket);
  void handle_join(Instant now, Member& member, const socketio::Event& event);
  void handle_message(Member& member, const socketio::Event& event);
  void handle_leave(Member& member, const socketio::Event& event);

  void repeat_answer(Instant now, Member& member, const socketio::Event& event);
  void sit_down(Instant now, Member& member, const socketio::Event& event, std::string_view room,
                const Seating& seating);
  void evict(socketio::SocketId socket);
  void stand_up(Member& member, socketio::SocketId socket);
  void announce(const Vacancy& vacancy);
  void set_mate(socketio::SocketId socket, std::optional<socketio::SocketId> mate);

  void log_request(socketio::SocketId socket, std::string_view room, int taken);
  void welcome(Instant now, Member& member, socketio::SocketId socket, std::string_view room);
  void tell_ice_servers(Instant now, Member& member, socketio::SocketId socket);
  void queue_renewal(Member& member, socketio::SocketId socket);
  void renew(Instant now, socketio::SocketId socket);
  void acknowledge_seat(const socketio::Event& event, Role role, std::string_view token);
  void refuse(const socketio::Event& event, Refusal refusal, std::string_view room = {});
  void append_room_event(socketio::SocketId to, std::string_view name, std::string_view room);

  void report(SeatNews::What what, std::string_view room);
  void review_flow(Member& member, socketio::SocketId socket);
  Member* find(socketio::SocketId socket);

  Seats& seats_;
  Random& random_;
  IceServers ice_servers_;
  TimerQueue<socketio::SocketId> renewals_;  // at most one entry a member, however often it joins
  std::unordered_map<socketio::SocketId, Member> members_;
  Outbox outbox_;
  std::vector<Flow> flows_;
  std::size_t next_flow_ = 0;
  std::deque<SeatNews> news_;
  Counters counters_;
  bool draining_ = false;
};

}  // namespace duet::room
