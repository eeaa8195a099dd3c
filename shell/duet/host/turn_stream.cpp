// SPDX-License-Identifier: MIT
// STUN and TURN over one TCP or TLS connection.
#include <duet/host/relay_host.hpp>
#include <duet/host/turn_stream.hpp>
#include <duet/stun/stream.hpp>

#include <string_view>
#include <utility>

namespace duet::host {
namespace {

/// Half a message, for so long, is all there will be.
constexpr Duration kMessageTimeout = 15s;
/// Between messages of who has no allocation: longer than the keep-alives of who only asks for its
/// address (RFC 8445 §11: 15 s).
constexpr Duration kIdleTimeout = 60s;
/// What may wait to be sent: a quarter of a second of video. Older pictures are of no use.
constexpr std::size_t kMaxUnsent = 131'072;
/// A client that takes nothing for so long, while messages for it are dropped, is gone.
constexpr Duration kStallTimeout = 5s;

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

TurnStream::TurnStream(RelayHost& host, http::Connection& connection)
    : host_{host},
      connection_{connection},
      path_{.transport = connection.is_secure() ? turn::Transport::Tls : turn::Transport::Tcp,
            .client = connection.peer(),
            .local = connection.local(),
            .connection = turn::ConnectionId{connection.id().value()}} {
  host_.add_stream(path_.connection, *this);
}

void TurnStream::handle_bytes(Instant now, std::span<std::byte> bytes) {
  const bool continues = !kept_.empty();
  std::span<const std::byte> input = bytes;
  if (continues) {
    kept_.insert(kept_.end(), bytes.begin(), bytes.end());
    input = kept_;
  }
  const std::size_t used = take(now, input);
  host_.flush(now);  // answers may point into the input
  if (connection_.is_over()) return;
  // Moved, so that the memory of a long message goes with it.
  std::vector<std::byte> rest(input.begin() + static_cast<std::ptrdiff_t>(used), input.end());
  kept_ = std::move(rest);
  // Half a message does not become more by dripping in.
  if (used > 0 || !continues) {
    connection_.set_deadline(now + (kept_.empty() ? kIdleTimeout : kMessageTimeout));
  }
}

std::size_t TurnStream::take(Instant now, std::span<const std::byte> bytes) {
  std::size_t used = 0;
  while (!connection_.is_over()) {
    const stun::Frame frame = stun::next_frame(bytes.subspan(used));
    switch (frame.kind) {
      case stun::Frame::Kind::NeedMore:
        return used;
      case stun::Frame::Kind::Bad:
        host_.handle_bad_stream();
        connection_.abort();
        return used;
      case stun::Frame::Kind::Stun:
      case stun::Frame::Kind::ChannelData:
        host_.handle_message(now, path_, bytes.subspan(used, frame.size));
        used += frame.size;
    }
  }
  return used;
}

void TurnStream::handle_resumed(Instant) {}  // never paused

void TurnStream::handle_sent(Instant, std::size_t) { stalled_since_.reset(); }

void TurnStream::handle_taken(Instant) { stalled_since_.reset(); }

void TurnStream::handle_end(Instant) { connection_.abort(); }

void TurnStream::handle_closed() { host_.remove_stream(path_); }

void TurnStream::handle_timeout(Instant now) {
  // Between refreshes the owner of an allocation may be silent.
  if (kept_.empty() && host_.has_allocation(path_)) {
    return connection_.set_deadline(now + kIdleTimeout);
  }
  connection_.abort();
}

void TurnStream::send(Instant now, std::span<const std::byte> head, std::span<const std::byte> body,
                      std::size_t padding) {
  if (connection_.unsent() + head.size() + body.size() + padding > kMaxUnsent) {
    host_.count_dropped();
    if (!stalled_since_) stalled_since_ = now;
    if (now - *stalled_since_ >= kStallTimeout) connection_.abort();
    return;
  }
  connection_.send(text_of(head));
  connection_.send(text_of(body));
  constexpr std::string_view kZeros{"\0\0\0", 3};
  connection_.send(kZeros.substr(0, padding));
  // Each message in a TLS record of its own: there are clients that take a record for a message.
  if (path_.transport == turn::Transport::Tls) connection_.flush(now);
}

}  // namespace duet::host
