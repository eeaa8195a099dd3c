// SPDX-License-Identifier: MIT
// What is told of the other end of a connection, where that end is here and where it is not.
#include <duet/http/local_reader.hpp>
#include <duet/net/socket_address.hpp>

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>

namespace duet::http {
namespace {

Endpoint name_of(int descriptor, int (*get)(int, sockaddr*, socklen_t*)) {
  net::SocketAddress address;
  EXPECT_EQ(get(descriptor, address.data(), &address.size), 0);
  return net::to_endpoint(address);
}

/// Two ends of a TCP connection, the accepting one bound to `host`.
class NetLocalReader : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const net::SocketAddress any = net::to_socket_address({*IpAddress::parse(GetParam()), 0});
    listening = ::socket(any.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(listening, any.data(), any.size) != 0) GTEST_SKIP() << "no such family here";
    ::listen(listening, 1);
    net::SocketAddress at;
    ::getsockname(listening, at.data(), &at.size);
    reading = ::socket(at.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(::connect(reading, at.data(), at.size), 0);
    writing = ::accept(listening, nullptr, nullptr);
    ASSERT_GE(writing, 0);
  }

  ~NetLocalReader() override {
    for (const int descriptor : {listening, reading, writing}) {
      if (descriptor >= 0) ::close(descriptor);
    }
  }

  std::optional<std::uint32_t> unread() {
    return local_reader.unread(name_of(writing, ::getpeername), name_of(writing, ::getsockname));
  }

  LocalReader local_reader;
  int listening = -1;
  int reading = -1;
  int writing = -1;
};

TEST_P(NetLocalReader, TellsWhatWaitsToBeRead) {
  EXPECT_EQ(unread(), 0U);
  const std::string bytes(5'000, 'x');
  ASSERT_EQ(::send(writing, bytes.data(), bytes.size(), 0), 5'000);
  EXPECT_EQ(unread(), 5'000U);
  std::array<char, 1'200> part{};
  ASSERT_EQ(::recv(reading, part.data(), part.size(), 0), 1'200);
  EXPECT_EQ(unread(), 3'800U);
  ASSERT_EQ(::shutdown(reading, SHUT_WR), 0);
  EXPECT_EQ(unread(), 3'800U) << "who has nothing more to say still reads";
}

TEST_P(NetLocalReader, KnowsNothingOfWhoIsElsewhere) {
  const Endpoint local = name_of(writing, ::getsockname);
  const IpAddress elsewhere =
      *IpAddress::parse(local.address.is_v4() ? "192.0.2.1" : "2001:db8::1");
  EXPECT_EQ(local_reader.unread({elsewhere, 40'000}, local), std::nullopt);
  // Nobody is connected from that port, but somebody listens there.
  EXPECT_EQ(local_reader.unread(local, {local.address, 1}), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Both, NetLocalReader, testing::Values("127.0.0.1", "::1"),
                         [](const auto& test) { return test.index == 0 ? "Ipv4" : "Ipv6"; });

}  // namespace
}  // namespace duet::http
