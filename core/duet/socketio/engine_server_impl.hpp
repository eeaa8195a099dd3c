// SPDX-License-Identifier: MIT
// The inside of EngineServer: the tables, and who may change them. Each group of functions has a
// file of its own.
#pragma once

#include <duet/base/slot_map.hpp>
#include <duet/base/timer_queue.hpp>
#include <duet/socketio/address_counts.hpp>
#include <duet/socketio/engine_inbox.hpp>
#include <duet/socketio/engine_outbox.hpp>
#include <duet/socketio/engine_server.hpp>
#include <duet/socketio/engine_session.hpp>

#include <cstring>
#include <string>
#include <unordered_map>
#include <vector>

namespace duet::socketio {

/// RFC 6455 §7.4.1.
constexpr std::uint16_t kCloseNormal = 1000;
constexpr std::uint16_t kCloseGoingAway = 1001;      ///< its heartbeat is lost
constexpr std::uint16_t kCloseProtocolError = 1002;  ///< it broke a rule
constexpr std::uint16_t kClosePolicy = 1008;         ///< it reads nothing

/// Clients sleep in whole milliseconds of a clock that is cut, not rounded: who counts to a
/// deadline may arrive up to one early, and has missed it all the same.
constexpr Duration kClockGrain = 1ms;

/// Long-polling: how long a client that we closed may take to poll and hear so.
constexpr Duration kFarewell = 10s;

/// Time for an upgrade, from the WebSocket's opening to the packet `5`; then it is closed, and the
/// session stays on long-polling.
constexpr Duration kUpgradeTimeout = 10s;

struct EngineServer::Impl {
  Impl(EngineConfig config_in, Random& random_in)
      : config{config_in}, random{random_in}, addresses{random_in} {}

  // engine_server.cpp: the tables.
  void begin_input(Instant at);
  void lose_websocket(Instant at, WebSocketId websocket);
  Session* find_open(SessionId id);
  SessionId find(const Sid& sid) const;
  SessionId open(const EngineQuery& query, const EngineRequest& request);
  /// Of the open sessions that are like this one, where it counts.
  std::size_t& open_count(const Session& session);
  std::string handshake(const Session& session) const;
  void flush();
  void list_flush(SessionId id, Session& session);

  // engine_admission.cpp: may this request in, and why not?
  struct Admission {
    std::optional<EngineError> error;
    SessionId session{};
    bool is_new = false;
  };

  Admission admit(const EngineQuery& query, const EngineRequest& request, bool upgrade);

  bool is_counted(const IpAddress& source) const {
    return config.sessions_per_address && !source.is_unspecified();
  }

  // engine_polling.cpp
  void open_polling(RequestId request_id, const EngineQuery& query, const EngineRequest& request);
  void handle_poll(RequestId request, SessionId id, Session& session);
  void handle_post(RequestId request, SessionId id, Session& session, const EngineRequest& said);
  void answer_poll(SessionId id, Session& session);
  void forget_answer(SessionId id, Session& session);
  void refuse(RequestId request, EngineError error, int status = 400);

  // engine_websocket.cpp
  void open_websocket(WebSocketId websocket, const EngineQuery& query,
                      const EngineRequest& request);
  void open_probe(WebSocketId websocket, SessionId id, Session& session, const EngineQuery& query);
  void handle_probe(SessionId id, Session& session, const EnginePacket& packet);
  void upgrade(SessionId id, Session& session);
  void cancel_upgrade(Session& session, std::uint16_t close_code);

  // engine_heartbeat.cpp: everything with a deadline.
  void start_heartbeat(SessionId id, Session& session);
  void handle_sign_of_life(SessionId id, Session& session, EnginePacketType type);
  Duration patience(const Session& session) const;
  Instant next_deadline(const Session& session) const;
  void schedule(SessionId id, Session& session);
  void run_timers();
  void expire(SessionId id, Session& session);
  void handle_heartbeat_deadline(SessionId id, Session& session);

  // engine_backlog.cpp: what waits to be taken, and who is not read meanwhile.
  void transmit(SessionId id, Session& session, const EnginePacket& packet);
  void note_taken(SessionId id, Session& session);
  void update_congestion(SessionId id, Session& session);
  void apply_hold(SessionId id, Session& session);

  // engine_lifecycle.cpp: packets in, sessions out.
  struct Ending {
    EnginePacketType last_word = EnginePacketType::Close;  ///< to a poll that waits
    int post_status = 200;                                 ///< to a POST that waits
    std::uint16_t close_code = kCloseNormal;
    bool report = true;  ///< as a Closed event
  };

  void handle_packet(SessionId id, Session& session, const EnginePacket& packet);
  void end(SessionId id, Session& session, const Ending& ending);
  void end_for_error(SessionId id, Session& session, bool report = true);
  void leave(SessionId id, Session& session);
  void answer_waiting(SessionId id, Session& session, const Ending& ending);

  struct SidHash {
    /// The key is random: any eight bytes of it are as good as a hash.
    std::size_t operator()(const Sid& sid) const noexcept {
      std::uint64_t word = 0;
      std::memcpy(&word, sid.data() + 4, sizeof word);
      return word;
    }
  };

  EngineConfig config;
  Random& random;
  Instant now{};  ///< the latest Instant that a call brought
  SlotMap<SessionId, Session> sessions;
  std::unordered_map<Sid, SessionId, SidHash> sids;
  std::unordered_map<WebSocketId, SessionId> websockets;  ///< of sessions and of upgrades
  std::unordered_map<RequestId, SessionId> requests;      ///< polls and POSTs that wait
  std::unordered_map<RequestId, SessionId> answers;       ///< polls whose answer is on its way
  AddressCounts addresses;
  TimerQueue<SessionId> timers;  ///< may hold stale entries: see Session::timer
  EngineOutbox outbox;
  EngineInbox inbox;
  std::vector<SessionId> unflushed;
  std::vector<SessionId> congestion_changes;
  std::string decoded;  ///< base64 of the WebSocket message at hand
  EngineCounters counters;
  std::array<std::array<std::size_t, 2>, 2> open_counts{};  ///< of V3 and V4, by Transport
};

}  // namespace duet::socketio
