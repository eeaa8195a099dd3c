// SPDX-License-Identifier: MIT
// One TCP connection that we open, plain or TLS, or that was opened to us between equals.
#pragma once

#include <duet/base/address.hpp>
#include <duet/net/event_loop.hpp>
#include <duet/net/send_queue.hpp>
#include <duet/net/transport.hpp>
#include <duet/net/watch.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace duet::net {

/// Connects at once. What it has to say comes from the loop, never from within a call, and each
/// callback may destroy the stream.
class OutgoingStream {
 public:
  /// A peer that acknowledges nothing for so long is gone, with something to acknowledge or without
  /// (TCP_USER_TIMEOUT; RFC 5482 has it as an option). The end is Lost.
  static constexpr Duration kUnacknowledged = 14s;

  struct Tls {
    std::shared_ptr<SSL_CTX> context;
    std::string host;  ///< a name or an address, which the certificate must be for
  };

  /// Why a stream is over.
  struct End {
    enum class Why : std::uint8_t {
      NoSuchName,    ///< no address of the name was found
      NotConnected,  ///< refused, no route, no descriptor
      NotTrusted,    ///< the certificate is none that we believe
      NotPinned,     ///< it is another than the one whose fingerprint was given
      NoTls,         ///< the handshake failed otherwise
      Ended,         ///< the peer has nothing more to say
      Lost
    };

    Why why = Why::Lost;
    std::string detail;  ///< as the system or OpenSSL says it, in English; may be empty
  };

  struct Handler {
    std::function<void()> opened;
    std::function<void(std::span<std::byte>)> received;  ///< valid during the call
    std::function<void(End)> ended;                      ///< the last call
  };

  /// @param from  the address to connect from; nothing for whichever the system takes
  OutgoingStream(EventLoop& loop, const Endpoint& to, std::optional<Tls> tls, Handler handler,
                 std::optional<IpAddress> from = std::nullopt);
  /// One that a Listener has accepted: open, and never told to be.
  OutgoingStream(EventLoop& loop, int descriptor, Handler handler);
  ~OutgoingStream();
  OutgoingStream(const OutgoingStream&) = delete;
  OutgoingStream& operator=(const OutgoingStream&) = delete;

  /// Queues bytes; before it is open too.
  void send(std::string_view bytes);

  std::size_t unsent() const { return out_.size(); }

  /// Our end of it; port 0 before it is open.
  Endpoint local() const;

  /// Our end's address is none of this machine's any more: nothing will arrive, though nothing says
  /// so.
  bool is_stranded() const;

 private:
  enum class Stage : std::uint8_t { Connecting, Handshaking, Open, Over };

  void handle_ready(Ready ready);
  void handle_connected();
  void handshake();
  void open();
  void read();
  void tell(std::span<std::byte> bytes);
  void write();
  void end(End::Why why, std::string detail);

  EventLoop& loop_;
  Handler handler_;
  std::optional<Tls> tls_;
  Stage stage_ = Stage::Connecting;
  SendQueue out_;
  std::unique_ptr<Watch> watch_;
  std::optional<Transport> transport_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace duet::net
