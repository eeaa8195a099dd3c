// SPDX-License-Identifier: MIT
// DTLS-SRTP with one peer: who it is, the keys for media, and messages for SCTP.
#pragma once

#include <duet/base/result.hpp>
#include <duet/base/time.hpp>
#include <duet/dtls/fingerprint.hpp>
#include <duet/dtls/identity.hpp>
#include <duet/dtls/role.hpp>
#include <duet/srtp/master_key.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace duet::dtls {

struct Config {
  std::shared_ptr<const Identity> identity;
  /// Left open while an answer is awaited: set_role() says it then.
  std::optional<Role> role;
  /// Left empty while an answer is awaited: nothing is believed before set_remote_fingerprints().
  std::vector<Fingerprint> remote_fingerprints;
  /// In order of preference; none for an association without media.
  std::vector<srtp::Profile> srtp_profiles = {
      srtp::Profile::AeadAes128Gcm, srtp::Profile::AeadAes256Gcm, srtp::Profile::Aes128CmSha1};
  /// As ICE has measured it; kUnknownRoundTrip without.
  std::optional<Duration> round_trip;
  /// Bytes of UDP payload that a datagram of the handshake may have, 256 to 16384.
  std::size_t mtu = 1200;
  /// Bytes of data in one record, 512 to 16384: whoever sends knows what the path carries. OpenSSL
  /// has a write buffer of so many; 2048 is more than a datagram on the way to a browser holds.
  std::size_t max_data = 2048;
  /// From the moment the role is known until the peer is believed.
  Duration handshake_limit = 30s;
};

/// The peer is who its description says. Comes once, before any data.
struct Connected {
  std::optional<srtp::MasterKeys> keys;  ///< nothing where no profile suits both
};

/// The end, and not one that anybody asked for.
struct Failed {
  enum class Why : std::uint8_t {
    WrongCertificate,  ///< not one that the fingerprints name
    TimedOut,          ///< no handshake within the limit
    Refused,           ///< the peer's alert, protected by the handshake
    BadHandshake,      ///< what the peer said breaks TLS, or nothing suits both
  };
  Why why{};
  /// The peer's (RFC 5246 §7.2). With TimedOut one in the clear, which anybody can have sent.
  std::optional<std::uint8_t> alert;
  std::string words;  ///< OpenSSL's, for the log
};

/// The peer has closed.
struct Closed {};

using Event = std::variant<Connected, Failed, Closed>;

/// Why send() sent nothing.
enum class SendError : std::uint8_t {
  NotConnected,
  TooLarge,  ///< data over Transport::max_data(), or empty
  NoRoom,    ///< the buffer is not data + kMaxOverhead long
};

/// What was dropped: a datagram or record each.
struct Counters {
  std::uint64_t malformed = 0;        ///< no record of DTLS 1.2
  std::uint64_t unprotected = 0;      ///< data or an alert in the clear, anything in it afterwards
  std::uint64_t unexpected = 0;       ///< in a handshake, what the peer can't have sent
  std::uint64_t early_overflow = 0;   ///< more than kMaxEarly before it could be judged
  std::uint64_t unread_overflow = 0;  ///< more than kMaxUnread that nobody polled
};

/// One DTLS 1.2 association (RFC 6347, RFC 5764, RFC 8827 §6.5), from the first ClientHello to
/// close_notify.
///
/// Everything before Connected may come from anybody who can send to this path, so:
/// - data and alerts in the clear are dropped. A forged alert ends no handshake, at the price that
///   an honest one of the peer's is noticed only when the limit passes;
/// - messages of the handshake that the other end never sends, and fragments that lie, are dropped;
/// - what is early is kept within a bound: a ClientHello before the role is known, data that
///   overtakes the handshake or comes before the fingerprints;
/// - a message that could be the next one, and is not the peer's, does end the handshake: OpenSSL
///   takes none back, and a peer that has answered once takes no other ClientHello. Who forges one
///   knows the addresses that ICE chose, and is faster than the peer.
///
/// OpenSSL times retransmissions by the system's clock (test/sim/virtual_clock.hpp for tests). Its
/// timer is armed and fired by `now` and next_timeout() as everywhere; should the system's clock be
/// set back during a handshake, retransmission waits until it has caught up, or the limit passes.
class Transport {
 public:
  /// Bytes that a record adds to its data: RFC 6347 §4.1 and RFC 5288 §3, 13 + 8 + 16.
  static constexpr std::size_t kMaxOverhead = 37;
  /// What is taken for the round trip where nobody has measured it.
  static constexpr Duration kUnknownRoundTrip = 100ms;
  /// Early datagrams, and bytes of all of them: a flight of a client with a large certificate, and
  /// the first data of SCTP.
  static constexpr std::size_t kMaxEarly = 8;
  static constexpr std::size_t kMaxEarlySize = 8192;
  /// Protected records of the handshake that may come before it is done, and the size of one: a
  /// Finished has 48 bytes, an alert 26. OpenSSL would keep 100 of 16 KB each.
  static constexpr std::size_t kMaxProtectedEarly = 32;
  static constexpr std::size_t kMaxProtectedEarlySize = 128;
  /// Bytes of data that wait for poll_data(): a burst that came in one batch of datagrams.
  static constexpr std::size_t kMaxUnread = 65536;

  Transport(Instant now, Config config);
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  ~Transport();

  /// Says who begins, once a path is there. Later calls change nothing.
  void set_role(Instant now, Role role);

  /// Says which certificates are the peer's. An association whose peer has shown another one fails,
  /// connected or not. An empty list is none at all and changes nothing.
  void set_remote_fingerprints(Instant now, std::vector<Fingerprint> fingerprints);

  /// For flights that begin from now on.
  void set_round_trip(Duration round_trip);

  /// @param datagram  what begins with 20 to 63 on the path (RFC 7983 §7)
  void handle_datagram(Instant now, std::span<const std::byte> datagram);
  void handle_timeout(Instant now);

  /// Nothing in an association that is connected and idle for a second.
  std::optional<Instant> next_timeout() const;

  /// The next datagram of the handshake or its end, at most `mtu` bytes. Valid until the next
  /// non-const call.
  std::optional<std::span<const std::byte>> poll_transmit();

  std::optional<Event> poll_event();

  /// The data of one record, believed. Valid until the next non-const call other than this one.
  std::optional<std::span<const std::byte>> poll_data();

  /// Protects `data` as one record, a datagram of its own, in the caller's memory. Allocates
  /// nothing.
  ///
  /// @return bytes of `out`
  Result<std::size_t, SendError> send(std::span<const std::byte> data, std::span<std::byte> out);

  /// Ends the association, with a close_notify for the peer if there is one. No event follows.
  void close();

  std::size_t max_data() const;

  bool is_connected() const;

  std::optional<Role> role() const;

  /// The peer's certificate in DER, once it has shown one; believed only when connected.
  std::vector<std::byte> remote_certificate() const;

  /// IANA's name of the cipher suite; empty before Connected.
  std::string cipher() const;

  const Counters& counters() const;

 private:
  class Machine;
  std::unique_ptr<Machine> machine_;
};

}  // namespace duet::dtls
