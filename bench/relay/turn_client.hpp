// SPDX-License-Identifier: MIT
// A TURN client as small as a benchmark needs it, and many of them at once.
#pragma once

#include "udp_socket.hpp"
#include <duet/stun/credential.hpp>
#include <duet/stun/message.hpp>

#include <cstdint>
#include <deque>
#include <span>
#include <string>

namespace duet::bench {

/// RFC 8489 §9.2, by MD5 and SHA-1, which every server takes.
struct Account {
  std::string name;
  std::string password;
};

class TurnClient {
 public:
  enum class Step : std::uint8_t {
    Challenge,  ///< Allocate without credentials; the 401 tells realm and nonce
    Allocate,
    Permit,   ///< CreatePermission for peer()
    Bind,     ///< ChannelBind of kChannel for peer()
    Release,  ///< Refresh with a lifetime of 0
  };

  /// @param socket  connected to the server; must outlive this
  TurnClient(UdpSocket& socket, const Account& account) : socket_{&socket}, account_{account} {}

  /// A request of its own; the last one once more, with the same transaction id.
  void send(Step step);
  void send_again() const;

  /// Whether this was the answer to the last request.
  /// @throws std::runtime_error  if the server refuses what was asked
  bool handle(std::span<const std::byte> datagram);

  UdpSocket& socket() const { return *socket_; }

  const Endpoint& relayed() const { return relayed_; }

  void set_peer(const Endpoint& peer) { peer_ = peer; }

  const Endpoint& peer() const { return peer_; }

 private:
  void learn(const stun::Message& challenge);

  UdpSocket* socket_;
  const Account& account_;
  Step step_ = Step::Challenge;
  stun::TransactionId id_{};
  std::string realm_;
  std::string nonce_;
  stun::LongTermKey key_;
  Endpoint relayed_;
  Endpoint peer_;
};

/// Has each client take the steps, the next client's beginning before the last one's end.
/// @throws std::runtime_error  if a server does not answer within some seconds
void take_steps(std::span<TurnClient*> clients, std::span<const TurnClient::Step> steps);

}  // namespace duet::bench
