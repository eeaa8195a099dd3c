// SPDX-License-Identifier: MIT
// The inside of Transport: what is let through to OpenSSL, and what comes of it.
#pragma once

#include <duet/dtls/association.hpp>
#include <duet/dtls/record.hpp>
#include <duet/dtls/transport.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace duet::dtls {

class Transport::Machine final : public Policy {
 public:
  explicit Machine(Config config);

  void set_role(Instant now, Role role);
  void set_remote_fingerprints(Instant now, std::vector<Fingerprint> fingerprints);
  void handle_datagram(Instant now, std::span<const std::byte> datagram);
  void handle_timeout(Instant now);
  std::optional<std::span<const std::byte>> poll_transmit();
  std::optional<Event> poll_event();
  std::optional<std::span<const std::byte>> poll_data();
  Result<std::size_t, SendError> send(std::span<const std::byte> data, std::span<std::byte> out);
  void close();

  bool accepts(std::span<const std::byte> certificate) override;
  Duration first_timeout() const override;

  /// Waits: for the role. Handshake: under way. Unnamed: done, with a peer whose fingerprints are
  /// not there yet. Ended: by either side, or failed.
  enum class State : std::uint8_t { Waits, Handshake, Unnamed, Connected, Ended };

  State state = State::Waits;
  Config config;
  Counters counters;
  std::unique_ptr<Association> association;  ///< from the role to the end
  std::optional<Instant> retransmit_at;
  std::optional<Instant> give_up_at;
  std::optional<Instant> rest_at;  ///< gives buffers back

 private:
  void handle_record(Instant now, const Record& record);
  void handle_clear(Instant now, const Record& record);
  bool may_be_next(const Record& record) const;
  void handle_protected(Instant now, const Record& record);
  void advance(Instant now, std::span<const std::byte> record);
  void finish_handshake(Instant now);
  void judge_peer(Instant now);
  void connect(Instant now);
  void read(Instant now, std::span<const std::byte> record);
  void keep(std::span<const std::byte> bytes);
  void judge_early(Instant now);
  void arm(Instant now);
  void fail(Failed failed);
  void end();

  std::vector<std::vector<std::byte>> early_;
  std::size_t early_size_ = 0;
  std::size_t protected_early_ = 0;
  std::optional<std::uint8_t> alert_in_the_clear_;
  bool is_certificate_wrong_ = false;

  std::vector<std::vector<std::byte>> outgoing_;  ///< those before sent_ have been polled
  std::size_t sent_ = 0;

  std::vector<std::byte> data_;     ///< of records, one after another
  std::vector<std::size_t> sizes_;  ///< of each of them
  std::size_t data_read_ = 0;       ///< bytes of data_ that were polled
  std::size_t sizes_read_ = 0;

  std::optional<Connected> connected_;
  std::optional<Event> ended_;
};

}  // namespace duet::dtls
