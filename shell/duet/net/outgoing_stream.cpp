// SPDX-License-Identifier: MIT
// One TCP connection that we open, plain or TLS.
#include <duet/net/outgoing_stream.hpp>
#include <duet/net/socket_address.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace duet::net {

namespace {

/// One TLS record: a read that leaves none of it waiting in OpenSSL, where no event would tell.
constexpr std::size_t kReadSize = 17'408;

/// A peer that is gone without a word, as when a cable is pulled, is noticed by what it does not
/// acknowledge: data, and where there is none, what the kernel asks. The timeout counts from the
/// first repetition, and every acknowledgement begins it anew, so slow paths are not cut.
void watch_peer(int descriptor) {
  constexpr auto kGone = OutgoingStream::kUnacknowledged;
  constexpr int kAsk = 5;  // seconds of silence, and between questions
  const auto set = [&](int level, int name, auto value) {
    ::setsockopt(descriptor, level, name, &value, sizeof(value));
  };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, kAsk);
  set(IPPROTO_TCP, TCP_KEEPINTVL, kAsk);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<unsigned>(kGone / 1ms));
}

int open_socket(const Endpoint& to, const std::optional<IpAddress>& from) {
  const int family = to.address.is_v4() ? AF_INET : AF_INET6;
  const int descriptor = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  watch_peer(descriptor);
  if (from) {
    const SocketAddress address = to_socket_address({*from, 0});
    if (::bind(descriptor, address.data(), address.size) != 0) {
      ::close(descriptor);
      return -1;
    }
  }
  const SocketAddress address = to_socket_address(to);
  if (::connect(descriptor, address.data(), address.size) != 0 && errno != EINPROGRESS) {
    const int error = errno;
    ::close(descriptor);
    errno = error;
    return -1;
  }
  return descriptor;
}

}  // namespace

OutgoingStream::OutgoingStream(EventLoop& loop, const Endpoint& to, std::optional<Tls> tls,
                               Handler handler, std::optional<IpAddress> from)
    : loop_{loop}, handler_{std::move(handler)}, tls_{std::move(tls)} {
  const int descriptor = open_socket(to, from);
  if (descriptor < 0) {
    end(End::Why::NotConnected, std::strerror(errno));
    return;
  }
  watch_ = std::make_unique<Watch>(loop, descriptor, [this](Ready ready) { handle_ready(ready); });
  transport_.emplace(descriptor);
  watch_->wait(Ready::Write);
}

OutgoingStream::OutgoingStream(EventLoop& loop, int descriptor, Handler handler)
    : loop_{loop}, handler_{std::move(handler)}, stage_{Stage::Open} {
  watch_ = std::make_unique<Watch>(loop, descriptor, [this](Ready ready) { handle_ready(ready); });
  transport_.emplace(descriptor);
  watch_->wait(Ready::Read);
}

OutgoingStream::~OutgoingStream() { *alive_ = false; }

void OutgoingStream::send(std::string_view bytes) {
  if (stage_ == Stage::Over || bytes.empty()) return;
  const bool is_first = out_.empty();
  out_.push(bytes);
  // At once, so that it leaves also if the stream is let go of before the next turn.
  if (stage_ == Stage::Open && is_first) write();
}

Endpoint OutgoingStream::local() const {
  SocketAddress address;
  if (!watch_) return {};
  ::getsockname(watch_->descriptor(), address.data(), &address.size);
  return to_endpoint(address);
}

bool OutgoingStream::is_stranded() const {
  const Endpoint end = local();
  if (end.port == 0) return false;
  const int probe =
      ::socket(end.address.is_v4() ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return false;
  const SocketAddress address = to_socket_address({end.address, 0});
  const bool is_ours = ::bind(probe, address.data(), address.size) == 0 || errno != EADDRNOTAVAIL;
  ::close(probe);
  return !is_ours;
}

void OutgoingStream::handle_ready(Ready ready) {
  switch (stage_) {
    case Stage::Connecting:
      return handle_connected();
    case Stage::Handshaking:
      return handshake();
    case Stage::Open:
      return ready == Ready::Write ? write() : read();
    case Stage::Over:
      return;
  }
}

void OutgoingStream::handle_connected() {
  int error = 0;
  socklen_t size = sizeof(error);
  ::getsockopt(watch_->descriptor(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return end(End::Why::NotConnected, std::strerror(error));
  if (!tls_) return open();
  stage_ = Stage::Handshaking;
  transport_->start_tls(*tls_->context, tls_->host);
  handshake();
}

void OutgoingStream::handshake() {
  const IoResult result = transport_->handshake();
  if (result.status == IoResult::Status::Done) return open();
  if (result.status == IoResult::Status::WouldBlock) {
    return watch_->wait(result.wants_write ? Ready::Write : Ready::Read);
  }
  const std::string distrust = transport_->distrust();
  if (!distrust.empty()) {
    return end(transport_->misses_pin() ? End::Why::NotPinned : End::Why::NotTrusted, distrust);
  }
  end(End::Why::NoTls, {});
}

void OutgoingStream::open() {
  stage_ = Stage::Open;
  watch_->wait(Ready::Read);
  if (!out_.empty()) watch_->wait(Ready::Write);
  const auto opened = std::move(handler_.opened);  // which may destroy this
  opened();
}

void OutgoingStream::read() {
  std::array<std::byte, kReadSize> buffer;  // NOLINT: written before it is read
  const IoResult result = transport_->read(buffer);
  switch (result.status) {
    case IoResult::Status::Done:
      watch_->wait(Ready::Read);
      if (!out_.empty()) watch_->wait(Ready::Write);
      return tell(std::span{buffer}.first(result.bytes));
    case IoResult::Status::WouldBlock:
      return watch_->wait(result.wants_write ? Ready::Write : Ready::Read);
    case IoResult::Status::Ended:
      return end(End::Why::Ended, {});
    case IoResult::Status::Closed:
      return end(End::Why::Lost, {});
  }
}

void OutgoingStream::tell(std::span<std::byte> bytes) {
  const auto alive = alive_;
  auto received = std::move(handler_.received);  // it may destroy this, and goes on after that
  received(bytes);
  if (*alive) handler_.received = std::move(received);
}

void OutgoingStream::write() {
  while (!out_.empty()) {
    const IoResult result = transport_->write(out_.front());
    if (result.status == IoResult::Status::Done) {
      out_.pop(result.bytes);
      continue;
    }
    if (result.status == IoResult::Status::WouldBlock) {
      // TLS may have to read before it writes on (a key update): read() comes back here.
      const bool wants_read = tls_ && !result.wants_write;
      return watch_->wait(wants_read ? Ready::Read : Ready::Write);
    }
    return end(End::Why::Lost, std::strerror(errno));
  }
}

void OutgoingStream::end(End::Why why, std::string detail) {
  stage_ = Stage::Over;
  // Told later: also to who is in the middle of making this.
  loop_.defer([this, alive = alive_, over = End{why, std::move(detail)}] {
    if (!*alive) return;
    const auto ended = std::move(handler_.ended);  // which may destroy this
    ended(over);
  });
}

}  // namespace duet::net
