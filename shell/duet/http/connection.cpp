// SPDX-License-Identifier: MIT
// One TCP connection: tells by its first bytes what it is, buffers what goes out, keeps its
// deadline.
#include <duet/http/connection.hpp>
#include <duet/http/server.hpp>
#include <duet/http/session.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace duet::http {
namespace {

/// A peer that has sent nothing, or half a request, or half a handshake, for so long is cut off.
constexpr Duration kFirstRequestTimeout = 15s;
/// After the last answer the peer's bytes are still read for so long, so that they don't provoke a
/// reset that would destroy the answer on its way (RFC 9112 §9.6).
constexpr Duration kLingerTimeout = 2s;
/// Reads in one turn of the loop, 64 KB each: enough to keep up with one fast sender, few enough
/// that others wait less than a millisecond.
constexpr int kReadsPerTurn = 4;

/// Bytes written in one turn of the loop, then others have theirs.
constexpr std::size_t kWrittenPerTurn = 262'144;

/// A kernel on another machine tells of what its program reads in steps: Linux, of 134 KB where the
/// program never read fast (measured over Ethernet, its window at 64 KB), of up to 390 KB where it
/// did. In so long a program that reads 2 KB/s gets through the first.
constexpr Duration kHiddenReading = 75s;

constexpr std::byte kTlsHandshake{0x16};  // RFC 8446 §5.1

/// RFC 7983 §7: the first two bits of STUN are zero. No HTTP method begins so; the empty lines that
/// may come before a request do, but no STUN method does as they.
bool is_stun(std::byte first) {
  return (first & std::byte{0xC0}) == std::byte{0} && first != std::byte{'\r'} &&
         first != std::byte{'\n'};
}

}  // namespace

Connection::Connection(Server& server, ConnectionId id, int descriptor, Endpoint peer,
                       Endpoint local)
    : server_{server},
      watch_{server.loop(), descriptor, [this](net::Ready ready) { handle_ready(ready); }},
      transport_{watch_.descriptor()},
      id_{id},
      peer_{peer},
      local_{local} {}

Connection::~Connection() = default;

void Connection::start(Instant now) {
  set_deadline(now + kFirstRequestTimeout);
  wait_readable();
}

void Connection::handle_ready(net::Ready ready) {
  switch (ready) {
    case net::Ready::Read:
      return handle_readable(server_.now());
    case net::Ready::Write:
      return handle_writable(server_.now());
    case net::Ready::Error:
      return handle_error();
  }
}

void Connection::handle_readable(Instant now) {
  switch (stage_) {
    case Stage::Sniffing:
      sniff(now);
      break;
    case Stage::Handshaking:
      handshake(now);
      break;
    case Stage::Open:
      if (!paused_) read(now);
      break;
    case Stage::Lingering:
      discard();
      break;
    case Stage::Over:
      break;
  }
}

void Connection::handle_writable(Instant now) {
  if (stage_ == Stage::Handshaking) handshake(now);
  flush(now);
  if (std::exchange(read_wants_write_, false) && stage_ == Stage::Open && !paused_) read(now);
}

void Connection::handle_error() {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(watch_.descriptor(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) lose();  // else both sides have ended, which reading finds out
}

void Connection::sniff(Instant now) {
  bool closed = false;
  const auto first = transport_.peek(closed);
  if (closed) return lose();
  if (!first) return wait_readable();
  if (*first == kTlsHandshake && !transport_.is_tls()) {
    SSL_CTX* const context = server_.tls_context();
    if (context == nullptr) {
      ++server_.counters_.failed_handshakes;
      return lose();
    }
    transport_.start_tls(*context);
    stage_ = Stage::Handshaking;
    return handshake(now);
  }
  if (!is_stun(*first)) {
    protocol_ = std::make_unique<Session>(*this, server_.service(), server_.config());
  } else if (StreamService* const streams = server_.stream_service()) {
    protocol_ = streams->accept_stream(*this);
  } else {
    ++server_.counters_.unknown_protocols;
    return lose();
  }
  stage_ = Stage::Open;
  read(now);
}

void Connection::handshake(Instant now) {
  const net::IoResult result = transport_.handshake();
  switch (result.status) {
    case net::IoResult::Status::Done:
      stage_ = Stage::Sniffing;
      return sniff(now);
    case net::IoResult::Status::WouldBlock:
      return result.wants_write ? wait_writable() : wait_readable();
    case net::IoResult::Status::Ended:
    case net::IoResult::Status::Closed:
      ++server_.counters_.failed_handshakes;
      return lose();
  }
}

void Connection::read(Instant now) {
  for (int reads = 0; reads < kReadsPerTurn; ++reads) {
    const std::span<std::byte> buffer = server_.read_buffer();
    const net::IoResult result = transport_.read(buffer);
    if (result.status == net::IoResult::Status::Closed) return lose();
    if (result.status == net::IoResult::Status::Ended) {
      protocol_->handle_end(now);
      // RFC 8446 §6.1: whoever ends TLS says so, also who does it second.
      if (stage_ == Stage::Over && transport_.is_tls()) transport_.finish();
      return;
    }
    if (result.status == net::IoResult::Status::WouldBlock) {
      if (result.wants_write) {
        read_wants_write_ = true;
        wait_writable();
      }
      break;
    }
    protocol_->handle_bytes(now, buffer.first(result.bytes));
    if (stage_ == Stage::Lingering) return wait_readable();
    if (stage_ != Stage::Open || paused_) return;
    // A plain read that did not fill the buffer has emptied the socket; TLS hands out records.
    if (!transport_.is_tls() && result.bytes < buffer.size()) break;
  }
  wait_readable();
}

void Connection::discard() {
  for (int reads = 0; reads < kReadsPerTurn; ++reads) {
    const net::IoResult result = transport_.read(server_.read_buffer());
    if (result.status == net::IoResult::Status::WouldBlock) break;
    if (result.status != net::IoResult::Status::Done) return lose();
  }
  wait_readable();
}

void Connection::send(std::string_view bytes) {
  if (is_over() || closing_) return;
  out_.push(bytes);
  mark_dirty();
}

void Connection::send(std::string_view bytes, std::shared_ptr<const void> keep_alive) {
  if (is_over() || closing_) return;
  out_.push(bytes, std::move(keep_alive));
  mark_dirty();
}

void Connection::flush(Instant now) {
  if (stage_ == Stage::Over || watch_.waits(net::Ready::Write) || corked_) return;
  std::size_t sent = 0;
  while (!out_.empty()) {
    if (sent >= kWrittenPerTurn) {
      wait_writable();
      break;
    }
    const auto front = out_.front();
    const net::IoResult result =
        transport_.write(front.first(std::min(front.size(), kWrittenPerTurn - sent)));
    if (result.status == net::IoResult::Status::WouldBlock) {
      wait_writable();
      if (!std::exchange(is_blocked_, true)) server_.watch_taken(id_, taken());
      break;
    }
    if (result.status != net::IoResult::Status::Done) return lose();
    out_.pop(result.bytes);
    sent += result.bytes;
  }
  if (sent > 0 && protocol_ && stage_ == Stage::Open) protocol_->handle_sent(now, sent);
  finish_if_flushed(now);
}

void Connection::uncork(Instant now) {
  corked_ = false;
  flush(now);
}

void Connection::finish_if_flushed(Instant now) {
  if (!closing_ || unsent() > 0 || stage_ != Stage::Open) return;
  transport_.finish();
  stage_ = Stage::Lingering;
  set_deadline(now + kLingerTimeout);
  protocol_->handle_closed();
  wait_readable();
}

void Connection::pause() {
  paused_ = true;
  resuming_ = false;
  mark_dirty();
}

void Connection::resume() {
  if (!paused_ || closing_) return;
  resuming_ = true;
  mark_dirty();
}

void Connection::close_after_flush(Instant now) {
  if (is_over() || closing_) return;
  closing_ = true;
  corked_ = false;
  paused_ = true;  // nothing more is understood
  resuming_ = false;
  set_deadline(now + kFirstRequestTimeout);
  mark_dirty();
}

void Connection::close_this_turn(Instant now) {
  close_after_flush(now);
  hurrying_ = true;
  mark_dirty();
}

void Connection::abort() { lose(); }

void Connection::set_deadline(Instant deadline) {
  deadline_ = deadline;
  if (deadline < queued_deadline_) {
    queued_deadline_ = deadline;
    server_.queue_deadline(id_, deadline);
  }
}

void Connection::become(std::unique_ptr<Protocol> protocol) {
  previous_ = std::exchange(protocol_, std::move(protocol));
  mark_dirty();
}

void Connection::handle_deadline(Instant now) {
  if (stage_ == Stage::Open && !closing_) {
    protocol_->handle_timeout(now);
  } else {
    if (stage_ != Stage::Lingering) ++server_.counters_.timed_out;
    lose();
  }
}

void Connection::handle_turn_end(Instant now) {
  dirty_ = false;
  if (resuming_ && stage_ == Stage::Open) {
    resuming_ = false;
    paused_ = false;
    protocol_->handle_resumed(now);
    if (!paused_ && stage_ == Stage::Open) wait_readable();
  }
  flush(now);
  if (hurrying_ && unsent() > 0) lose();
  if (paused_) wait_error();  // nobody reads, and so nobody would hear of a reset
  previous_.reset();
}

/// Grows with what the peer takes. If it is a program of this machine, also with what that has
/// read: its kernel acknowledges nothing more until tens of kilobytes have room again.
std::int64_t Connection::taken() const {
  auto taken = static_cast<std::int64_t>(transport_.progress().taken);
  if (is_local()) taken -= server_.local_reader().unread(peer_, local_).value_or(0);
  return taken;
}

/// Tells the protocol if the peer has taken something since `before`, or may have; brings `before`
/// and `taken_at` up to date.
/// @return whether the kernel still takes nothing
bool Connection::review_taken(Instant now, std::int64_t& before, Instant& taken_at) {
  is_blocked_ = stage_ == Stage::Open && !out_.empty() && watch_.waits(net::Ready::Write);
  if (!is_blocked_) return false;
  const std::int64_t after = taken();
  if (after > std::exchange(before, after)) {
    taken_at = now;
    protocol_->handle_taken(now);
  } else if (!is_local() && now < taken_at + kHiddenReading && transport_.progress().is_answered) {
    protocol_->handle_perhaps_taken(now);
  }
  return true;
}

/// The end, by whatever cause. Safe at any point of a turn: the object lives until the turn's end.
void Connection::lose() {
  if (stage_ == Stage::Over) return;
  const bool open = stage_ == Stage::Open;
  stage_ = Stage::Over;
  if (open) protocol_->handle_closed();
  server_.bury(id_);
}

void Connection::wait_readable() {
  if (stage_ != Stage::Over) watch_.wait(net::Ready::Read);
}

void Connection::wait_writable() {
  if (stage_ != Stage::Over) watch_.wait(net::Ready::Write);
}

void Connection::wait_error() {
  if (stage_ == Stage::Open) watch_.wait(net::Ready::Error);
}

void Connection::mark_dirty() {
  if (dirty_) return;
  dirty_ = true;
  server_.mark_dirty(id_);
}

}  // namespace duet::http
