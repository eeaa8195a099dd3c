// SPDX-License-Identifier: MIT
// An end of libusrsctp's, over memory and in virtual time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

struct socket;  // usrsctp's

namespace duet::usrsctp {

struct Options {
  bool interleaving = false;
  std::uint16_t streams = 1024;
};

struct Message {
  std::uint16_t stream = 0;
  std::uint32_t ppid = 0;
  std::vector<std::byte> bytes;
};

/// One at a time: libusrsctp is global.
class Peer {
 public:
  explicit Peer(Options options);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void connect();
  void handle_packet(std::span<const std::byte> bytes);
  void handle_time(std::uint32_t elapsed_ms);
  std::optional<std::vector<std::byte>> poll_transmit();

  struct How {
    bool is_unordered = false;
    std::optional<std::uint32_t> max_retransmits;
  };

  bool send(std::uint16_t stream, std::uint32_t ppid, std::span<const std::byte> bytes, How how);

  bool send(std::uint16_t stream, std::uint32_t ppid, std::span<const std::byte> bytes) {
    return send(stream, ppid, bytes, How{});
  }

  bool reset_stream(std::uint16_t stream);
  bool add_streams(std::uint16_t outgoing);
  void shutdown();

  bool is_up() const { return is_up_; }

  bool is_closed() const { return is_closed_; }

  std::vector<Message> messages;
  std::vector<std::uint16_t> incoming_resets;
  std::vector<std::uint16_t> outgoing_resets;

 private:
  friend struct Callbacks;

  struct socket* socket_ = nullptr;
  std::deque<std::vector<std::byte>> out_;
  std::vector<std::byte> partial_;
  bool is_up_ = false;
  bool is_closed_ = false;
};

}  // namespace duet::usrsctp
