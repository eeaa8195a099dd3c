// SPDX-License-Identifier: MIT
// What the server keeps of one Engine.IO session.
#pragma once

#include <duet/base/address.hpp>
#include <duet/base/time.hpp>
#include <duet/socketio/engine_query.hpp>
#include <duet/socketio/engine_server.hpp>
#include <duet/socketio/packet_queue.hpp>

#include <cstddef>
#include <memory>
#include <optional>

namespace duet::socketio {

/// The part that only a session over long-polling needs; gone after an upgrade.
struct Polling {
  std::optional<RequestId> poll;  ///< a GET that waits for something to say
  std::optional<RequestId> post;  ///< a POST that was read and is not answered yet
  PacketQueue queue;              ///< what the next answer to a poll says
  /// The poll that was answered last, while its answer is on its way, and what has not left of it
  /// (bytes).
  std::optional<RequestId> answered;
  std::size_t answer_unsent = 0;
  /// The WebSocket that wants to take over, and what it was sent and has not taken (bytes).
  std::optional<WebSocketId> probe;
  std::size_t probe_unsent = 0;
  bool probed = false;  ///< it asked, and polls are now answered at once
  Instant upgrade_deadline{};
};

struct Session {
  enum class State : std::uint8_t {
    Open,
    Leaving,  ///< closed by us; over polling, the next poll shall still hear so
    Closed    ///< unknown to the network; its Closed event has not been taken yet
  };

  const Sid* sid = nullptr;  ///< the key in the server's table
  WebSocketId websocket{};   ///< of Transport::WebSocket
  Instant deadline{};        ///< of the heartbeat (see heartbeat_running), or of Leaving
  Instant timer{};           ///< earliest entry in the timer queue, kNever if there is none
  Instant taken_at{};        ///< while congested: when it last took something
  std::size_t unsent = 0;    ///< bytes handed to `websocket` that have not left
  std::unique_ptr<Polling> polling;
  std::shared_ptr<const Authority> authority;
  IpAddress source;
  State state = State::Open;
  EngineVersion version = EngineVersion::V4;
  BinarySupport support = BinarySupport::Native;
  bool awaits_client : 1 = false;  ///< `deadline` ends the session; otherwise a ping is due at it
  bool paused : 1 = false;
  bool congested : 1 = false;
  bool congestion_told : 1 = false;  ///< `congested` as the application knows it
  bool congestion_listed : 1 = false;
  bool websocket_paused : 1 = false;
  bool flush_listed : 1 = false;

  Transport transport() const { return polling ? Transport::Polling : Transport::WebSocket; }

  /// Nothing more is read from it: it is told to wait, or it doesn't read its own answers.
  bool is_held() const { return paused || congested; }

  std::size_t backlog() const {
    return unsent + (polling ? polling->queue.size_bytes() + polling->answer_unsent : 0);
  }
};

/// A deadline that isn't.
constexpr Instant kNever = Instant::max();

}  // namespace duet::socketio
