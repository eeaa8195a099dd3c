// SPDX-License-Identifier: MIT
// What TCP tells of a peer that reads slowly, as over a network.
#include <duet/net/socket_address.hpp>
#include <duet/net/transport.hpp>

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <thread>

namespace duet::net {
namespace {

TEST(NetTransport, SeesWhatThePeersKernelTakes) {
  const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  SocketAddress at = to_socket_address({*IpAddress::parse("127.0.0.1"), 0});
  ASSERT_EQ(::bind(listening, at.data(), at.size), 0);
  ::listen(listening, 1);
  ::getsockname(listening, at.data(), &at.size);
  const int reading = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int segment = 1'400;  // loopback's own are of 64 KB
  const int small = 4'096;
  ::setsockopt(reading, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
  ::setsockopt(reading, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  ASSERT_EQ(::connect(reading, at.data(), at.size), 0);
  const int writing = ::accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  Transport transport{writing};

  const std::string bytes(100'000, 'x');
  const auto fill = [&] {
    while (transport.write(std::as_bytes(std::span{bytes})).status == IoResult::Status::Done) {
    }
  };
  const auto settle = [] { std::this_thread::sleep_for(std::chrono::milliseconds{300}); };
  fill();
  settle();
  const std::uint64_t full = transport.progress().taken;
  settle();
  EXPECT_TRUE(transport.progress().is_answered);
  EXPECT_EQ(transport.progress().taken, full) << "who takes nothing is not said to take something";
  std::uint64_t before = full;
  for (int i = 0; i < 3; ++i) {
    std::array<char, 8'000> part{};
    ASSERT_GT(::recv(reading, part.data(), part.size(), 0), 0);
    settle();
    EXPECT_GT(transport.progress().taken, before);
    before = transport.progress().taken;
  }
  for (const int descriptor : {listening, reading, writing}) ::close(descriptor);
}

}  // namespace
}  // namespace duet::net
