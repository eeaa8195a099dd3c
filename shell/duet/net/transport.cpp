// SPDX-License-Identifier: MIT
// One TCP connection, plain or TLS, read and written without waiting.
#include <duet/base/address.hpp>
#include <duet/base/check.hpp>
#include <duet/net/transport.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace duet::net {
namespace {

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

IoResult plain_result(ssize_t returned) {
  if (returned > 0) {
    return {.status = IoResult::Status::Done, .bytes = static_cast<std::size_t>(returned)};
  }
  if (returned == 0) return {.status = IoResult::Status::Ended};
  if (would_block()) return {};
  return {.status = IoResult::Status::Closed};
}

int tls_size(std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, INT_MAX)); }

}  // namespace

void Transport::SslFree::operator()(SSL* ssl) const { SSL_free(ssl); }

Transport::Transport(int descriptor) : descriptor_{descriptor} {}

Transport::~Transport() = default;
Transport::Transport(Transport&&) noexcept = default;

std::optional<std::byte> Transport::peek(bool& closed) {
  std::byte first{};
  if (ssl_) {
    ERR_clear_error();
    const int returned = SSL_peek(ssl_.get(), &first, 1);
    if (returned > 0) return first;
    closed = tls_result(returned).status != IoResult::Status::WouldBlock;
    return std::nullopt;
  }
  const ssize_t returned = ::recv(descriptor_, &first, 1, MSG_PEEK);
  if (returned > 0) return first;
  closed = returned == 0 || !would_block();
  return std::nullopt;
}

void Transport::start_tls(SSL_CTX& context) {
  ssl_.reset(SSL_new(&context));
  DUET_CHECK(ssl_ != nullptr);
  DUET_CHECK(SSL_set_fd(ssl_.get(), descriptor_) == 1);
  SSL_set_accept_state(ssl_.get());
}

void Transport::start_tls(SSL_CTX& context, const std::string& host) {
  start_tls(context);
  SSL_set_connect_state(ssl_.get());
  if (IpAddress::parse(host)) {  // no SNI for addresses (RFC 6066 §3)
    DUET_CHECK(X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), host.c_str()) == 1);
  } else {
    DUET_CHECK(SSL_set1_host(ssl_.get(), host.c_str()) == 1);
    SSL_set_tlsext_host_name(ssl_.get(), host.c_str());
  }
}

std::string Transport::distrust() const {
  const long result = SSL_get_verify_result(ssl_.get());
  return result == X509_V_OK ? std::string{} : X509_verify_cert_error_string(result);
}

bool Transport::misses_pin() const {  // as tls/client_context.cpp says it
  return SSL_get_verify_result(ssl_.get()) == X509_V_ERR_CERT_REJECTED;
}

IoResult Transport::handshake() {
  ERR_clear_error();
  const int returned = SSL_do_handshake(ssl_.get());
  if (returned == 1) return {.status = IoResult::Status::Done};
  return tls_result(returned);
}

IoResult Transport::read(std::span<std::byte> into) {
  if (!ssl_) return plain_result(::recv(descriptor_, into.data(), into.size(), 0));
  ERR_clear_error();
  return tls_result(SSL_read(ssl_.get(), into.data(), tls_size(into.size())));
}

IoResult Transport::write(std::span<const std::byte> bytes) {
  if (!ssl_) return plain_result(::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
  ERR_clear_error();
  return tls_result(SSL_write(ssl_.get(), bytes.data(), tls_size(bytes.size())));
}

Transport::Progress Transport::progress() const {
  tcp_info info{};
  socklen_t size = sizeof info;
  ::getsockopt(descriptor_, IPPROTO_TCP, TCP_INFO, &info, &size);
  constexpr std::uint8_t kLostProbes = 2;  // the one on its way, and one that the line lost
  return {.taken = info.tcpi_bytes_acked + info.tcpi_delivered,
          .is_answered = info.tcpi_retransmits == 0 && info.tcpi_probes <= kLostProbes};
}

void Transport::finish() {
  if (ssl_ && SSL_is_init_finished(ssl_.get()) != 0) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
  }
  ::shutdown(descriptor_, SHUT_WR);
}

IoResult Transport::tls_result(int returned) {
  if (returned > 0) {
    return {.status = IoResult::Status::Done, .bytes = static_cast<std::size_t>(returned)};
  }
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
      return {};
    case SSL_ERROR_WANT_WRITE:
      return {.wants_write = true};
    case SSL_ERROR_ZERO_RETURN:
      return {.status = IoResult::Status::Ended};
    default:  // ended by an alert, by a bare FIN as browsers do, or broken
      return {.status = IoResult::Status::Closed};
  }
}

}  // namespace duet::net
