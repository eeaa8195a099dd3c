// SPDX-License-Identifier: MIT
// Names on the local links, for all connections of a runtime.
#pragma once

#include <duet/base/address.hpp>
#include <duet/mdns/querier.hpp>
#include <duet/mdns/responder.hpp>
#include <duet/net/event_loop.hpp>
#include <duet/net/multicast_socket.hpp>
#include <duet/rtc/local_addresses.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duet::rtc {

/// Drives mdns::Querier and mdns::Responder. A socket for each link and family is there while a
/// name is wanted or answered for; a link that can't be had is done without.
class MdnsHost {
 public:
  using Done = std::function<void(const std::optional<IpAddress>&)>;

  /// @param addresses  outlives this; tells when links change
  MdnsHost(net::EventLoop& loop, AddressWatch& addresses);
  ~MdnsHost();
  MdnsHost(const MdnsHost&) = delete;
  MdnsHost& operator=(const MdnsHost&) = delete;

  /// @param done  called once, from the loop, with the address or with none after
  /// Querier::kPatience
  void resolve(std::string_view name, Done done);

  /// Answers for a name. @return false if there are too many
  bool add(std::string_view name, const IpAddress& address);
  void remove(std::string_view name);

 private:
  void schedule();
  void run();
  void open();
  void handle_received(const net::MulticastSocket& socket, const Endpoint& from,
                       std::span<const std::byte> bytes);
  void transmit(const mdns::Transmit& message);
  void finish(const std::string& name, const std::optional<IpAddress>& address);

  net::EventLoop& loop_;
  mdns::Querier querier_;
  mdns::Responder responder_;
  std::multimap<std::string, Done> waiting_;  // by name in lower case
  std::size_t names_ = 0;                     // that are answered for
  std::vector<std::unique_ptr<net::MulticastSocket>> sockets_;
  AddressWatch::Subscription watch_;
  net::Timer timer_;
  bool is_scheduled_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace duet::rtc
