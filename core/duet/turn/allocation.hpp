// SPDX-License-Identifier: MIT
// What a TURN server keeps of one client.
#pragma once

#include <duet/base/time.hpp>
#include <duet/stun/credential.hpp>
#include <duet/stun/error_code.hpp>
#include <duet/stun/message.hpp>
#include <duet/turn/bounds.hpp>
#include <duet/turn/counters.hpp>
#include <duet/turn/path.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace duet::turn {

/// Peers that may send through an allocation, by address alone (RFC 8656 §9).
class Permissions {
 public:
  bool has(Instant now, const IpAddress& peer) const;

  /// Installs or refreshes; false if there is no room.
  bool install(Instant now, const IpAddress& peer);

  /// Whether `count` more would find room.
  bool has_room(Instant now, std::size_t count);

  /// Of a family whose relayed address was given back.
  void remove(IpAddress::Family family);

  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    IpAddress peer;
    Instant expiry;
  };

  void purge(Instant now);

  std::vector<Entry> entries_;  // sorted by peer
};

/// A number that stands for a peer (RFC 8656 §12).
struct Channel {
  std::uint16_t number = 0;
  Endpoint peer;
  Instant expiry;
  RelayId
      relay;  // the peer, where it is a relayed address of this server; looked up anew when gone
};

class Channels {
 public:
  enum class Bound : std::uint8_t { Yes, Conflict, Full };

  /// The channel of this number; null if it isn't bound.
  Channel* find(Instant now, std::uint16_t number);
  /// The channel of this peer; null if it has none.
  const Channel* find(Instant now, const Endpoint& peer) const;

  /// Whether bind() would do it (RFC 8656 §12.2: neither number nor peer may be bound otherwise).
  Bound check(Instant now, std::uint16_t number, const Endpoint& peer);
  /// Binds or refreshes, after check() said Yes.
  void bind(Instant now, std::uint16_t number, const Endpoint& peer);

  /// Of a family whose relayed address was given back.
  void remove(IpAddress::Family family);

  std::size_t size() const { return entries_.size(); }

 private:
  std::vector<Channel> entries_;  // sorted by number
};

/// One client's relayed addresses and who may use them (RFC 8656 §2.2).
struct Allocation {
  Path path;
  std::string username;
  stun::LongTermKey key;
  stun::PasswordAlgorithm algorithm = stun::PasswordAlgorithm::Md5;
  Instant made;
  Instant expiry;
  std::uint64_t user = 0;           // hash of whom the quota counts
  IpAddress source;                 // whom the quota of sources counts
  std::array<RelayId, 2> relays{};  // IPv4, IPv6
  RelayId reserved;                 // the next port, kept for the bearer of `token`
  std::uint64_t token = 0;          // RFC 8656 §18.10
  Permissions permissions;
  Channels channels;
  Totals totals;

  // What the answer to Allocate says, for as long as it may have to be said again.
  stun::TransactionId allocate_id{};
  std::optional<stun::ErrorCode> additional_error;  // ADDRESS-ERROR-CODE (RFC 8656 §18.12)
  std::uint32_t mobility_serial = 0;                // of the ticket given out last
  std::uint8_t opening = 0;                         // relay sockets that the shell is opening
  std::uint8_t attempts = 0;                        // ports that were taken
  bool mobile = false;                              // has a ticket (RFC 8016)
  bool connected = true;                            // a mobile client's stream may be gone
  bool wants_v4 = false;                            // which relayed addresses were asked for
  bool wants_v6 = false;
  bool wants_even = false;
  bool wants_reservation = false;
  bool announced = false;  // answered: AllocationMade was said
  bool answer_sha256 = false;
  bool answer_fingerprint = false;
};

}  // namespace duet::turn
