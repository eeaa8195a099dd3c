// SPDX-License-Identifier: MIT
// One TCP connection: tells by its first bytes what it is, buffers what goes out, keeps its
// deadline.
#pragma once

#include <duet/base/address.hpp>
#include <duet/base/time.hpp>
#include <duet/http/protocol.hpp>
#include <duet/http/service.hpp>
#include <duet/net/send_queue.hpp>
#include <duet/net/transport.hpp>
#include <duet/net/watch.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace duet::http {

class Server;

class Connection {
 public:
  /// @param descriptor  a connected, non-blocking TCP socket; owned from here on
  Connection(Server& server, ConnectionId id, int descriptor, Endpoint peer, Endpoint local);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Whether it can be heard: without, the kernel has no memory for it.
  bool is_watched() const { return watch_.is_watched(); }

  /// Begins to listen to the peer.
  void start(Instant now);

  // For the protocol that lives here.

  /// Queues bytes; they leave at the end of the loop's turn, together with what else is queued.
  void send(std::string_view bytes);
  /// The same without a copy: `bytes` live as long as `keep_alive`, which is let go of once they
  /// have left.
  void send(std::string_view bytes, std::shared_ptr<const void> keep_alive);
  /// Sends what is queued without waiting for the turn's end.
  void flush(Instant now);

  /// Holds back what is queued until uncork(), or until the connection is to be closed.
  void cork() { corked_ = true; }

  void uncork(Instant now);

  bool is_corked() const { return corked_; }

  /// Bytes queued and not yet taken by the kernel.
  std::size_t unsent() const { return out_.size(); }

  void pause();
  /// Reading goes on, at the end of the loop's turn.
  void resume();

  bool is_paused() const { return paused_; }

  /// Sends what is queued, ends the connection, and reads on for a moment, so that the peer gets to
  /// see the answer before a reset.
  void close_after_flush(Instant now);
  /// The same, but what the kernel doesn't take by the turn's end is dropped: for a peer that reads
  /// nothing, or is gone.
  void close_this_turn(Instant now);
  /// Ends it at once.
  void abort();
  /// handle_timeout() comes at `deadline`; Instant::max() for never.
  void set_deadline(Instant deadline);
  /// Hands the connection to another protocol. The old one is destroyed at the turn's end, without
  /// a handle_closed().
  void become(std::unique_ptr<Protocol> protocol);

  Server& server() { return server_; }

  Protocol* protocol() { return protocol_.get(); }

  ConnectionId id() const { return id_; }

  const Endpoint& peer() const { return peer_; }

  const Endpoint& local() const { return local_; }

  bool is_secure() const { return transport_.is_tls(); }

  /// What is sent or asked of it now has no effect.
  bool is_over() const { return stage_ == Stage::Lingering || stage_ == Stage::Over; }

 private:
  friend class Server;  // turns of the loop, deadlines and the end come from there

  enum class Stage : std::uint8_t {
    Sniffing,     // what is it?
    Handshaking,  // TLS
    Open,         // a protocol speaks
    Lingering,    // we have ended; the peer's last bytes are thrown away
    Over          // to be destroyed at the end of the turn
  };

  void handle_ready(net::Ready ready);
  void handle_readable(Instant now);
  void handle_writable(Instant now);
  void handle_error();
  void handle_deadline(Instant now);
  void handle_turn_end(Instant now);
  std::int64_t taken() const;

  bool is_local() const { return peer_.address.is_loopback() || peer_.address == local_.address; }

  bool review_taken(Instant now, std::int64_t& taken, Instant& taken_at);
  void sniff(Instant now);
  void handshake(Instant now);
  void read(Instant now);
  void discard();
  void finish_if_flushed(Instant now);
  void lose();
  void wait_readable();
  void wait_writable();
  void wait_error();
  void mark_dirty();

  Server& server_;
  net::Watch watch_;
  net::Transport transport_;
  ConnectionId id_;
  Endpoint peer_;
  Endpoint local_;
  std::unique_ptr<Protocol> protocol_;
  std::unique_ptr<Protocol> previous_;  // until the present call is over
  net::SendQueue out_;
  Instant deadline_ = Instant::max();
  Instant queued_deadline_ = Instant::max();  // the server's timer holds an entry for it
  Stage stage_ = Stage::Sniffing;
  bool paused_ = false;
  bool resuming_ = false;
  bool closing_ = false;   // end it once all is flushed...
  bool hurrying_ = false;  // ...or at the end of this turn
  bool corked_ = false;
  bool dirty_ = false;
  bool is_blocked_ = false;        // the server looks after what the peer takes
  bool read_wants_write_ = false;  // TLS must write before it can read on
};

}  // namespace duet::http
