// SPDX-License-Identifier: MIT
// A STUN and TURN server as one machine, without sockets.
#pragma once

#include <duet/base/hash.hpp>
#include <duet/base/random.hpp>
#include <duet/base/slot_map.hpp>
#include <duet/base/timer_queue.hpp>
#include <duet/stun/binding.hpp>
#include <duet/stun/writer.hpp>
#include <duet/turn/allocation.hpp>
#include <duet/turn/channel_data.hpp>
#include <duet/turn/counters.hpp>
#include <duet/turn/credentials.hpp>
#include <duet/turn/indication.hpp>
#include <duet/turn/nonce.hpp>
#include <duet/turn/path.hpp>
#include <duet/turn/peer_policy.hpp>
#include <duet/turn/source_limit.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace duet::turn {

/// What protects the server from too many. The bounds inside one allocation are not among them.
struct Limits {
  // Answers to who shows no credential: a household behind one address makes a few a second, and
  // 100 small answers a second are worth nothing to who would flood somebody else with them.
  double unauthenticated_per_second = 100;  // per source; 0 for no limit
  double unauthenticated_burst = 400;
  // Guesses of passwords. Timestamps that ran out count here too.
  double failures_per_second = 5;  // per source; 0 for no limit
  double failures_burst = 50;
  // A browser makes one allocation for each of its interfaces and each of our transports, twice
  // while it restarts ICE.
  std::size_t allocations_per_user = 64;
  std::size_t allocations_per_source = 512;
  std::size_t allocations = 20000;

  /// `--limits off`.
  static Limits none() {
    constexpr std::size_t kAny = SIZE_MAX;
    return {0, 0, 0, 0, kAny, kAny, kAny};
  }
};

/// The ports of real relay sockets.
struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;
};

struct Config {
  std::string realm = "duet";
  std::vector<Credential> users;
  std::vector<std::string> secrets;
  std::optional<PortRange> relay_ports;  // nothing: relayed addresses exist in memory only
  std::vector<IpPrefix> allowed_peers;
  Limits limits;
  std::string software;  // said in answers with credentials; empty: not said
  bool mobility = true;
};

/// A packet to send. `head`, `payload` and `padding` zero bytes follow each other on the wire.
struct Transmit {
  enum class To : std::uint8_t { Client, Peer };

  To to = To::Client;
  bool dont_fragment = false;  // to a peer: set DF (RFC 8656 §15)
  std::uint8_t padding = 0;    // 0 to 3
  std::uint8_t head_size = 0;
  std::array<std::byte, 48> head{};    // the first head_size count
  std::span<const std::byte> payload;  // in the input that caused it, or in the server's memory
  Path path;                           // to a client
  RelayId relay;                       // to a peer: the socket to send from
  Endpoint peer;                       // to a peer

  std::span<const std::byte> head_view() const { return std::span{head}.first(head_size); }

  std::size_t size() const { return head_size + payload.size() + padding; }
};

/// Open a UDP socket, and answer with Server::handle_relay_socket().
struct OpenRelaySocket {
  RelayId relay;
  Endpoint local;  // to bind; a wildcard address where none is known
};

/// Close it. Comes for every socket that was opened.
struct CloseRelaySocket {
  RelayId relay;
};

struct AllocationMade {
  AllocationId allocation;
  Transport transport;
};

/// Its client goes on over another path (RFC 8016).
struct AllocationMoved {
  AllocationId allocation;
  Transport from;
  Transport to;
};

struct AllocationEnded {
  enum class Why : std::uint8_t { Refreshed, Expired, ConnectionClosed };
  AllocationId allocation;
  Transport transport;
  Why why;
  Duration age;
  Totals totals;
};

using Event = std::variant<OpenRelaySocket, CloseRelaySocket, AllocationMade, AllocationMoved,
                           AllocationEnded>;

/// The server of RFC 8489 and RFC 8656. Give it every packet, take what it wants sent.
///
/// Addresses given are never IPv4-mapped IPv6: unmap them first (IpAddress::unmapped()).
class Server {
 public:
  /// @param unix_time  the wall clock at Instant{}; time-limited names need it
  Server(Config config, Random& random, std::chrono::sys_seconds unix_time);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// What peers are told an address of this family is, and where sockets of it are bound. Without
  /// it, both are the address that the client's packet arrived at, if that has the family.
  struct RelayAddress {
    IpAddress advertised;
    std::optional<IpAddress> bind;  // nothing: where the client's packet arrived, or any address
  };

  void set_relay_address(const RelayAddress& address);

  /// Addresses that clients' packets may arrive at. Who asks by name for a family that its own
  /// packet did not arrive by is given one of these, where no address of that family was set.
  void set_listened_addresses(std::vector<IpAddress> addresses) {
    listened_ = std::move(addresses);
  }

  void set_own_addresses(std::vector<IpAddress> own) { policy_.set_own_addresses(std::move(own)); }

  void set_unix_time(Instant now, std::chrono::sys_seconds unix_time);

  /// From now on every new allocation is refused, with 508, which speaks of the server where 486
  /// speaks of the user (RFC 8656 §7.2). Those there are go on, move and are refreshed.
  void drain() { draining_ = true; }

  void set_binding_server(stun::BindingServer server) { binding_ = std::move(server); }

  /// One datagram, or one frame of a stream (stun::next_frame()), from a client. `bytes` must stay
  /// where they are until what it caused was sent.
  void handle_client(Instant now, const Path& path, std::span<const std::byte> bytes);

  /// A stream ended, from whichever side. Its allocation goes with it, except a mobile one.
  void handle_stream_closed(Instant now, const Path& path);

  /// One datagram on a relay socket. `bytes` as above.
  void handle_peer(Instant now, RelayId relay, const Endpoint& peer,
                   std::span<const std::byte> bytes);

  /// What the network said of a datagram that a relay socket sent to `peer`.
  void handle_icmp(Instant now, RelayId relay, const Endpoint& peer, const Icmp& said);

  /// The shell opened the socket, or could not, because the port is taken.
  void handle_relay_socket(Instant now, RelayId relay, bool opened);

  void handle_timeout(Instant now);
  std::optional<Instant> next_timeout() const;

  /// Everything to send since the last call, in order. Valid until the next call of anything that
  /// isn't const; many packets can be handled before, so that one sendmmsg() sends their fruits.
  std::span<const Transmit> poll_transmits();

  std::optional<Event> poll_event();

  /// Whether whoever is at the other end of `path` has an allocation.
  bool has_allocation(const Path& path) const { return by_path_.contains(path); }

  const Counters& counters() const { return counters_; }

 private:
  struct Relay {
    Endpoint address;  // as peers see it
    Endpoint bind;
    AllocationId owner;
    Instant reserved_until;  // while it waits for the bearer of its token
    std::uint64_t token = 0;
    std::uint64_t user = 0;  // who may claim it
    bool has_socket = false;
    bool opening = false;
  };

  /// What an authentic request was signed with.
  struct Authentic {
    std::string_view username;
    stun::LongTermKey key;
    stun::PasswordAlgorithm algorithm = stun::PasswordAlgorithm::Md5;
    bool sha256 = false;  // how the answer is signed
  };

  struct Request {
    Instant now;
    const Path& path;
    const stun::Message& message;
    AllocationId id;         // of the path
    Allocation* allocation;  // null if the path has none
    AllocationId moving;     // the one of a ticket that came over another path (RFC 8016)
    std::optional<Authentic> auth;
  };

  static constexpr std::size_t kAnswerSize = 512;  // longer than the longest there is
  /// Longest PADDING that is answered with as much (RFC 5780 §7.6): more than a network's packet
  /// holds, so that it is cut into fragments.
  static constexpr std::size_t kMaxPadding = 2048;
  using AnswerSlot = std::array<std::byte, kAnswerSize>;

  // server.cpp
  void handle_message(Instant now, const Path& path, std::span<const std::byte> bytes);
  void handle_binding(Request& request);
  void handle_request(Request& request);

  void refuse(Reason reason) { ++counters_.refused[static_cast<std::size_t>(reason)]; }

  std::span<std::byte> next_answer();
  stun::Writer begin(stun::MessageType type, const stun::TransactionId& id);
  void send(stun::Writer& writer, const Path& path);
  void send_signed(stun::Writer& writer, const Path& path, std::span<const std::byte> key,
                   bool sha256, bool fingerprint);
  stun::Writer begin_success(const Request& request);
  void send_answer(const Request& request, stun::Writer& writer);
  void send_error(const Request& request, stun::ErrorCode code, Reason reason);
  void send_unknown(const Request& request, const stun::UnknownAttributes& unknown);
  void clear_sent();
  void look_again(Instant now, AllocationId id, const Allocation& allocation);
  void end_allocation(Instant now, AllocationId id, AllocationEnded::Why why);
  void remove_relay(RelayId id);

  // server_auth.cpp
  bool authenticate(Request& request);
  void challenge(const Request& request, stun::ErrorCode code, Reason reason);
  void send_unsigned_error(const Request& request, stun::ErrorCode code, Reason reason);

  // server_allocate.cpp
  struct Wanted {
    bool v4 = false;
    bool v6 = false;
    bool even = false;
    bool reserve = false;
    std::optional<stun::ErrorCode> additional_error;
    std::optional<std::uint64_t> token;
    bool mobile = false;
  };

  void handle_allocate(Request& request);
  std::optional<Wanted> parse_wanted(const Request& request);
  bool within_quota(const Request& request, std::uint64_t user);

  /// The address that peers are told, and the one to bind.
  struct Base {
    IpAddress advertised;
    IpAddress bind;
  };

  /// Without being asked for it by name.
  bool has_by_itself(const Path& path, IpAddress::Family family) const;
  std::optional<Base> relay_base(const Path& path, IpAddress::Family family) const;
  std::optional<IpAddress> listened_beside(const Path& path, IpAddress::Family family) const;
  std::optional<std::uint16_t> pick_port(const IpAddress& address, bool even, bool pair,
                                         std::optional<std::uint16_t> taken);
  RelayId add_relay(AllocationId owner, Allocation& allocation, const Base& base,
                    std::uint16_t port);
  bool make_relays(Instant now, AllocationId id, Allocation& allocation);
  /// @param taken  the port that was to be had before, and wasn't
  bool make_relay(Instant now, AllocationId id, Allocation& allocation, IpAddress::Family family,
                  std::optional<std::uint16_t> taken = std::nullopt);
  bool do_without(Allocation& allocation, IpAddress::Family family);
  void remove_relays(Allocation& allocation);
  bool claim(AllocationId id, Allocation& allocation, std::uint64_t token);
  void send_allocated(Instant now, AllocationId id, Allocation& allocation);
  void fail_allocation(Instant now, AllocationId id, Allocation& allocation);
  /// Names the allocation and is signed, so that nothing but its number is remembered.
  using Ticket = std::array<std::byte, 28>;
  Ticket ticket_of(AllocationId id, std::uint32_t serial) const;
  std::string make_ticket(AllocationId id, std::uint32_t serial) const;
  /// The allocation that a ticket is for, if we made it and it is the last or the one before.
  AllocationId find_ticket(std::string_view text) const;

  // server_requests.cpp
  void handle_refresh(Request& request);
  void move_allocation(Request& request);
  void take_along(const Path& path, AllocationId id, Allocation& allocation);
  Duration lifetime_of(const stun::Message& message) const;
  void handle_create_permission(Request& request);
  void handle_channel_bind(Request& request);
  std::optional<Reason> refusal_of(const Allocation& allocation, const Endpoint& peer,
                                   bool with_port) const;

  // server_relay.cpp
  void handle_send(Request& request);
  void handle_channel_data(Instant now, const Path& path, std::span<const std::byte> bytes);
  void to_peer(Instant now, Allocation& from, const Endpoint& peer, RelayId known,
               std::span<const std::byte> payload, bool dont_fragment);
  bool to_client(Instant now, const Relay& relay, const Endpoint& sender,
                 std::span<const std::byte> payload);
  bool may_send(const IpAddress& peer) const;
  RelayId find_relay(const Endpoint& address) const;
  const Relay* own_relay(const Allocation& allocation, IpAddress::Family family) const;
  bool is_relay_address(const Allocation& allocation, const IpAddress& address) const;

  Config config_;
  Random& random_;
  std::chrono::sys_time<Duration> unix_epoch_;  // wall clock at Instant{}
  Credentials credentials_;
  NonceMaker nonces_;
  PeerPolicy policy_;
  stun::BindingServer binding_;        // for datagrams
  stun::BindingServer plain_binding_;  // for streams
  std::array<std::optional<RelayAddress>, 2> relay_addresses_;
  std::vector<IpAddress> listened_;
  std::array<std::byte, 32> ticket_key_{};
  KeyedHash hash_;
  SourceLimit unauthenticated_;
  SourceLimit failures_;

  SlotMap<AllocationId, Allocation> allocations_;
  SlotMap<RelayId, Relay> relays_;
  std::unordered_map<Path, AllocationId, AddressHash> by_path_;
  std::unordered_map<Endpoint, RelayId, AddressHash> by_relayed_;
  std::unordered_map<IpAddress, std::uint32_t, AddressHash> relayed_ips_;  // relays of each
  std::unordered_map<IpAddress, std::uint32_t, AddressHash> per_source_;
  std::unordered_map<std::uint64_t, std::uint32_t> per_user_;
  std::unordered_map<std::uint64_t, RelayId> reservations_;
  TimerQueue<AllocationId> expiries_;
  TimerQueue<RelayId> reservation_ends_;

  std::vector<Transmit> transmits_;
  std::deque<AnswerSlot> answers_;  // a deque, since transmits point into it
  std::size_t answers_used_ = 0;
  std::deque<std::vector<std::byte>> padded_answers_;
  bool polled_ = false;
  bool draining_ = false;
  std::deque<Event> events_;
  Counters counters_;
  stun::TransactionId indication_id_{};
};

}  // namespace duet::turn
