// SPDX-License-Identifier: MIT
// Many Socket.IO clients on raw WebSockets, driven by one epoll loop in one thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace duet::bench {

using Clock = std::chrono::steady_clock;

/// Clients 2k and 2k+1 share a room that no other swarm knows. Speaks Engine.IO 4 and Socket.IO
/// protocol 5, WebSocket only.
class Swarm {
 public:
  struct Counters {
    std::uint64_t seated = 0;   ///< requests for a seat that were granted
    std::uint64_t refused = 0;  ///< and that were not: `full`
    std::uint64_t relayed = 0;  ///< messages that arrived at the mate
    std::uint64_t echoed = 0;   ///< messages that came back as `log`
    std::uint64_t lost = 0;     ///< connections the server ended
  };

  /// @param port  of 127.0.0.1
  Swarm(std::uint16_t port, std::size_t clients);
  ~Swarm();
  Swarm(const Swarm&) = delete;
  Swarm& operator=(const Swarm&) = delete;

  /// Connects every client that is not, at most `in_flight` at a time, until all have a seat. Each
  /// shows the resume token of its last seat, if it was given one. Throws after `patience`.
  void seat_all(std::size_t in_flight, std::chrono::seconds patience);
  /// Resets every connection, as a network that goes away.
  void cut_all();

  /// Sends one `message` of `size` bytes (as a Socket.IO packet) that carries the time.
  void send_message(std::size_t client, std::size_t size);
  /// `seconds` of `per_second` messages, from each client in turn, one by one.
  /// @param busy  look for input all the time, so that times are exact
  void send_paced(double per_second, double seconds, std::size_t size, bool busy);
  /// Reads and answers for so long, or until `done` says so.
  void run_for(std::chrono::duration<double> time, const std::function<bool()>& done = {});

  const Counters& counters() const { return counters_; }

  /// From send to arrival at the mate (µs), in order of arrival; taken out.
  std::vector<float> take_latencies();

 private:
  enum class State : std::uint8_t { Off, Connecting, Upgrading, Opening, Joining, Seated };

  struct Client {
    int fd = -1;
    State state = State::Off;
    std::string token;
    std::string in;   // an unfinished frame
    std::string out;  // what the kernel did not take yet
  };

  void connect_client(std::size_t index);
  void close_client(Client& client);
  void handle_writable(std::size_t index);
  void handle_readable(std::size_t index);
  std::size_t handle_bytes(std::size_t index, std::string_view bytes);
  void handle_text(std::size_t index, std::string_view text);
  void send_text(Client& client, std::string_view text);
  void write(Client& client, std::string_view bytes);
  void watch(std::size_t index, std::uint32_t events, int operation);
  void turn(int timeout_ms);

  std::uint16_t port_;
  std::string rooms_;  // what their names begin with: seats of an earlier swarm may still be held
  int epoll_ = -1;
  std::vector<Client> clients_;
  Counters counters_;
  std::size_t settling_ = 0;  // between connect and seat
  std::size_t next_sender_ = 0;
  std::vector<float> latencies_;
  std::string frame_;
};

}  // namespace duet::bench
