// SPDX-License-Identifier: MIT
// The relay over real sockets of loopback: clients over UDP and TCP, peers, and what is no client.
#include <duet/base/random.hpp>
#include <duet/host/relay_host.hpp>
#include <duet/host/system_random.hpp>
#include <duet/http/server.hpp>
#include <duet/net/socket_address.hpp>
#include <duet/stun/stream.hpp>
#include <duet/turn/client.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace duet::host {
namespace {

using ::testing::ElementsAre;
using Carrier = turn::Client::Carrier;

const IpAddress kLoopback = IpAddress::v4({127, 0, 0, 1});

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span{text});
}

int connected_socket(int type, const Endpoint& server) {
  const int descriptor = ::socket(AF_INET, type | SOCK_CLOEXEC, 0);
  const net::SocketAddress address = net::to_socket_address(server);
  EXPECT_EQ(::connect(descriptor, address.data(), address.size), 0);
  ::fcntl(descriptor, F_SETFL, O_NONBLOCK);
  return descriptor;
}

class NoPages final : public http::Service {
 public:
  void handle_request(http::ConnectionId, const http::Request&) override {}

  void handle_request_aborted(http::ConnectionId) override {}

  void handle_response_sent(http::ConnectionId, std::size_t) override {}

  http::UpgradeAnswer handle_websocket_opening(http::ConnectionId, const http::Request&) override {
    return {};
  }

  std::vector<std::pair<std::string, std::string>> headers_of_error(const http::Request&) override {
    return {};
  }
};

/// A TURN client on a real socket.
class Caller {
 public:
  Caller(net::EventLoop& loop, Random& random, Carrier carrier, const Endpoint& server,
         const turn::ClientOptions& options)
      : loop_{loop},
        is_stream_{carrier == Carrier::Stream},
        descriptor_{connected_socket(is_stream_ ? SOCK_STREAM : SOCK_DGRAM, server)},
        client_{loop.now(), random, carrier, {"alice", "wonder"}, options} {}

  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  ~Caller() { ::close(descriptor_); }

  void step() {
    std::array<std::byte, 65536> buffer;
    ssize_t size = 0;
    while ((size = ::recv(descriptor_, buffer.data(), buffer.size(), 0)) > 0) {
      const std::span<const std::byte> bytes{buffer.data(), static_cast<std::size_t>(size)};
      if (!is_stream_) {
        take(bytes);
        continue;
      }
      received_.insert(received_.end(), bytes.begin(), bytes.end());
      for (auto frame = stun::next_frame(received_); frame.kind != stun::Frame::Kind::NeedMore;
           frame = stun::next_frame(received_)) {
        ASSERT_NE(frame.kind, stun::Frame::Kind::Bad);
        take(std::span{received_}.first(frame.size));
        received_.erase(received_.begin(),
                        received_.begin() + static_cast<std::ptrdiff_t>(frame.size));
      }
    }
    if (size == 0 && is_stream_) closed = true;
    client_.handle_timeout(loop_.now());
    while (const auto request = client_.poll_transmit()) write(*request);
    while (const auto event = client_.poll_event()) {
      if (const auto* allocated = std::get_if<turn::Allocated>(&*event)) {
        relayed = allocated->relayed_v4;
      } else if (std::holds_alternative<turn::ChannelBound>(*event)) {
        bound = true;
      } else if (std::holds_alternative<turn::Permitted>(*event)) {
        permitted = true;
      } else if (std::holds_alternative<turn::Moved>(*event)) {
        moved = true;
      }
    }
  }

  void send(const Endpoint& peer, std::string_view text) { write(message(peer, text)); }

  /// The same `count` times, as one call that the kernel takes apart (UDP_SEGMENT).
  void send_merged(const Endpoint& peer, std::string_view text, std::size_t count) {
    const std::vector<std::byte> one = message(peer, text);
    std::vector<std::byte> all;
    for (std::size_t i = 0; i < count; ++i) all.insert(all.end(), one.begin(), one.end());
    const int segment = static_cast<int>(one.size());
    ASSERT_EQ(::setsockopt(descriptor_, SOL_UDP, UDP_SEGMENT, &segment, sizeof segment), 0);
    write(all);
  }

  void write(std::span<const std::byte> bytes) const {
    EXPECT_EQ(::send(descriptor_, bytes.data(), bytes.size(), 0),
              static_cast<ssize_t>(bytes.size()));
  }

  /// Goes on over another socket.
  void move(Carrier carrier, const Endpoint& server) {
    ::close(descriptor_);
    is_stream_ = carrier == Carrier::Stream;
    descriptor_ = connected_socket(is_stream_ ? SOCK_STREAM : SOCK_DGRAM, server);
    client_.change_path(loop_.now(), carrier);
  }

  turn::Client& client() { return client_; }

  std::optional<Endpoint> relayed;
  std::vector<std::string> heard;
  std::vector<std::pair<Endpoint, int>> refusals;  // peers that ICMP told of, with its code
  bool bound = false;
  bool permitted = false;
  bool moved = false;
  bool closed = false;

 private:
  std::vector<std::byte> message(const Endpoint& peer, std::string_view text) {
    const auto out = client_.send(loop_.now(), peer, bytes_of(text));
    if (!out) {
      ADD_FAILURE() << "neither channel nor permission";
      return {};
    }
    std::vector<std::byte> bytes(out->head_view().begin(), out->head_view().end());
    bytes.insert(bytes.end(), out->payload.begin(), out->payload.end());
    bytes.resize(bytes.size() + out->padding);
    return bytes;
  }

  void take(std::span<const std::byte> bytes) {
    const auto received = client_.handle_server(loop_.now(), bytes);
    if (received && received->icmp) refusals.emplace_back(received->peer, received->icmp->code);
    if (!received || received->payload.empty()) return;
    heard.emplace_back(reinterpret_cast<const char*>(received->payload.data()),
                       received->payload.size());
  }

  net::EventLoop& loop_;
  bool is_stream_;
  int descriptor_;
  turn::Client client_;
  std::vector<std::byte> received_;
};

class Relaying : public ::testing::Test {
 protected:
  void start(std::optional<turn::PortRange> ports = {}) {
    turn::Config config;
    config.users = {{"alice", "wonder"}};
    config.relay_ports = ports;
    if (ports) config.allowed_peers = {*IpPrefix::parse("127.0.0.0/8")};
    host_.emplace(loop_, config, random_);
    server_.set_service(pages_);
    server_.set_stream_service(*host_);
    tcp_ = server_.listen({kLoopback, 0});
    udp_ = host_->listen({kLoopback, 0});
  }

  std::unique_ptr<Caller> caller(Carrier carrier, const turn::ClientOptions& options = {}) {
    auto made = std::make_unique<Caller>(loop_, random_, carrier,
                                         carrier == Carrier::Stream ? tcp_ : udp_, options);
    callers_.push_back(made.get());
    return made;
  }

  /// Runs the loop until it holds; false after five seconds.
  bool wait_for(const std::function<bool()>& holds) {
    const Instant end = loop_.now() + 5s;
    while (!holds()) {
      if (loop_.now() > end) return false;
      for (Caller* one : callers_) one->step();
      loop_.run_turn(5ms);
    }
    return true;
  }

  net::EventLoop loop_;
  SystemRandom random_;
  NoPages pages_;
  std::optional<RelayHost> host_;
  http::Server server_{loop_, {}};
  Endpoint tcp_;
  Endpoint udp_;
  std::vector<Caller*> callers_;
};

TEST_F(Relaying, CarriesACallBetweenUdpAndTcpWithoutASocketForIt) {
  start();
  const auto alice = caller(Carrier::Datagram);
  const auto bob = caller(Carrier::Stream);
  ASSERT_TRUE(wait_for([&] { return alice->relayed && bob->relayed; }));
  ASSERT_TRUE(alice->client().bind(loop_.now(), *bob->relayed));
  ASSERT_TRUE(bob->client().permit(loop_.now(), alice->relayed->address));
  ASSERT_TRUE(wait_for([&] { return alice->bound && bob->permitted; }));
  alice->send(*bob->relayed, "by a channel");
  bob->send(*alice->relayed, "by an indication");
  ASSERT_TRUE(wait_for([&] { return !alice->heard.empty() && !bob->heard.empty(); }));
  EXPECT_THAT(bob->heard, ElementsAre("by a channel"));
  EXPECT_THAT(alice->heard, ElementsAre("by an indication"));
  EXPECT_THAT(host_->allocations(), ElementsAre(1, 1, 0));
}

TEST_F(Relaying, CountsACallerThatMovesToAnotherTransportThere) {
  start();
  const auto alice = caller(Carrier::Datagram, {.mobility = true});
  ASSERT_TRUE(wait_for([&] { return alice->relayed.has_value(); }));
  EXPECT_THAT(host_->allocations(), ElementsAre(1, 0, 0));
  alice->move(Carrier::Stream, tcp_);
  ASSERT_TRUE(wait_for([&] { return alice->moved; }));
  EXPECT_THAT(host_->allocations(), ElementsAre(0, 1, 0));
  alice->client().release(loop_.now());
  EXPECT_TRUE(wait_for([&] { return host_->allocations()[1] == 0; }));
  EXPECT_THAT(host_->allocations(), ElementsAre(0, 0, 0));
}

TEST_F(Relaying, CarriesToAPeerOutsideAndBackThroughAPortOfTheRange) {
  start(turn::PortRange{41000, 41999});
  const int peer =
      connected_socket(SOCK_DGRAM, udp_);  // gets a port; then spoken to from elsewhere
  net::SocketAddress name;
  ::getsockname(peer, name.data(), &name.size);
  const Endpoint peer_at = net::to_endpoint(name);
  ::close(peer);
  const auto alice = caller(Carrier::Datagram);
  ASSERT_TRUE(wait_for([&] { return alice->relayed.has_value(); }));
  EXPECT_GE(alice->relayed->port, 41000);
  EXPECT_LE(alice->relayed->port, 41999);
  const int outside = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::bind(outside, name.data(), name.size), 0);
  ASSERT_TRUE(alice->client().bind(loop_.now(), peer_at));
  ASSERT_TRUE(wait_for([&] { return alice->bound; }));
  alice->send(peer_at, "out");
  std::array<char, 64> buffer{};
  ssize_t got = -1;
  net::SocketAddress from;
  ASSERT_TRUE(wait_for([&] {
    got = ::recvfrom(outside, buffer.data(), buffer.size(), 0, from.data(), &from.size);
    return got >= 0;
  }));
  EXPECT_EQ(std::string_view(buffer.data(), static_cast<std::size_t>(got)), "out");
  EXPECT_EQ(net::to_endpoint(from), *alice->relayed);
  ASSERT_EQ(::sendto(outside, "back", 4, 0, from.data(), from.size), 4);
  ASSERT_TRUE(wait_for([&] { return !alice->heard.empty(); }));
  EXPECT_THAT(alice->heard, ElementsAre("back"));
  ::close(outside);
}

TEST_F(Relaying, TellsWhenNobodyListensAtAPeersPort) {  // RFC 8656 §11.5
  start(turn::PortRange{41000, 41999});
  const int gone = connected_socket(SOCK_DGRAM, udp_);
  net::SocketAddress name;
  ::getsockname(gone, name.data(), &name.size);
  ::close(gone);
  const Endpoint peer = net::to_endpoint(name);
  const auto alice = caller(Carrier::Datagram);
  ASSERT_TRUE(wait_for([&] { return alice->relayed.has_value(); }));
  ASSERT_TRUE(alice->client().permit(loop_.now(), kLoopback));
  ASSERT_TRUE(wait_for([&] { return alice->permitted; }));
  alice->send(peer, "anybody?");
  ASSERT_TRUE(wait_for([&] { return !alice->refusals.empty(); }));
  constexpr int kPortUnreachable = 3;
  EXPECT_THAT(alice->refusals, ElementsAre(std::pair{peer, kPortUnreachable}));
  alice->send(*alice->relayed, "and on it goes");
  ASSERT_TRUE(wait_for([&] { return !alice->heard.empty(); }));
  EXPECT_EQ(host_->counters().lost, 0u);
}

TEST_F(Relaying, FollowsAStreamThatDripsInByteByByte) {
  start();
  const auto alice = caller(Carrier::Stream);
  const auto bob = caller(Carrier::Datagram);
  ASSERT_TRUE(wait_for([&] { return alice->relayed && bob->relayed; }));
  ASSERT_TRUE(alice->client().bind(loop_.now(), *bob->relayed));
  ASSERT_TRUE(bob->client().permit(loop_.now(), alice->relayed->address));
  ASSERT_TRUE(wait_for([&] { return alice->bound && bob->permitted; }));
  const auto out = alice->client().send(loop_.now(), *bob->relayed, bytes_of("drop"));
  ASSERT_TRUE(out);
  for (const auto& piece : {out->head_view(), out->payload}) {
    for (const std::byte& byte : piece) {
      alice->write({&byte, 1});
      loop_.run_turn(2ms);
    }
  }
  ASSERT_TRUE(wait_for([&] { return !bob->heard.empty(); }));
  EXPECT_THAT(bob->heard, ElementsAre("drop"));
}

TEST_F(Relaying, ClosesAStreamThatIsNoStunFromSomePointOn) {
  start();
  const auto alice = caller(Carrier::Stream);
  ASSERT_TRUE(wait_for([&] { return alice->relayed.has_value(); }));
  alice->write(bytes_of(std::string_view{"\xFFnonsense", 9}));
  EXPECT_TRUE(wait_for([&] { return alice->closed; }));
  EXPECT_EQ(host_->counters().bad_streams, 1u);
  EXPECT_TRUE(wait_for([&] { return host_->allocations()[1] == 0; }))
      << "the allocation goes with its stream";
}

TEST_F(Relaying, DropsWhatASlowReaderOfAStreamDoesNotTakeAndThenTheReader) {
  start();
  const auto alice = caller(Carrier::Datagram);
  const auto bob = caller(Carrier::Stream);
  ASSERT_TRUE(wait_for([&] { return alice->relayed && bob->relayed; }));
  ASSERT_TRUE(alice->client().bind(loop_.now(), *bob->relayed));
  ASSERT_TRUE(bob->client().permit(loop_.now(), alice->relayed->address));
  ASSERT_TRUE(wait_for([&] { return alice->bound && bob->permitted; }));
  callers_ = {alice.get()};  // Bob reads no more
  // Twice what is read at a time: his end falls into the middle of sending on what was read.
  const std::string sound(200, 's');
  const Instant start = loop_.now();
  while (host_->allocations()[1] == 1 && loop_.now() < start + 20s) {
    for (int i = 0; i < 64; ++i) alice->send_merged(*bob->relayed, sound, 64);
    while (loop_.run_turn(1ms)) {
    };
  }
  EXPECT_GT(host_->counters().dropped, 0u);
  EXPECT_EQ(host_->allocations()[1], 0u) << "who reads nothing is gone";
  EXPECT_LT(loop_.now() - start, 15s);
}

}  // namespace
}  // namespace duet::host
