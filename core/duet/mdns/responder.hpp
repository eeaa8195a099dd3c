// SPDX-License-Identifier: MIT
// Answers for names of our own.
#pragma once

#include <duet/base/time.hpp>
#include <duet/mdns/message.hpp>

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duet::mdns {

/// A link, and the family whose group a message came from. Interface 0 is all of them.
struct Link {
  unsigned interface = 0;
  IpAddress::Family family = IpAddress::Family::V4;

  friend bool operator==(const Link&, const Link&) = default;
};

/// A message to send.
struct Transmit {
  std::vector<std::byte> bytes;
  Link link;
  std::optional<Endpoint> to;  // nothing: to the group
};

/// RFC 6762 §6 for names that were made at random and are nobody else's: there is no probing
/// (draft-ietf-mmusic-mdns-ice-candidates-03 §3.1.1).
///
/// Departs from that draft: names are not announced. Within a second of an announcement nothing may
/// be answered by multicast (RFC 6762 §6), and just then the peer asks.
class Responder {
 public:
  static constexpr std::uint32_t kTtl = 120;       // s, of host names (RFC 6762 §10)
  static constexpr std::uint32_t kLegacyTtl = 10;  // s (RFC 6762 §6.7)
  /// RFC 6762 §6: between two multicasts of one record on one link.
  static constexpr Duration kGap = 1s;
  /// Ours: those of many connections, each with some addresses.
  static constexpr std::size_t kMaxNames = 4096;
  /// Messages that wait to be polled; what would be more is not answered.
  static constexpr std::size_t kMaxTransmits = 64;
  /// Links whose last multicast is remembered, for each name; the one unused for longest is
  /// forgotten.
  static constexpr std::size_t kMaxLinks = 16;

  /// @return false for what is no name, and beyond kMaxNames
  bool add(std::string_view name, const IpAddress& address);
  /// Takes it back from whoever was told (RFC 6762 §10.1).
  void remove(std::string_view name);
  std::optional<IpAddress> find(std::string_view name) const;

  /// A query that came in on a link.
  /// @param from  port 5353, or of a program that asks once and knows nothing of multicast
  void handle_query(Instant now, const Message& query, const Endpoint& from, const Link& link);
  void handle_timeout(Instant now);
  std::optional<Instant> next_timeout() const;
  std::optional<Transmit> poll_transmit();

 private:
  struct Told {
    Link link;
    Instant at;
    bool is_asked_again = false;  // since then; the answer waits until kGap is over
  };

  struct Name {
    IpAddress address;
    std::vector<Told> told;
  };

  void answer_once(const Message& query, const Endpoint& from, const Link& link);
  void multicast(const std::string& name, const Name& entry, const Link& link);
  void transmit(Transmit message);

  std::map<std::string, Name, std::less<>> names_;
  std::deque<Transmit> transmits_;
};

}  // namespace duet::mdns
