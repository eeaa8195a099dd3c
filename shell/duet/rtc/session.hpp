// SPDX-License-Identifier: MIT
// Drives one peer::Connection from sockets and the loop.
#pragma once

#include <duet/net/event_loop.hpp>
#include <duet/net/listener.hpp>
#include <duet/net/udp_socket.hpp>
#include <duet/peer/connection.hpp>
#include <duet/rtc/ice_stream.hpp>
#include <duet/rtc/peer_connection.hpp>
#include <duet/rtc/server_list.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace duet::rtc {

/// What a PeerConnection and its channels share. Handlers may drop the last reference of those at
/// any time; whoever calls a handler holds one to this.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Runtime& runtime, Configuration configuration, Handlers handlers);
  ~Session();

  /// Opens the sockets. Not in the constructor: it needs weak_from_this().
  void start();

  peer::Connection& machine() { return machine_; }

  Instant now() const { return runtime_.loop().now(); }

  /// After each call to the machine: what it caused is told and sent at the end of the turn.
  void schedule();

  std::shared_ptr<DataChannel> channel(data_channel::ChannelId id);
  void set_ice_servers(std::vector<IceServer> servers);
  void close();

  /// The PeerConnection is gone: nobody is told anything any more.
  void silence() {
    handlers_ = std::make_shared<const Handlers>();
    is_silent_ = true;
  }

  // For streams.
  void handle_frame(ice::StreamId stream, std::span<std::byte> frame);
  void handle_stream_connected(ice::StreamId stream);
  void handle_stream_closed(ice::StreamId stream);

 private:
  void update_addresses();
  void open_socket(const IpAddress& address);
  void open_listener(const IpAddress& address);
  void handle_accepted(const Endpoint& local, int descriptor);
  void resolve(const std::string& name);
  void handle_readable(net::UdpSocket& socket);
  void run();
  void tell_events();
  void tell(const peer::Event& event);
  void tell(const data_channel::Event& event);
  void obey(const ice::Event& event);
  void transmit();
  bool transmit_one();
  void let_go();

  Runtime& runtime_;
  Configuration configuration_;
  std::shared_ptr<const Handlers> handlers_;  // shared with whoever is calling one
  peer::Connection machine_;
  std::map<IpAddress, std::unique_ptr<net::UdpSocket>> sockets_;
  std::unordered_map<ice::StreamId, std::unique_ptr<IceStream>> streams_;
  std::unordered_map<data_channel::ChannelId, std::shared_ptr<DataChannel>> channels_;
  std::map<IpAddress, std::unique_ptr<net::Listener>> listeners_;
  std::vector<std::string> names_;  // of ours, in mDNS
  AddressWatch::Subscription watch_;
  ServerList servers_;
  net::Timer timer_;
  bool is_scheduled_ = false;
  bool is_over_ = false;
  bool is_silent_ = false;
};

}  // namespace duet::rtc
