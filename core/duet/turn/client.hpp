// SPDX-License-Identifier: MIT
// A TURN client as one machine, without a socket: one allocation from its first request to its end.
#pragma once

#include <duet/base/address.hpp>
#include <duet/base/random.hpp>
#include <duet/base/time.hpp>
#include <duet/stun/transaction.hpp>
#include <duet/turn/bounds.hpp>
#include <duet/turn/indication.hpp>
#include <duet/turn/login.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace duet::turn {

/// What is asked of the server beyond a relayed address (RFC 8656 §7.1).
struct ClientOptions {
  enum class Families : std::uint8_t { Default, V4, V6, Both };
  enum class Port : std::uint8_t { Any, Even, EvenAndNext };
  using Token = std::array<std::byte, 8>;

  Families families = Families::Default;
  Port port = Port::Any;
  std::optional<Token> reservation_token;  // from another allocation; not with families or port
  std::optional<std::chrono::seconds> lifetime;
  bool dont_fragment = false;  // given up by itself where the server doesn't know it
  bool mobility = false;       // RFC 8016
};

/// There is an allocation.
struct Allocated {
  std::optional<Endpoint> relayed_v4;
  std::optional<Endpoint> relayed_v6;
  Endpoint mapped;                                // we, as the server sees us
  std::optional<ClientOptions::Token> next_port;  // for who may claim it
  std::optional<stun::ErrorCode> lacking;         // why one of both families is not there
};

/// Packets of this address are let through, and kept being let through until forget().
struct Permitted {
  IpAddress peer;
};

/// They are not, or not any more.
struct PermissionRefused {
  IpAddress peer;
  std::optional<stun::ErrorCode> code;  // nothing: no answer
};

/// The peer has a channel and a permission. send() uses it.
struct ChannelBound {
  Endpoint peer;
  std::uint16_t number = 0;
};

/// It has none; its permission is asked for alone. What goes to it goes in indications.
struct ChannelRefused {
  Endpoint peer;
  std::optional<stun::ErrorCode> code;
};

/// The allocation came along to the other path.
struct Moved {};

/// The last event: nothing comes after it.
struct ClientEnded {
  enum class Why : std::uint8_t {
    Released,     ///< by release()
    Refused,      ///< the server said `code`
    TimedOut,     ///< no answer
    Unprotected,  ///< answers came that the server can't have signed
    BidDown,      ///< somebody in between offers less than the server does
    Malformed,    ///< answers that make no sense, or addresses of a family not asked for
    Lost,         ///< the server knows nothing of the allocation any more, or its time ran out
  };

  /// What may be tried next (RFC 8656 §7.4).
  enum class Next : std::uint8_t {
    Nothing,         ///< not with this server before something was changed
    AnotherPort,     ///< 437: from another port; after three of them, kMismatchPause
    AnotherCarrier,  ///< no answer: TCP instead of UDP, TLS instead of TCP
    Wait,            ///< 486, 508: after kQuotaPause
    Alternate,       ///< 300: at `alternate`, if it isn't where we came from (RFC 8489 §10)
    Again,           ///< a new allocation
  };

  Why why = Why::Released;
  Next next = Next::Nothing;
  std::optional<stun::ErrorCode> code;
  std::optional<Endpoint> alternate;
  std::string alternate_domain;  // whom its certificate must name
};

using ClientEvent = std::variant<Allocated, Permitted, PermissionRefused, ChannelBound,
                                 ChannelRefused, Moved, ClientEnded>;

/// The client of RFC 8656. Everything goes to and comes from one server over one path; who owns the
/// socket gives each datagram, or each frame of a stream (stun::next_frame()), to handle_server().
///
/// Between client and server nothing is sent only to keep a NAT's mind fresh: ICE, which sends
/// something through every relay it uses each 15 s, does that by the way (RFC 8445 §11).
class Client {
 public:
  using Carrier = stun::Transaction::Carrier;

  static constexpr Duration kQuotaPause = 60s;      // RFC 8656 §7.4, for 486 and 508
  static constexpr Duration kMismatchPause = 120s;  // RFC 8656 §7.4, for 437

  /// Asks for the allocation at once.
  /// @param credential  without a name, of a server that asks for none
  Client(Instant now, Random& random, Carrier carrier, Credential credential,
         ClientOptions options = {});
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// A packet to the server: `head`, `payload` and `padding` zero bytes.
  struct Outgoing {
    std::uint8_t padding = 0;  // 0 to 3
    std::uint8_t head_size = 0;
    std::array<std::byte, kMaxIndicationHead> head{};  // the first head_size count
    std::span<const std::byte> payload;                // as given to send()

    std::span<const std::byte> head_view() const { return std::span{head}.first(head_size); }

    std::size_t size() const { return head_size + payload.size() + padding; }
  };

  /// What carries `payload` to a peer: ChannelData if it has a channel, else a Send indication.
  /// Nothing without allocation or permission, or if no message could carry as much. Copies and
  /// allocates nothing, and queues nothing: hence no poll.
  /// @param dont_fragment  asks the server to set DF, if it said it can; goes in an indication
  std::optional<Outgoing> send(Instant now, const Endpoint& peer,
                               std::span<const std::byte> payload, bool dont_fragment = false);

  /// What a peer sent, or what the network said of a packet to it. Views the packet it came in.
  struct Received {
    Endpoint peer;
    std::span<const std::byte> payload;
    std::optional<Icmp> icmp;  // then there is no payload
  };

  /// One packet from the server. Gives what it brings from a peer: of peers without permission, and
  /// of channels that aren't bound, nothing.
  std::optional<Received> handle_server(Instant now, std::span<const std::byte> bytes);

  /// Wants packets from and to this address. False if there are kMaxPermissions, or it is over.
  bool permit(Instant now, const IpAddress& peer);

  /// Wants a channel, and the permission with it. False if no channel or permission is left, or it
  /// is over. A number is never given to a second peer (RFC 8656 §12: they would have to wait).
  bool bind(Instant now, const Endpoint& peer);

  /// Lets permission and channels of this address end: they are not asked for again.
  void forget(const IpAddress& peer);

  /// Other ones than before, since those end soon. An allocation stays with the name that made it
  /// (RFC 8656 §5); the new one is shown to a server that doesn't take the old one any more.
  void set_credential(Instant now, Credential credential);

  /// From now on packets go another way to the same server: the device changed networks, or the
  /// stream broke. A mobile allocation comes along, any other is lost.
  void change_path(Instant now, Carrier carrier);

  /// Gives the allocation back.
  void release(Instant now);

  void handle_timeout(Instant now);
  std::optional<Instant> next_timeout() const;

  /// Bytes of a request to send now, or nothing. Valid until the next non-const call.
  std::optional<std::span<const std::byte>> poll_transmit();

  std::optional<ClientEvent> poll_event();

  bool has_allocation() const { return phase_ == Phase::Allocated || phase_ == Phase::Moving; }

 private:
  enum class Phase : std::uint8_t { Allocating, Allocated, Moving, Releasing, Ended };
  enum class Purpose : std::uint8_t { Allocate, Refresh, Move, Release, Permit, Bind };

  struct Request {
    Purpose purpose = Purpose::Allocate;
    Endpoint peer;  // of Permit only the address
    stun::Transaction transaction;
    Login::Signature signature;
    int tries = 1;           // this one and those that were challenged
    bool is_forged = false;  // answers without right integrity came
  };

  struct Permission {
    IpAddress peer;
    std::optional<Instant> due;     // when to ask; nothing while asked, or while a channel does it
    std::optional<Instant> expiry;  // nothing: not granted yet
  };

  struct Channel {
    std::uint16_t number = 0;
    Endpoint peer;
    std::optional<Instant> due;
    std::optional<Instant> expiry;  // nothing: not bound
    std::optional<Instant> asked;   // when the server may last have bound it
    bool is_wanted = true;
  };

  // client.cpp
  void run_due(Instant now);
  Permission* find_permission(const IpAddress& peer);
  Permission* add_permission(const IpAddress& peer);
  Channel* find_channel(const Endpoint& peer);
  bool has_channel(const IpAddress& peer) const;
  bool make_room_for_channel(Instant now);
  bool is_permitted(Instant now, const IpAddress& peer) const;
  std::optional<Received> handle_indication(const stun::Message& message) const;
  std::optional<Received> handle_channel_data(Instant now, std::span<const std::byte> bytes) const;
  void give_back(Instant now, ClientEnded farewell);
  void end(ClientEnded ended);

  bool is_over() const { return phase_ == Phase::Releasing || phase_ == Phase::Ended; }

  // client_requests.cpp
  void ask(Instant now, Purpose purpose, const Endpoint& peer = {}, int tries = 1);
  void write_allocate(stun::Writer& writer) const;
  void handle_answer(Instant now, const stun::Message& answer);
  void handle_success(Instant now, const Request& request, const stun::Message& answer);
  void handle_allocated(Instant now, const stun::Message& answer);
  void handle_refreshed(Instant now, const Request& request, const stun::Message& answer);
  void handle_challenge(Instant now, const Request& request, const stun::Message& answer,
                        stun::ErrorCode code);
  void handle_failure(Instant now, const Request& request, ClientEnded failure);
  void refuse_permission(Instant now, const Request& request, const ClientEnded& failure);
  void refuse_channel(Instant now, const Request& request, const ClientEnded& failure);
  void set_lifetime(Instant now, const stun::Message& answer);
  void learn_ticket(const stun::Message& answer);

  Random& random_;
  Carrier carrier_;
  Login login_;
  ClientOptions options_;
  Phase phase_ = Phase::Allocating;
  bool is_release_wanted_ = false;  // since before there was an allocation
  bool is_on_new_path_ = false;     // and the server doesn't know
  ClientEnded farewell_;            // what to say when the allocation was given back
  std::optional<Instant> refresh_at_;
  Instant expiry_;
  std::vector<std::byte> ticket_;

  // At most one request for each permission and channel, and two of the allocation's.
  std::vector<Request> requests_;
  std::vector<Permission> permissions_;
  std::vector<Channel> channels_;
  std::uint16_t next_number_;
  stun::TransactionId indication_id_{};
  std::deque<ClientEvent> events_;
};

}  // namespace duet::turn
