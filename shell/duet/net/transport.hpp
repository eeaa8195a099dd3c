// SPDX-License-Identifier: MIT
// One TCP connection, plain or TLS, read and written without waiting.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

using SSL = struct ssl_st;
using SSL_CTX = struct ssl_ctx_st;

namespace duet::net {

/// What a read or write came to.
struct IoResult {
  enum class Status : std::uint8_t {
    Done,        ///< `bytes` were moved, at least one
    WouldBlock,  ///< wait for the socket, and ask again
    Ended,       ///< of reads: the peer sends no more (FIN, close_notify), and may still read
    Closed       ///< the connection is lost
  };

  Status status = Status::WouldBlock;
  std::size_t bytes = 0;
  /// Of WouldBlock: the socket must become writable first, also for a read (TLS may have to
  /// answer).
  bool wants_write = false;
};

/// Owns no descriptor: who made it keeps it open as long as this lives, and closes it.
///
/// TLS runs straight on the socket (SSL_set_fd): an idle connection then holds no buffers of ours,
/// where asio's TLS stream holds two of 17 KB.
class Transport {
 public:
  explicit Transport(int descriptor);
  ~Transport();
  Transport(Transport&&) noexcept;

  /// The first byte that waits, which is left where it is; nothing while none came.
  /// @param closed  set if the peer has gone
  std::optional<std::byte> peek(bool& closed);

  /// From here on bytes are TLS. The context may be replaced meanwhile; this keeps its own.
  void start_tls(SSL_CTX& context);
  /// The same from the client's side.
  /// @param host  a name or an address, which the certificate must be for
  void start_tls(SSL_CTX& context, const std::string& host);
  /// Done once the handshake is through.
  IoResult handshake();

  /// Why the peer's certificate was not believed, as OpenSSL says it; empty if it was.
  std::string distrust() const;

  /// Whether that is because it shows no certificate with the pinned fingerprint.
  bool misses_pin() const;

  bool is_tls() const { return ssl_ != nullptr; }

  IoResult read(std::span<std::byte> into);
  IoResult write(std::span<const std::byte> bytes);

  /// What has become of the bytes written.
  struct Progress {
    /// Grows with what the peer's kernel has taken so far, TLS's own bytes with it: those
    /// acknowledged in order, and the segments that arrived behind a lost one (Linux
    /// tcpi_delivered), so that a slow line that also loses counts as well. Answers to probes of a
    /// closed window don't.
    std::uint64_t taken = 0;
    /// Nothing that was sent, nor the last probes of a closed window, waits for an answer so long
    /// that it was sent again.
    bool is_answered = false;
  };

  Progress progress() const;
  /// Tells the peer that no more will come (close_notify, FIN). What it sends may still be read.
  void finish();

 private:
  struct SslFree {
    void operator()(SSL* ssl) const;
  };

  IoResult tls_result(int returned);

  int descriptor_;
  std::unique_ptr<SSL, SslFree> ssl_;
};

}  // namespace duet::net
