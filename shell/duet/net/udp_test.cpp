// SPDX-License-Identifier: MIT
// Datagrams over real sockets of loopback: sizes, addresses, order.
#include <duet/net/event_loop.hpp>
#include <duet/net/udp_receiver.hpp>
#include <duet/net/udp_sender.hpp>
#include <duet/net/udp_socket.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace duet::net {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::SizeIs;

const IpAddress kLoopback = IpAddress::v4({127, 0, 0, 1});
const IpAddress kOtherLoopback = IpAddress::v4({127, 0, 0, 2});
const IpAddress kLoopback6 = *IpAddress::parse("::1");

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span{text});
}

struct Arrived {
  Endpoint from;
  Endpoint local;
  std::string text;
};

/// One socket, what it got, and the loop that both ends share.
class Ear {
 public:
  Ear(EventLoop& loop, const Endpoint& local)
      : loop_{loop},
        socket_{loop, local, [this] {
                  for (const Datagram& datagram : receiver_.receive(socket_)) {
                    const auto* text = reinterpret_cast<const char*>(datagram.bytes.data());
                    got_.push_back({datagram.from, datagram.local, {text, datagram.bytes.size()}});
                  }
                  receiver_.release();
                }} {}

  /// What has come once there are `count`, or after two seconds.
  const std::vector<Arrived>& wait_for(std::size_t count) {
    const Instant end = loop_.now() + 2s;
    while (got_.size() < count && loop_.now() < end) loop_.run_turn(10ms);
    return got_;
  }

  UdpSocket& socket() { return socket_; }

 private:
  EventLoop& loop_;
  UdpReceiver receiver_;
  std::vector<Arrived> got_;
  UdpSocket socket_;
};

class Udp : public ::testing::Test {
 protected:
  /// Sends these in one flush; the second half of each is given as the body.
  void send(Ear& from, const Endpoint& to, const std::vector<std::string>& texts,
            const IpAddress& source = kLoopback) {
    for (const std::string& text : texts) {
      const auto bytes = bytes_of(text);
      sender_.add(from.socket(), source, to,
                  {bytes.first(bytes.size() / 2), bytes.subspan(bytes.size() / 2)});
    }
    sender_.flush();
  }

  static std::vector<std::string> texts(const std::vector<Arrived>& arrived) {
    std::vector<std::string> out;
    for (const Arrived& one : arrived) out.push_back(one.text);
    return out;
  }

  EventLoop loop_;
  UdpSender sender_;
};

TEST_F(Udp, CarriesDatagramsOfOneSizeAsOneMessageAndTakesThemApart) {
  Ear a{loop_, {kLoopback, 0}};
  Ear b{loop_, {kLoopback, 0}};
  std::vector<std::string> sent;
  for (int i = 0; i < 100; ++i) sent.emplace_back(1200, static_cast<char>('a' + i % 26));
  sent.emplace_back(17, '!');  // a shorter one ends what may go together
  sent.emplace_back(1200, '?');
  send(a, b.socket().local(), sent);
  EXPECT_TRUE(texts(b.wait_for(sent.size())) == sent);
  EXPECT_EQ(sender_.counters().sent, sent.size());
  EXPECT_EQ(sender_.counters().lost, 0u);
}

TEST_F(Udp, KeepsTheSizesOfMixedDatagramsAndEmptyOnes) {
  Ear a{loop_, {kLoopback, 0}};
  Ear b{loop_, {kLoopback, 0}};
  const std::vector<std::string> sent = {
      "", "x", "", "yy", "y", std::string(9000, 'z'), std::string(9000, 'w'), ""};
  send(a, b.socket().local(), sent);
  EXPECT_TRUE(texts(b.wait_for(sent.size())) == sent);
}

TEST_F(Udp, PutsHeadBodyAndPaddingTogether) {
  Ear a{loop_, {kLoopback, 0}};
  Ear b{loop_, {kLoopback, 0}};
  for (int i = 0; i < 3; ++i) {
    sender_.add(a.socket(), kLoopback, b.socket().local(), {bytes_of("head"), bytes_of("body"), 3});
  }
  sender_.flush();
  using std::string_literals::operator""s;
  EXPECT_THAT(texts(b.wait_for(3)), AllOf(SizeIs(3), Each("headbody\0\0\0"s)));
}

TEST_F(Udp, TellsAtAWildcardSocketWhereItCameToAndAnswersFromThere) {
  Ear everywhere{loop_, {IpAddress{}, 0}};
  Ear client{loop_, {kLoopback, 0}};
  const std::uint16_t port = everywhere.socket().local().port;
  send(client, {kOtherLoopback, port}, {"question"});
  const auto& asked = everywhere.wait_for(1);
  ASSERT_THAT(asked, SizeIs(1));
  EXPECT_EQ(asked[0].local, (Endpoint{kOtherLoopback, port}));
  EXPECT_EQ(asked[0].from, client.socket().local());
  send(everywhere, asked[0].from, {"answer", "answer"}, asked[0].local.address);
  const auto& answered = client.wait_for(2);
  ASSERT_THAT(answered, SizeIs(2));
  EXPECT_EQ(answered[0].from, (Endpoint{kOtherLoopback, port}));
  EXPECT_EQ(answered[1].from, (Endpoint{kOtherLoopback, port}));
}

TEST_F(Udp, DoesTheSameOverIpv6) {
  Ear everywhere{loop_, {IpAddress::v6({}), 0}};
  Ear client{loop_, {kLoopback6, 0}};
  send(client, {kLoopback6, everywhere.socket().local().port}, {"one", "two"}, kLoopback6);
  const auto& asked = everywhere.wait_for(2);
  ASSERT_THAT(asked, SizeIs(2));
  EXPECT_EQ(asked[1].local.address, kLoopback6);
  send(everywhere, asked[0].from, {"three"}, asked[0].local.address);
  EXPECT_THAT(texts(client.wait_for(1)), ElementsAre("three"));
}

TEST_F(Udp, LosesWhatTheKernelRefusesAndGoesOn) {
  Ear a{loop_, {kLoopback, 0}};
  Ear b{loop_, {kLoopback, 0}};
  const std::string too_long(66'000, 'x');
  send(a, b.socket().local(), {"before", too_long, "behind"});
  EXPECT_THAT(texts(b.wait_for(2)), ElementsAre("before", "behind"));
  EXPECT_EQ(sender_.counters().lost, 1u);
}

TEST_F(Udp, SendsOneByOneWhereTheDeviceCannotSegment) {
  Ear a{loop_, {kLoopback, 0}};
  Ear b{loop_, {kLoopback, 0}};
  a.socket().give_up_segmenting();
  const std::vector<std::string> sent(5, std::string(1200, 'x'));
  send(a, b.socket().local(), sent);
  EXPECT_EQ(texts(b.wait_for(5)), sent);
}

TEST_F(Udp, RefusesAPortThatIsTaken) {
  Ear a{loop_, {kLoopback, 0}};
  EXPECT_THROW((UdpSocket{loop_, a.socket().local(), [] {}}), std::system_error);
}

TEST_F(Udp, HoldsWhatWasReadUntilItIsReleased) {
  UdpReceiver receiver;
  UdpSocket socket{loop_, {kLoopback, 0}, [] {}};
  Ear a{loop_, {kLoopback, 0}};
  std::vector<std::string> sent;
  for (std::size_t i = 0; i < 40; ++i) {
    sent.push_back("number " + std::to_string(i) + std::string(i, '.'));
  }
  for (const std::string& text : sent) {
    sender_.add(a.socket(), kLoopback, socket.local(), {bytes_of(text), {}});
    sender_.flush();
  }
  std::vector<Datagram> held;
  while (!receiver.is_full()) {
    const auto datagrams = receiver.receive(socket);
    ASSERT_FALSE(datagrams.empty());
    held.insert(held.end(), datagrams.begin(), datagrams.end());
  }
  EXPECT_TRUE(receiver.receive(socket).empty()) << "there is no room";
  for (std::size_t i = 0; i < held.size(); ++i) {
    EXPECT_EQ(
        std::string_view(reinterpret_cast<const char*>(held[i].bytes.data()), held[i].bytes.size()),
        sent[i]);
  }
  const std::size_t first = held.size();
  receiver.release();
  const auto rest = receiver.receive(socket);
  EXPECT_EQ(first + rest.size(), sent.size());
}

TEST_F(Udp, HearsComplaintsAndLosesNothingByThem) {
  for (const IpAddress& loopback : {kLoopback, kLoopback6}) {
    Ear there{loop_, {loopback, 0}};
    const Endpoint nobody = UdpSocket{loop_, {loopback, 0}, [] {}}.local();
    Ear here{loop_, {loopback, 0}};
    std::optional<UdpSocket::Complaint> heard;
    here.socket().hear_complaints([&] { heard = here.socket().receive_complaint(); });
    // The complaint about the first fails the call that sends the second.
    send(here, nobody, {"lost"}, loopback);
    send(here, there.socket().local(), {"not lost"}, loopback);
    EXPECT_THAT(texts(there.wait_for(1)), ElementsAre("not lost"));
    EXPECT_EQ(sender_.counters().lost, 0u);
    send(here, nobody, {"lost"}, loopback);
    send(there, here.socket().local(), {"read all the same"}, loopback);
    EXPECT_THAT(texts(here.wait_for(1)), ElementsAre("read all the same"));
    for (int i = 0; i < 100 && !heard; ++i) loop_.run_turn(10ms);
    ASSERT_TRUE(heard);
    EXPECT_EQ(heard->to, nobody);
    EXPECT_EQ(heard->type, loopback.is_v4() ? 3 : 1);  // unreachable...
    EXPECT_EQ(heard->code, loopback.is_v4() ? 3 : 4);  // ...is the port
    while (loop_.run_turn(1ms)) continue;              // no complaint is told for ever
  }
}

TEST(UdpSocket, SendsOneThatMayBeFragmentedAndIsAsItWas) {
  EventLoop loop;
  Ear ear{loop, {kLoopback, 0}};
  UdpSocket socket{loop, {kLoopback, 0}, [] {}, UdpSocket::Fragmentation::Never};
  const auto mode = [&] {
    int value = -1;
    socklen_t size = sizeof value;
    ::getsockopt(socket.descriptor(), IPPROTO_IP, IP_MTU_DISCOVER, &value, &size);
    return value;
  };
  const int before = mode();
  EXPECT_TRUE(socket.send_fragmented(ear.socket().local(), bytes_of("in pieces")));
  EXPECT_EQ(mode(), before);
  EXPECT_TRUE(socket.send_unfragmented(ear.socket().local(), bytes_of("whole")));
  EXPECT_EQ(mode(), before);
  EXPECT_EQ(ear.wait_for(2).size(), 2);
}

}  // namespace
}  // namespace duet::net
