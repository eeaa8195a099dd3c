// SPDX-License-Identifier: MIT
// Who reads slowly, not at all, or no more: what is held, what is seen of it, what stops.
#include <duet/http/http_test_support.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace duet::http {
namespace {

TEST_F(HttpServer, SendsLargeAnswersToSlowReaders) {
  const int client = connect();
  send(client, "GET /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  std::size_t size = 0;
  std::array<char, 100'000> buffer{};
  for (int i = 0; i < 5000; ++i) {
    turn();
    const ssize_t got = ::recv(client, buffer.data(), buffer.size(), 0);
    if (got == 0) break;
    if (got > 0) size += static_cast<std::size_t>(got);
  }
  EXPECT_GT(size, 8'000'000U);
}

TEST_F(HttpServer, TellsTheServiceWhatLeavesOfAnAnswer) {
  const int client = connect();
  send(client, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
  turn();
  EXPECT_LT(service.answered, 8'000'000U);
  receive(client);
  EXPECT_EQ(service.answered, 8'000'000U);
  send(client, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
  turn();
  reset(client);
  EXPECT_LT(service.answered, 16'000'000U);
  EXPECT_EQ(service.aborted, 1);
}

TEST_F(HttpServer, HoldsAFileUntilItIsSent) {
  const int client = connect();
  send(client, "GET /file HTTP/1.1\r\nHost: x\r\n\r\n");
  turn();
  EXPECT_FALSE(service.kept.expired());
  const std::string answer = receive(client);
  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, 8'000'000U);
  EXPECT_TRUE(service.kept.expired());
}

TEST_F(HttpServer, LetsGoOfAFileWhenItsReaderIsGone) {
  const int client = connect();
  send(client, "GET /file HTTP/1.1\r\nHost: x\r\n\r\n");
  turn();
  EXPECT_FALSE(service.kept.expired());
  reset(client);
  EXPECT_TRUE(service.kept.expired());
}

TEST_F(HttpServer, SeesASlowReaderTakeWhatItTakes) {
  const int client = connect();
  const int small = 16'384;
  ::setsockopt(client, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  send(client, kUpgrade);
  receive(client);
  server.send_message(service.last, false, std::string(2'000'000, 'x'));
  for (int i = 0; i < 100; ++i) turn();
  // 100 KB read are seen, whatever the kernel would hold.
  std::size_t most = 0;  // read between one sign of life and the next
  std::size_t read = 0;
  std::size_t since = 0;
  std::array<char, 4'096> buffer{};
  while (read < 1'000'000) {
    const std::size_t sent = service.sent;
    pollfd entry{client, POLLIN, 0};
    ::poll(&entry, 1, 5);
    const ssize_t got = ::recv(client, buffer.data(), buffer.size(), 0);
    turn();
    if (got > 0) read += static_cast<std::size_t>(got);
    if (got > 0) since += static_cast<std::size_t>(got);
    if (service.sent > sent) since = 0;
    most = std::max(most, since);
  }
  EXPECT_LT(most, 100'000U);
}

/// At 2 KB/s our kernel has room again only after a minute, and over loopback the peer's kernel
/// acknowledges more only after half a minute; what the program has read tells at once.
TEST_F(HttpServer, SeesASlowReaderTakeWhatTheKernelsHold) {
  struct Reader {
    int descriptor = -1;
    ConnectionId id{};
    int taken = 0;
  };

  std::vector<Reader> readers;
  for (const int buffer_size : {0, 2'048, 16'384, 1'000'000}) {
    const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    clients.push_back(client);
    if (buffer_size > 0) {
      ::setsockopt(client, SOL_SOCKET, SO_RCVBUF, &buffer_size, sizeof buffer_size);
    }
    const net::SocketAddress address = net::to_socket_address(endpoint);
    ASSERT_EQ(::connect(client, address.data(), address.size), 0);
    ::fcntl(client, F_SETFL, O_NONBLOCK);
    send(client, kUpgrade);
    receive(client);
    readers.push_back({client, service.last});
    server.send_message(service.last, false, std::string(8'000'000, 'x'));
  }
  const auto run_for = [&](Duration time) {
    for (const Instant end = loop.now() + time; loop.now() < end;) loop.run_turn(50ms);
  };
  run_for(1500ms);
  for (Reader& reader : readers) reader.taken = service.taken_by[reader.id.value()];
  const std::size_t sent = service.sent;
  for (int i = 0; i < 4; ++i) {
    for (const Reader& reader : readers) {
      std::array<char, 2'000> buffer{};
      EXPECT_GT(::recv(reader.descriptor, buffer.data(), buffer.size(), 0), 0);
    }
    run_for(1s);
  }
  EXPECT_LT(service.sent - sent, 100'000U) << "the kernels held too little";
  for (const Reader& reader : readers) {
    EXPECT_GE(service.taken_by[reader.id.value()], reader.taken + 3);
  }
  run_for(1100ms);
  const auto taken_by = service.taken_by;
  run_for(1500ms);
  EXPECT_EQ(service.taken_by, taken_by) << "who takes nothing is not said to take something";
}

TEST_F(HttpServer, AnswersNoFurtherRequestWhileAnswersGoUnread) {
  const int client = connect();
  const int small = 4096;
  ::setsockopt(client, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  for (int i = 0; i < 200; ++i) send(client, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
  for (int i = 0; i < 50; ++i) turn();
  EXPECT_LE(server.counters().requests, 3U);
}

TEST_F(HttpServer, DropsAWebSocketThatReadsNothingAtOnce) {
  const int deaf = connect();
  send(deaf, kUpgrade);
  receive(deaf);
  server.send_message(service.last, false, std::string(8'000'000, 'x'));
  turn();
  server.drop_websocket(service.last, 1008);
  turn();
  EXPECT_EQ(service.closed, 1);
  EXPECT_EQ(server.counters().open, 0U);
}

TEST_F(HttpServer, PausesAndResumesWithoutLosingAnything) {
  const int client = connect();
  send(client, kUpgrade);
  receive(client);
  server.pause(service.last);
  send(client, frame(0x81, "one") + frame(0x81, "two"));
  EXPECT_EQ(receive(client), "");
  server.resume(service.last);
  EXPECT_EQ(receive(client), "\x81\x03one\x81\x03two");
}

TEST_F(HttpServer, HearsOfAResetWhilePaused) {
  const int client = connect();
  send(client, kUpgrade);
  receive(client);
  server.pause(service.last);
  send(client, frame(0x81, "unread"));
  turn();
  reset(client);
  EXPECT_EQ(service.closed, 1);
  EXPECT_EQ(server.counters().open, 0U);
}

TEST_F(HttpServer, IsNotDisturbedByUrgentDataWhilePaused) {
  const int client = connect();
  send(client, kUpgrade);
  receive(client);
  server.pause(service.last);
  turn();
  ::send(client, "!", 1, MSG_OOB);
  EXPECT_EQ(receive(client), "");
  server.resume(service.last);
  send(client, frame(0x81, "still here"));
  EXPECT_EQ(receive(client), "\x81\x0Astill here");
}

}  // namespace
}  // namespace duet::http
