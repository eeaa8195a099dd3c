// SPDX-License-Identifier: MIT
// Names to addresses, without waiting.
#pragma once

#include <duet/base/address.hpp>
#include <duet/net/event_loop.hpp>
#include <duet/net/post_box.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace duet::net {

/// One question at a time. The system's resolver blocks, for half a minute where a name server is
/// dead: it is asked on threads that all Resolvers of the process share. There is none while
/// nothing is asked, and none is waited for, neither by a destructor nor at the end of the process.
class Resolver {
 public:
  /// Blocks until it knows the addresses of a name; none if there are none. Called on another
  /// thread, perhaps after the end of the Resolver and of main(): what it uses, it owns.
  using Lookup = std::function<std::vector<IpAddress>(const std::string& name)>;

  /// Names looked up at once. A call asks for a handful: the server's, and its STUN and TURN.
  static constexpr std::size_t kMaxThreads = 8;
  /// Names that wait for a thread while each has one that hangs. One more has no address.
  static constexpr std::size_t kMaxWaiting = 64;

  /// @param done  called from the loop with the addresses of a name; none if there are none. May
  ///              destroy this
  Resolver(EventLoop& loop, std::function<void(std::vector<IpAddress>)> done,
           Lookup look_up = ask_system);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// Asks, unless the question before is still open. Addresses and `localhost` have a thread of
  /// their own, and never wait for a name server.
  void ask(const std::string& name);

  /// The Lookup that getaddrinfo() is.
  static std::vector<IpAddress> ask_system(const std::string& name);

 private:
  struct Question;
  class Desk;

  void handle_answer(std::vector<IpAddress> addresses);
  void forget_question();

  EventLoop& loop_;
  std::function<void(std::vector<IpAddress>)> done_;
  Lookup look_up_;
  std::unique_ptr<PostBox> box_;  // while a question is open, like the next
  std::shared_ptr<Question> question_;
  // Tells from the loop of a question that could not be asked.
  Timer refused_{loop_, [this] { handle_answer({}); }};
};

}  // namespace duet::net
