// SPDX-License-Identifier: MIT
// Two ends and the wires between them, in virtual time.
#pragma once

#include <duet/base/bytes.hpp>
#include <duet/dtls/transport.hpp>

#include <sim/seeded_openssl.hpp>
#include <sim/virtual_clock.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duet::dtls {

using Datagram = std::vector<std::byte>;

inline constexpr crypto::UnixTime kToday{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}};

/// One of a few that all tests share, the same on every run: making one takes as long as a
/// handshake.
inline std::shared_ptr<const Identity> shared_identity(std::size_t number) {
  static const auto kAll = [] {
    const sim::SeededOpenssl openssl{1};
    return std::array{Identity::generate(kToday), Identity::generate(kToday)};
  }();
  return kAll.at(number);
}

/// One end, and all that it has said.
struct End {
  End(Instant now, Config config) : transport{now, std::move(config)} {}

  void collect() {
    while (auto event = transport.poll_event()) {
      if (auto* connected = std::get_if<Connected>(&*event)) {
        is_connected = true;
        keys = std::move(connected->keys);
      } else if (const auto* failed = std::get_if<Failed>(&*event)) {
        failure = *failed;
      } else {
        is_closed = true;
      }
    }
    while (const auto bytes = transport.poll_data()) data.emplace_back(as_text(*bytes));
  }

  Transport transport;
  bool is_connected = false;
  std::optional<Instant> connected_at;
  bool is_closed = false;
  std::optional<srtp::MasterKeys> keys;
  std::optional<Failed> failure;
  std::vector<std::string> data;
};

/// Client and server, `delay` apart. What `filter` returns for a datagram is what arrives, each at
/// its own delay.
class Pair {
 public:
  struct Delivery {
    Datagram bytes;
    Duration delay;
  };

  using Filter = std::function<std::vector<Delivery>(bool from_client, Datagram bytes)>;

  explicit Pair(Duration delay = 10ms)
      : delay_{delay},
        clock_{now_},
        client_identity_{shared_identity(0)},
        server_identity_{shared_identity(1)} {
    client_config_ = config(client_identity_, *server_identity_, Role::Client);
    server_config_ = config(server_identity_, *client_identity_, Role::Server);
  }

  Config& client_config() { return client_config_; }

  Config& server_config() { return server_config_; }

  const Identity& client_identity() const { return *client_identity_; }

  const Identity& server_identity() const { return *server_identity_; }

  void set_filter(Filter filter) { filter_ = std::move(filter); }

  void start() {
    server_.emplace(now_, server_config_);
    client_.emplace(now_, client_config_);
    collect();
  }

  /// Until nothing is under way and nothing is waited for, or `limit` has passed.
  void run(Duration limit = 60s) {
    const Instant end = now_ + limit;
    collect();
    while (const auto next = next_event()) {
      if (*next > end) break;
      now_ = std::max(now_, *next);
      sim::VirtualClock::set(now_);
      step();
    }
  }

  void connect() {
    start();
    run();
  }

  /// How long after `start` the later one was connected.
  Duration connected_after(Instant start) const {
    return std::max(*client_->connected_at, *server_->connected_at) - start;
  }

  bool both_connected() const { return client_->is_connected && server_->is_connected; }

  End& client() { return *client_; }

  End& server() { return *server_; }

  Instant now() const { return now_; }

  /// Puts bytes before an end, now.
  void inject(End& end, std::span<const std::byte> bytes) {
    end.transport.handle_datagram(now_, bytes);
    collect();
  }

  /// As an application sends: one record, which takes its way.
  void send(End& from, std::string_view text) { post(from, *protect(from, text)); }

  static Result<Datagram, SendError> protect(End& from, std::string_view text) {
    Datagram out(text.size() + Transport::kMaxOverhead);
    const auto size = from.transport.send(as_bytes(text), out);
    if (!size) return fail(size.error());
    out.resize(*size);
    return out;
  }

  void collect() {
    for (End* end : {&*server_, &*client_}) {
      end->collect();
      if (end->is_connected && !end->connected_at) end->connected_at = now_;
      while (const auto bytes = end->transport.poll_transmit()) {
        post(*end, {bytes->begin(), bytes->end()});
      }
    }
  }

  /// Every datagram sent so far: whether by the client, and its bytes.
  const std::vector<std::pair<bool, Datagram>>& sent() const { return sent_; }

 private:
  struct UnderWay {
    Instant at;
    End* to;
    Datagram bytes;
  };

  static Config config(std::shared_ptr<const Identity> identity, const Identity& peer, Role role) {
    Config config;
    config.identity = std::move(identity);
    config.role = role;
    config.remote_fingerprints = {peer.fingerprint()};
    config.round_trip = 20ms;
    return config;
  }

  void post(End& from, Datagram bytes) {
    const bool from_client = &from == &*client_;
    sent_.emplace_back(from_client, bytes);
    std::vector<Delivery> deliveries{{std::move(bytes), delay_}};
    if (filter_) deliveries = filter_(from_client, std::move(deliveries.front().bytes));
    for (Delivery& delivery : deliveries) {
      wire_.push_back(
          {now_ + delivery.delay, from_client ? &*server_ : &*client_, std::move(delivery.bytes)});
    }
  }

  std::optional<Instant> next_event() const {
    std::optional<Instant> next;
    const auto consider = [&](std::optional<Instant> at) {
      if (at && (!next || *at < *next)) next = at;
    };
    for (const UnderWay& one : wire_) consider(one.at);
    consider(client_->transport.next_timeout());
    consider(server_->transport.next_timeout());
    return next;
  }

  void step() {
    const auto due = std::stable_partition(wire_.begin(), wire_.end(),
                                           [&](const UnderWay& one) { return one.at > now_; });
    std::vector<UnderWay> arrived(std::make_move_iterator(due),
                                  std::make_move_iterator(wire_.end()));
    wire_.erase(due, wire_.end());
    for (const UnderWay& one : arrived) {
      one.to->transport.handle_datagram(now_, one.bytes);
      collect();
    }
    for (End* end : {&*client_, &*server_}) {
      const auto timeout = end->transport.next_timeout();
      if (timeout && *timeout <= now_) end->transport.handle_timeout(now_);
    }
    collect();
  }

  Duration delay_;
  Instant now_{1h};
  sim::VirtualClock clock_;
  std::shared_ptr<const Identity> client_identity_;
  std::shared_ptr<const Identity> server_identity_;
  Config client_config_;
  Config server_config_;
  std::optional<End> client_;
  std::optional<End> server_;
  Filter filter_;
  std::vector<UnderWay> wire_;
  std::vector<std::pair<bool, Datagram>> sent_;
};

}  // namespace duet::dtls
