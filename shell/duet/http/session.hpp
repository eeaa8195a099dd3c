// SPDX-License-Identifier: MIT
// HTTP/1.1 on one connection: requests one after another, and the upgrade (RFC 9112).
#pragma once

#include <duet/http/connection.hpp>
#include <duet/http/protocol.hpp>
#include <duet/http/server.hpp>
#include <duet/http/service.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace duet::http {

/// Keep-alive and pipelining: requests are answered in the order they came, one at a time.
class Session final : public Protocol {
 public:
  /// The connection's first deadline goes on: a request must be whole by then.
  Session(Connection& connection, Service& service, const ServerConfig& config);
  ~Session() override;

  void handle_bytes(Instant now, std::span<std::byte> bytes) override;
  void handle_resumed(Instant now) override;
  void handle_sent(Instant now, std::size_t bytes) override;
  void handle_taken(Instant now) override;

  void handle_perhaps_taken(Instant now) override { handle_taken(now); }

  void handle_end(Instant now) override;
  void handle_closed() override;
  void handle_timeout(Instant now) override;

  /// Answers the request that waits. What was pipelined behind it is looked at after this turn.
  void respond(Instant now, const Response& response);

  bool is_waiting() const { return waiting_; }

 private:
  struct Parser;  // of the request being read, over Beast's

  void process(Instant now);
  bool parse(Instant now);
  bool read_head(Instant now);
  bool put(Instant now);

  std::string_view pending() const { return std::string_view{in_}.substr(in_used_); }

  void consume(std::size_t bytes);
  void dispatch(Instant now);
  void upgrade(Instant now, const Request& request);
  void refuse(Instant now, int status, std::string_view sentence);
  void write(const Response& response, bool with_body, bool keep_alive);
  Request request() const;

  Connection& connection_;
  Service& service_;
  const ServerConfig& config_;
  std::string in_;  // bytes that came; those behind in_used_ are not parsed yet
  std::size_t in_used_ = 0;
  std::unique_ptr<Parser> parser_;
  std::size_t answer_unsent_ = 0;  // bytes of the latest answer's body, not yet with the kernel
  bool waiting_ = false;           // a request is with the service
  bool head_ = false;              // and it is a HEAD
  bool keep_alive_ = false;        // and the connection outlives it
  bool old_version_ = false;       // and it is HTTP/1.0
  bool between_ = false;           // at least one request was answered, and nothing came since
};

}  // namespace duet::http
