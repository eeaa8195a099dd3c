// SPDX-License-Identifier: MIT
// DTLS-SRTP with the program openssl: `s_server` and `s_client` as the peer.
#include <duet/base/bytes.hpp>
#include <duet/crypto/digest.hpp>
#include <duet/crypto/issue.hpp>
#include <duet/dtls/transport.hpp>

#include <gmock/gmock.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <variant>
#include <vector>

extern char** environ;

namespace duet::dtls {
namespace {

using testing::HasSubstr;

Instant now() {
  return Instant{
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch())};
}

crypto::UnixTime today() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

/// A UDP socket on 127.0.0.1.
class Socket {
 public:
  Socket() : fd_{socket(AF_INET, SOCK_DGRAM, 0)} {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }

  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  ~Socket() { close(fd_); }

  int port() const { return port_; }

  void set_peer(int port) { peer_ = loopback(port); }

  void send(std::span<const std::byte> bytes) {
    if (!peer_) return;
    sendto(fd_, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&*peer_),
           sizeof(*peer_));
  }

  /// The next datagram within 20 ms; whoever sends one is the peer.
  std::optional<std::vector<std::byte>> receive() {
    pollfd wait{.fd = fd_, .events = POLLIN, .revents = 0};
    if (poll(&wait, 1, 20) <= 0) return std::nullopt;
    std::vector<std::byte> bytes(65536);
    sockaddr_in from{};
    socklen_t size = sizeof(from);
    const auto got =
        recvfrom(fd_, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 0) return std::nullopt;  // the peer's port is not open yet
    bytes.resize(static_cast<std::size_t>(got));
    peer_ = from;
    return bytes;
  }

 private:
  static sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

  int fd_;
  int port_ = 0;
  std::optional<sockaddr_in> peer_;
};

/// The program with these arguments; its standard input can be written, and all it says be read.
class Program {
 public:
  Program(const std::filesystem::path& folder, std::vector<std::string> arguments)
      : said_{folder / "said"} {
    std::array<int, 2> input{};
    EXPECT_EQ(pipe(input.data()), 0);
    input_ = input[1];
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input[0], 0);
    posix_spawn_file_actions_addopen(&actions, 1, said_.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                     0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    posix_spawn_file_actions_addclose(&actions, input[1]);
    arguments.insert(arguments.begin(), "openssl");
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    EXPECT_EQ(posix_spawn(&pid_, OPENSSL_PROGRAM, &actions, nullptr, pointers.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(input[0]);
  }

  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  ~Program() {
    close(input_);
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  void type(const std::string& line) {
    EXPECT_EQ(write(input_, line.data(), line.size()), static_cast<ssize_t>(line.size()));
  }

  std::string said() const {
    std::ifstream file{said_};
    return {std::istreambuf_iterator<char>{file}, {}};
  }

 private:
  std::filesystem::path said_;
  int input_ = -1;
  pid_t pid_ = 0;
};

class DtlsOpenssl : public testing::Test {
 protected:
  DtlsOpenssl() {
    std::string name = (std::filesystem::temp_directory_path() / "duet-dtls-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    const auto key = crypto::PrivateKey::generate_p256();
    const auto certificate = crypto::make_self_signed(today(), today() + std::chrono::days{1}, key);
    std::ofstream{folder_ / "key.pem"} << key.to_pem();
    std::ofstream{folder_ / "certificate.pem"} << certificate.to_pem();
    config_.identity = Identity::generate(today());
    config_.remote_fingerprints = {
        Fingerprint::of(crypto::HashAlgorithm::Sha384, as_bytes(certificate.to_der()))};
    config_.srtp_profiles = {srtp::Profile::Aes128CmSha1};
  }

  ~DtlsOpenssl() override { std::filesystem::remove_all(folder_); }

  std::vector<std::string> arguments(std::initializer_list<std::string> first) const {
    std::vector<std::string> all{first};
    for (const char* more : {"-dtls1_2", "-use_srtp", "SRTP_AES128_CM_SHA1_80", "-keymatexport",
                             "EXTRACTOR-dtls_srtp", "-keymatexportlen", "60"}) {
      all.emplace_back(more);
    }
    all.insert(all.end(), {"-cert", folder_ / "certificate.pem", "-key", folder_ / "key.pem"});
    return all;
  }

  /// Drives our end until `condition` holds, for ten seconds at most.
  template <class Condition>
  bool run_until(Transport& transport, Socket& socket, Condition condition) {
    for (const Instant end = now() + 10s; now() < end;) {
      while (auto event = transport.poll_event()) {
        if (auto* connected = std::get_if<Connected>(&*event)) keys_ = std::move(connected->keys);
        if (std::holds_alternative<Failed>(*event)) return false;
      }
      while (const auto data = transport.poll_data()) data_ += as_text(*data);
      while (const auto bytes = transport.poll_transmit()) socket.send(*bytes);
      if (condition()) return true;
      if (const auto datagram = socket.receive()) transport.handle_datagram(now(), *datagram);
      if (transport.next_timeout() <= now()) transport.handle_timeout(now());
    }
    return false;
  }

  static void send(Transport& transport, Socket& socket, std::string_view text) {
    std::vector<std::byte> out(text.size() + Transport::kMaxOverhead);
    const auto size = transport.send(as_bytes(text), out);
    ASSERT_TRUE(size);
    socket.send(std::span{out}.first(*size));
  }

  /// As openssl prints it: both keys, both salts, the client's first.
  static std::string material(const srtp::MasterKey& client, const srtp::MasterKey& server) {
    std::string text = crypto::hex(client.key()) + crypto::hex(server.key()) +
                       crypto::hex(client.salt()) + crypto::hex(server.salt());
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'a' ? static_cast<char>(c - 32) : c; });
    return text;
  }

  std::filesystem::path folder_;
  Config config_;
  std::optional<srtp::MasterKeys> keys_;
  std::string data_;
};

TEST_F(DtlsOpenssl, IsAServerForUs) {
  int port = 0;
  {
    const Socket free;
    port = free.port();
  }
  Program server{folder_, arguments({"s_server", "-accept", "127.0.0.1:" + std::to_string(port),
                                     "-Verify", "1"})};
  Socket socket;
  socket.set_peer(port);
  config_.role = Role::Client;
  Transport transport{now(), config_};
  ASSERT_TRUE(run_until(transport, socket, [&] { return keys_.has_value(); })) << server.said();
  send(transport, socket, "hello from duet\n");
  server.type("hello from openssl\n");
  EXPECT_TRUE(run_until(transport, socket, [&] {
    return data_ == "hello from openssl\n" &&
           server.said().find("hello from duet") != std::string::npos;
  })) << server.said();
  EXPECT_THAT(server.said(), HasSubstr(material(keys_->send, keys_->receive)));
}

TEST_F(DtlsOpenssl, IsAClientOfOurs) {
  Socket socket;
  config_.role = Role::Server;
  Transport transport{now(), config_};
  Program client{folder_,
                 arguments({"s_client", "-connect", "127.0.0.1:" + std::to_string(socket.port())})};
  ASSERT_TRUE(run_until(transport, socket, [&] { return keys_.has_value(); })) << client.said();
  send(transport, socket, "hello from duet\n");
  client.type("hello from openssl\n");
  EXPECT_TRUE(run_until(transport, socket, [&] {
    return data_ == "hello from openssl\n" &&
           client.said().find("hello from duet") != std::string::npos;
  })) << client.said();
  EXPECT_THAT(client.said(), HasSubstr(material(keys_->receive, keys_->send)));
}

TEST_F(DtlsOpenssl, IsRefusedWithAnotherCertificate) {
  config_.remote_fingerprints = {config_.identity->fingerprint()};
  config_.role = Role::Server;
  Socket socket;
  Transport transport{now(), config_};
  const Program client{
      folder_, arguments({"s_client", "-connect", "127.0.0.1:" + std::to_string(socket.port())})};
  EXPECT_FALSE(run_until(transport, socket, [&] { return keys_.has_value(); }));
  EXPECT_FALSE(keys_);
}

}  // namespace
}  // namespace duet::dtls
