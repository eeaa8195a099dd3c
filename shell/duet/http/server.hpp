// SPDX-License-Identifier: MIT
// The listening end: TCP connections that speak HTTP, HTTPS and WebSocket on one port.
#pragma once

#include <duet/base/address.hpp>
#include <duet/base/slot_map.hpp>
#include <duet/base/time.hpp>
#include <duet/base/timer_queue.hpp>
#include <duet/http/local_reader.hpp>
#include <duet/http/service.hpp>
#include <duet/net/event_loop.hpp>
#include <duet/net/listener.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

using SSL_CTX = struct ssl_ctx_st;

namespace duet::http {

class Connection;
class WebSocketSession;

struct ServerConfig {
  /// Request line and headers together (bytes); beyond it 431.
  std::size_t max_header = 16384;
  /// One request body or WebSocket message (bytes); beyond it 413, or close 1009.
  std::size_t max_body = 1'000'000;
  /// Frames of one WebSocket message; beyond it close 1008.
  std::size_t max_fragments = 1'000;
  /// Connections from one address (of IPv6, from one /64); further ones are closed at once. Nothing
  /// means no limit. A classroom behind one NAT fits; one machine can't take all descriptors.
  std::optional<std::size_t> connections_per_address = 1'024;
  /// From the answer to a WebSocket handshake to the first message. Some test clients begin to
  /// listen only once they have looked at the answer, and miss what comes in one piece with it.
  Duration first_message_delay{0};
};

/// Numbers for the metrics. All but `open` only grow.
struct ServerCounters {
  std::size_t open = 0;  ///< connections there are
  std::uint64_t accepted = 0;
  std::uint64_t refused_limit = 0;        ///< connections over connections_per_address
  std::uint64_t refused_descriptors = 0;  ///< times there was no descriptor left to accept with
  std::uint64_t failed_handshakes = 0;    ///< TLS
  std::uint64_t unknown_protocols = 0;    ///< closed for their first byte
  std::uint64_t timed_out = 0;            ///< cut off for being slow or silent
  std::uint64_t requests = 0;
  std::uint64_t bad_requests = 0;            ///< refused before they reached the service
  std::uint64_t bad_frames = 0;              ///< WebSockets closed for breaking RFC 6455
  std::array<std::uint64_t, 6> responses{};  ///< by the status code's first digit
};

/// Owns the listeners and the connections, and drives them from the loop's thread.
class Server {
 public:
  /// The loop must outlive the server.
  Server(net::EventLoop& loop, ServerConfig config);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Who answers; must be set before listen(), and outlive the server.
  void set_service(Service& service) { service_ = &service; }

  /// Who takes STUN and TURN; without it such connections are closed. Must outlive the server.
  void set_stream_service(StreamService& service) { stream_service_ = &service; }

  /// Accepts connections at `endpoint`; of [::], IPv4 ones too. Port 0 takes a free one.
  /// @return the endpoint as it is
  /// @throws std::system_error if it can't be had, with a sentence that names it
  Endpoint listen(const Endpoint& endpoint);
  /// Where TLS connections take their context from; without it they are closed.
  void set_tls(std::function<std::shared_ptr<SSL_CTX>()> current_context);
  /// Addresses whose connections are not counted against connections_per_address: proxies. Must be
  /// set before listen().
  void set_trusted(std::vector<IpPrefix> prefixes);

  /// Answers the request that waits on `id`; ignored if there is none any more.
  void respond(ConnectionId id, const Response& response);
  /// Queues one message; ignored if the WebSocket is gone.
  void send_message(ConnectionId id, bool text, std::string_view bytes);
  /// Sends what is queued, then a Close frame (RFC 6455 §7.4), then ends the connection.
  void close_websocket(ConnectionId id, std::uint16_t code);
  /// The same for a peer that reads nothing or is gone: who can't be told at once is not told.
  void drop_websocket(ConnectionId id, std::uint16_t code);
  void pause(ConnectionId id);
  void resume(ConnectionId id);

  /// No new connections; WebSockets are closed with 1001 (going away), requests that wait are still
  /// answered, and their connections end with that.
  void begin_closing();

  bool is_closing() const { return closing_; }

  const ServerCounters& counters() const { return counters_; }

 private:
  friend class Connection;
  friend class Session;
  friend class WebSocketSession;

  // For connections and what lives on them.
  net::EventLoop& loop() { return loop_; }

  Instant now() const { return loop_.now(); }

  Service& service() { return *service_; }

  StreamService* stream_service() { return stream_service_; }

  const ServerConfig& config() const { return config_; }

  SSL_CTX* tls_context();

  std::span<std::byte> read_buffer() { return read_buffer_; }

  const std::string& date();
  void count_response(int status);
  void mark_dirty(ConnectionId id);
  void bury(ConnectionId id);
  void queue_deadline(ConnectionId id, Instant deadline);
  void watch_taken(ConnectionId id, std::int64_t taken);

  LocalReader& local_reader() { return local_reader_; }

  void handle_accepted(int descriptor);
  void handle_out_of_descriptors();
  void schedule_turn_end();
  void handle_turn_end();
  void handle_timer();
  void review_blocked();
  void arm_timer();
  bool is_counted(const IpAddress& peer) const;
  bool has_place_for(const IpAddress& peer) const;
  void give_back_place(const IpAddress& peer);
  Connection* find(ConnectionId id);
  WebSocketSession* find_websocket(ConnectionId id);

  net::EventLoop& loop_;
  Service* service_ = nullptr;
  StreamService* stream_service_ = nullptr;
  ServerConfig config_;
  ServerCounters counters_;
  std::function<std::shared_ptr<SSL_CTX>()> current_context_;
  std::shared_ptr<SSL_CTX> context_in_use_;
  std::vector<IpPrefix> trusted_;
  std::vector<std::unique_ptr<net::Listener>> listeners_;
  Instant next_warning_{};  // about descriptors
  SlotMap<ConnectionId, std::unique_ptr<Connection>> connections_;
  std::unordered_map<IpAddress, std::size_t> per_address_;
  std::vector<std::byte> read_buffer_;
  std::vector<ConnectionId> dirty_;
  std::vector<ConnectionId> ending_turn_;  // those of dirty_ that are being seen to
  std::vector<ConnectionId> dead_;

  /// A connection whose kernel takes no more for now, and what its peer had taken.
  struct Blocked {
    ConnectionId id{};
    std::int64_t taken = 0;  // Connection::taken()
    Instant taken_at{};      // when that was last seen to grow
  };

  std::vector<Blocked> blocked_;
  net::Timer blocked_timer_;
  LocalReader local_reader_;
  TimerQueue<ConnectionId> deadlines_;
  net::Timer timer_;
  std::string date_;
  Instant date_until_{};
  bool turn_end_scheduled_ = false;
  bool closing_ = false;
};

}  // namespace duet::http
