// SPDX-License-Identifier: MIT
// Asks the local link for the addresses of names.
#pragma once

#include <duet/base/time.hpp>
#include <duet/mdns/message.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duet::mdns {

/// A name was found, or nobody has it.
struct Resolved {
  std::string name;  // in lower case
  std::optional<IpAddress> address;
};

/// Questions and their repetitions (RFC 6762 §5.2): after one second, two and four.
///
/// Departs from draft-ietf-mmusic-mdns-ice-candidates-03 §3.2.1, which wants answers by unicast:
/// several programs of a machine share the port, and only one of them would get it.
class Querier {
 public:
  /// Names at a time: some connections with as many candidates as a peer may have.
  static constexpr std::size_t kMaxNames = 256;
  /// In one message, so that it fits a packet of any link.
  static constexpr std::size_t kNamesInMessage = 12;
  /// Longer than a name, which a peer may choose, has to be.
  static constexpr std::size_t kMaxName = 128;
  static constexpr Duration kFirstInterval = 1s;
  /// After the fourth question, as long again as before it.
  static constexpr Duration kPatience = 10s;

  /// @return false, and nothing follows, for what is no name or one too many. Asking again for what
  ///         is being asked for changes nothing
  bool ask(Instant now, std::string_view name);

  /// A response that came. Only what was asked for is looked at.
  void handle_response(const Message& response);
  void handle_timeout(Instant now);
  std::optional<Instant> next_timeout() const;

  /// The next message for all links.
  std::optional<std::vector<std::byte>> poll_transmit();
  std::optional<Resolved> poll_event();

 private:
  struct Question {
    Instant next;
    Duration interval = kFirstInterval;
    Instant deadline;
    bool is_due = true;
  };

  std::map<std::string, Question, std::less<>> questions_;
  std::vector<Resolved> events_;
};

}  // namespace duet::mdns
