// SPDX-License-Identifier: MIT
// What all connections of one event loop share.
#pragma once

#include <duet/base/random.hpp>
#include <duet/dtls/identity.hpp>
#include <duet/net/event_loop.hpp>
#include <duet/net/udp_receiver.hpp>
#include <duet/net/udp_sender.hpp>
#include <duet/rtc/local_addresses.hpp>
#include <duet/rtc/mdns_host.hpp>
#include <duet/rtp/types.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace duet::rtc {

/// Lives on the loop's thread, and longer than its connections. Idle connections hold no packet
/// memory of their own: it is here, once.
class Runtime {
 public:
  /// @param random  outlives this
  Runtime(net::EventLoop& loop, Random& random);

  net::EventLoop& loop() { return loop_; }

  Random& random() { return random_; }

  /// The certificate of connections that bring none: made with the first of them.
  std::shared_ptr<const dtls::Identity> identity();

  /// Whom relays over TLS must be certified by where a connection doesn't say: the system's
  /// authorities. Made with the first such relay.
  std::shared_ptr<ssl_ctx_st> tls();

  rtp::NtpClock clock() const { return clock_; }

  AddressWatch& addresses() { return addresses_; }

  /// Names on the local link; its sockets are there while somebody has or wants one.
  MdnsHost& mdns() { return mdns_; }

  net::UdpReceiver& receiver() { return receiver_; }

  net::UdpSender& sender() { return sender_; }

  /// Memory for packets until the next flush; at least `size` bytes, or empty: flush first.
  std::span<std::byte> reserve(std::size_t size);

  /// The first `size` bytes of what was reserved last are a packet's.
  void keep(std::size_t size) { used_ += size; }

  /// Sends what was given to sender(), and takes the memory back.
  void flush();

 private:
  /// Two of the kernel's largest messages of joined datagrams.
  static constexpr std::size_t kMemory = 131'072;

  net::EventLoop& loop_;
  Random& random_;
  rtp::NtpClock clock_;
  AddressWatch addresses_;
  MdnsHost mdns_;
  std::shared_ptr<const dtls::Identity> identity_;
  std::shared_ptr<ssl_ctx_st> tls_;
  net::UdpReceiver receiver_;
  net::UdpSender sender_;
  std::vector<std::byte> memory_;
  std::size_t used_ = 0;
};

}  // namespace duet::rtc
