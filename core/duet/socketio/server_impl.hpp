// SPDX-License-Identifier: MIT
// The inside of Server: its clients and sockets, and who may change them.
#pragma once

#include <duet/base/slot_map.hpp>
#include <duet/base/timer_queue.hpp>
#include <duet/socketio/json_text.hpp>
#include <duet/socketio/packet.hpp>
#include <duet/socketio/server.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace duet::socketio {

struct Server::Impl {
  Impl(ServerConfig config_in, Random& random_in);

  /// A binary packet whose attachments are still coming.
  struct Assembly {
    std::string text;  ///< the packet, which `packet` and `event` point into
    Packet packet;
    std::string name_storage;
    EventText event;
    std::vector<Blob> blobs;
    std::size_t size_bytes = 0;  ///< of the blobs together
  };

  /// One client in one namespace.
  struct Socket {
    SessionId session{};
    SocketId next{};  ///< of the same client
    std::uint16_t nsp = 0;
    bool paused = false;
    bool gone = false;  ///< its Disconnected event has not been taken yet
  };

  /// One Engine.IO session.
  struct Client {
    EngineVersion version = EngineVersion::V4;
    bool has_entered = false;  ///< a namespace, once
    bool throttled = false;
    bool held = false;  ///< as the engine knows it
    std::uint16_t paused_sockets = 0;
    SocketId first{};  ///< socket, and through `next` the others
    float tokens = 0;  ///< packets it may send at once; below zero it is throttled
    Instant tokens_at{};
    std::unique_ptr<Assembly> assembly;
  };

  // server.cpp
  void recycle();
  Socket* find_socket(SocketId id);
  void send_packet(Instant now, EngineServer& engine, SessionId session, const Packet& packet,
                   std::span<const Blob> attachments);

  // server_clients.cpp: sessions come and go, enter namespaces and leave them.
  void open_client(Instant now, EngineServer& engine, const EngineEvent& event);
  void close_client(SessionId session);
  void fail_client(Instant now, EngineServer& engine, SessionId session);
  void connect(Instant now, EngineServer& engine, SessionId session, Client& client,
               const Packet& packet);
  void enter(Instant now, EngineServer& engine, SessionId session, Client& client,
             std::uint16_t nsp, std::string_view payload);
  void leave(Instant now, EngineServer& engine, Client& client, SocketId id, Socket& socket);
  SocketId socket_in(const Client& client, std::string_view nsp);
  void handle_connect_deadline(Instant now, EngineServer& engine, SessionId session);

  // server_packets.cpp: what they say.
  void handle_message(Instant now, EngineServer& engine, const EngineEvent& event, Client& client);
  bool handle_text(Instant now, EngineServer& engine, const EngineEvent& event, Client& client);
  bool handle_to_socket(Instant now, EngineServer& engine, Client& client, SocketId id,
                        const Packet& packet);
  bool begin_assembly(Client& client, const Packet& packet, std::string_view text);
  bool handle_attachment(Client& client, std::string_view bytes);
  bool finish_assembly(Client& client);

  // server_throttle.cpp: who is read slower.
  void charge(Instant now, EngineServer& engine, SessionId session, Client& client);
  void refill(Instant now, Client& client) const;
  void handle_throttle_timeout(Instant now, EngineServer& engine, SessionId session);
  void update_hold(Instant now, EngineServer& engine, SessionId session, Client& client);

  ServerConfig config;
  Random& random;
  std::unordered_map<SessionId, Client> clients;
  SlotMap<SocketId, Socket> sockets;
  std::size_t socket_count = 0;
  TimerQueue<SessionId> connect_timers;   ///< one entry a session: it must have entered by then
  TimerQueue<SessionId> throttle_timers;  ///< one entry for each that is throttled
  std::vector<Event> events;
  std::size_t next_event = 0;
  std::vector<std::unique_ptr<std::string>> names;    ///< that events point into
  std::vector<std::unique_ptr<Assembly>> assemblies;  ///< likewise
  std::string name_scratch;
  std::string packet_scratch;
  ServerCounters counters;
};

}  // namespace duet::socketio
