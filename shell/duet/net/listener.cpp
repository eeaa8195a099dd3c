// SPDX-License-Identifier: MIT
// One listening TCP socket.
#include <duet/net/listener.hpp>
#include <duet/net/socket_address.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace duet::net {
namespace {

/// Connections accepted in one turn, so that a storm of them does not starve those that are there.
constexpr int kAcceptsPerTurn = 64;
/// Without a free descriptor accepting would spin; it is tried again after this.
constexpr Duration kRetryAfter = 100ms;

/// While so many bytes have not left for the peer, the kernel takes no more, and it asks for more
/// once half of them have gone. Without it the kernel takes megabytes from whoever has them, and is
/// silent until a third of those have left: a peer that takes 50 KB/s would look as if it took
/// nothing for half a minute, and one that does take nothing would cost those megabytes.
constexpr int kMaxUnsentInKernel = 32'768;

/// Options of a connection, which it begins with.
void prepare(int descriptor) {
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kMaxUnsentInKernel,
               sizeof kMaxUnsentInKernel);
}

[[noreturn]] void fail_listening(int descriptor, const Endpoint& endpoint) {
  const int error = errno;
  if (descriptor >= 0) ::close(descriptor);
  throw std::system_error{error, std::generic_category(),
                          "can't listen on " + endpoint.to_string()};
}

int listening_socket(const Endpoint& endpoint) {
  const int family = endpoint.address.is_v4() ? AF_INET : AF_INET6;
  const int descriptor = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) fail_listening(descriptor, endpoint);
  const int on = 1;
  // [::] means every address of both families; a specific address means itself.
  const int v6_only = endpoint.address.is_unspecified() ? 0 : 1;
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (family == AF_INET6) {
    ::setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only);
  }
  const SocketAddress address = to_socket_address(endpoint);
  if (::bind(descriptor, address.data(), address.size) != 0 ||
      ::listen(descriptor, SOMAXCONN) != 0) {
    fail_listening(descriptor, endpoint);
  }
  return descriptor;
}

Endpoint local_endpoint(int descriptor) {
  SocketAddress address;
  ::getsockname(descriptor, address.data(), &address.size);
  return to_endpoint(address);
}

}  // namespace

Listener::Listener(EventLoop& loop, const Endpoint& endpoint, std::function<void(int)> accepted,
                   std::function<void()> out_of_descriptors)
    : watch_{loop, listening_socket(endpoint), [this](Ready) { accept(); }},
      endpoint_{endpoint.address, local_endpoint(watch_.descriptor()).port},
      accepted_{std::move(accepted)},
      out_of_descriptors_{std::move(out_of_descriptors)},
      loop_{loop},
      retry_{loop, [this] { wait(); }} {
  wait();
  if (!watch_.is_watched()) fail_listening(-1, endpoint_);  // epoll's bounds
}

void Listener::wait() { watch_.wait(Ready::Read); }

void Listener::accept() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    const int accepted =
        ::accept4(watch_.descriptor(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted >= 0) {
      prepare(accepted);
      accepted_(accepted);
      continue;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      out_of_descriptors_();
      return retry_.set(loop_.now() + kRetryAfter);
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) break;
  }
  wait();
}

}  // namespace duet::net
