// SPDX-License-Identifier: MIT
// Candidates over TCP (RFC 6544), over real sockets on loopback.
#include <duet/net/socket_address.hpp>
#include <duet/rtc/test_ends.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>
#include <unistd.h>

#include <sstream>
#include <string>

namespace duet::rtc {
namespace {

using testing::HasSubstr;
using testing::Not;

bool is_tcp(const std::string& candidate) { return candidate.find(" tcp ") != std::string::npos; }

/// A description whose candidates over UDP got lost.
peer::SessionDescription only_tcp(peer::SessionDescription description) {
  std::string kept;
  std::istringstream in{description.sdp};
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("a=candidate:") && !is_tcp(line)) continue;
    kept += line + '\n';
  }
  description.sdp = kept;
  return description;
}

/// Nobody hears of a candidate over UDP.
struct TcpTest : TwoEnds {
  TcpTest() : TwoEnds{{.loopback = Loopback::Only, .accepts_tcp = true}} {
    for (End* end : {&alice, &bob}) end->passes = is_tcp;
  }

  void call() {
    ASSERT_TRUE(alice.connection->set_local_description());
    const auto offer = only_tcp(*alice.connection->local_description());
    ASSERT_TRUE(bob.connection->set_remote_description(offer));
    ASSERT_TRUE(bob.connection->set_local_description());
    const auto answer = only_tcp(*bob.connection->local_description());
    ASSERT_TRUE(alice.connection->set_remote_description(answer));
  }

  /// Where the connection listens.
  static std::optional<Endpoint> listening(const End& end) {
    const auto report = end.connection->get_stats();
    for (const auto* candidate : report.all<peer::IceCandidateStats>()) {
      if (candidate->is_remote || candidate->tcp_type != ice::TcpType::Passive) continue;
      return Endpoint{*IpAddress::parse(candidate->address), candidate->port};
    }
    return std::nullopt;
  }
};

TEST_F(TcpTest, ConnectsWhereUdpIsNotLetThrough) {
  alice.adopt(*alice.connection->create_data_channel({.label = "chat"}));
  call();
  run_until([&] { return alice.is_open && bob.channel; });
  EXPECT_TRUE(alice.channel->send(std::vector<std::byte>(100'000)));
  run_until([&] { return bob.binary == 100'000; });
  const auto report = alice.connection->get_stats();
  const auto& transport = *report.all<peer::TransportStats>().at(0);
  const auto* pair = report.find<peer::IceCandidatePairStats>(transport.selected_candidate_pair_id);
  ASSERT_NE(pair, nullptr);
  const auto* local = report.find<peer::IceCandidateStats>(pair->local_candidate_id);
  ASSERT_NE(local, nullptr);
  EXPECT_EQ(local->protocol, ice::Protocol::Tcp);
}

TEST_F(TcpTest, SendsAwayWhoSpeaksAnotherProtocol) {
  bob.connection.reset();
  alice.adopt(*alice.connection->create_data_channel({.label = "chat"}));
  ASSERT_TRUE(alice.connection->set_local_description());
  run_until([&] { return listening(alice).has_value(); });
  const auto to = net::to_socket_address(*listening(alice));
  const int stranger = ::socket(to.storage.ss_family, SOCK_STREAM, 0);
  ASSERT_EQ(::connect(stranger, to.data(), to.size), 0);
  ASSERT_EQ(::send(stranger, "\0\4GET ", 6, MSG_NOSIGNAL), 6);
  char byte = 0;
  ssize_t size = -1;
  run_until([&] { return (size = ::recv(stranger, &byte, 1, MSG_DONTWAIT)) == 0; });
  EXPECT_EQ(size, 0);  // closed, and nothing was said
  ::close(stranger);
}

struct NoTcpTest : TwoEnds {};

TEST_F(NoTcpTest, ListensOnlyWhereItIsAskedTo) {
  open();
  const std::string sdp = alice.connection->local_description()->sdp;
  EXPECT_THAT(sdp, HasSubstr("tcptype active"));
  EXPECT_THAT(sdp, Not(HasSubstr("tcptype passive")));
}

}  // namespace
}  // namespace duet::rtc
