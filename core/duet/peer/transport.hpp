// SPDX-License-Identifier: MIT
// The one way to the peer that a bundle shares: ICE, DTLS over it, SRTP by its keys.
#pragma once

#include <duet/base/random.hpp>
#include <duet/base/time.hpp>
#include <duet/dtls/transport.hpp>
#include <duet/ice/agent.hpp>
#include <duet/peer/transport_parameters.hpp>
#include <duet/srtp/receiver.hpp>
#include <duet/srtp/sender.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

namespace duet::peer {

/// W3C webrtc #dom-rtcdtlstransportstate.
enum class DtlsState : std::uint8_t { New, Connecting, Connected, Closed, Failed };

struct TransportConfig {
  std::shared_ptr<const dtls::Identity> identity;
  ice::Policy policy = ice::Policy::All;
  bool allows_loopback = false;
  bool hides_addresses = false;  ///< host candidates have mDNS names
  std::vector<ice::Server> servers;
  /// In order of preference, as dtls::Config has them.
  std::vector<srtp::Profile> srtp_profiles = dtls::Config{}.srtp_profiles;
  /// Bytes of data that one datagram may carry, as dtls::Config has it.
  std::size_t max_data = 2048;
};

/// Something from the peer, believed and decrypted.
struct Incoming {
  enum class Kind : std::uint8_t {
    Nothing,
    Rtp,
    Rtcp,
    Data  ///< ask poll_data() until it has no more
  };

  Kind kind = Kind::Nothing;
  std::span<std::byte> packet;  ///< of Rtp and Rtcp: in the memory that was given
};

/// What was dropped.
struct TransportCounters {
  std::uint64_t unknown = 0;      ///< neither DTLS nor RTP
  std::uint64_t early_media = 0;  ///< before there were keys
  std::uint64_t unauthentic = 0;  ///< or replayed
};

/// A machine of machines: it has no rules of its own but who is told of what.
///
/// ICE comes into being with our first description, DTLS when ICE has a way to the peer, SRTP when
/// DTLS has shown who the peer is. DTLS and media are taken from the peer that ICE has checked, and
/// from nobody else.
class Transport {
 public:
  Transport(Random& random, TransportConfig config);
  ~Transport();

  /// Carries out what descriptions say: see TransportParameters.
  void apply(Instant now, const TransportParameters& parameters);

  // Addresses of this machine, before there is an agent too; see ice::Agent.
  void add_local_address(Instant now, const Endpoint& base);
  void add_local_tcp_address(Instant now, const Endpoint& base);
  void remove_local_address(Instant now, const Endpoint& base);
  void end_of_local_addresses(Instant now);
  void set_servers(Instant now, std::vector<ice::Server> servers);

  /// nullptr before our first description.
  ice::Agent* ice() { return ice_.get(); }

  const ice::Agent* ice() const { return ice_.get(); }

  /// @param bytes  decrypted in place
  Incoming handle_datagram(Instant now, const Endpoint& base, const Endpoint& remote,
                           std::span<std::byte> bytes);
  Incoming handle_frame(Instant now, ice::StreamId stream, std::span<std::byte> bytes);

  void handle_timeout(Instant now);
  std::optional<Instant> next_timeout() const;

  /// What ICE and DTLS want sent. Valid until the next non-const call.
  std::optional<ice::Outgoing> poll_transmit(Instant now);

  /// The data of a record, an SCTP packet. Valid until the next non-const call other than this.
  std::optional<std::span<const std::byte>> poll_data();

  /// Protects a packet of SCTP's, and says which way it goes.
  /// @param memory  where the record goes, data + dtls::Transport::kMaxOverhead
  std::optional<ice::Outgoing> send_data(Instant now, std::span<const std::byte> data,
                                         std::span<std::byte> memory);

  /// Protects a packet in place.
  /// @param memory  `size` bytes of it, and srtp::kMaxRtcpOverhead more
  std::optional<ice::Outgoing> send_rtp(Instant now, std::span<std::byte> memory, std::size_t size);
  std::optional<ice::Outgoing> send_rtcp(Instant now, std::span<std::byte> memory,
                                         std::size_t size);

  /// A packet again, as send_rtp() protected it.
  std::optional<ice::Outgoing> send_protected(Instant now, std::span<const std::byte> packet);

  struct DtlsStateChanged {
    DtlsState state;
  };

  using Event = std::variant<ice::Event, DtlsStateChanged>;

  std::optional<Event> poll_event();

  /// Tells the peer (close_notify), which can be polled while ICE has a way.
  void close_dtls();
  /// Ends everything.
  void close(Instant now);

  /// Media and data can be sent.
  bool is_connected() const { return dtls_state_ == DtlsState::Connected; }

  bool has_media_keys() const { return sender_.has_value(); }

  DtlsState dtls_state() const { return dtls_state_; }

  const dtls::Transport* dtls() const { return dtls_.get(); }

  std::optional<srtp::Profile> srtp_profile() const;

  /// Why DTLS failed; empty otherwise.
  const std::optional<dtls::Failed>& failure() const { return failure_; }

  const TransportCounters& counters() const { return counters_; }

  const TransportConfig& config() const { return config_; }

 private:
  void make_agent(Instant now, const TransportParameters& parameters);
  void make_dtls(Instant now);
  void advance(Instant now);
  void handle_dtls_events();
  void set_dtls_state(DtlsState state);
  Incoming handle_payload(Instant now, std::span<std::byte> payload);

  Random& random_;
  TransportConfig config_;
  TransportParameters parameters_;

  // For the agent that is not there yet.
  struct LocalAddress {
    Endpoint base;
    bool is_tcp = false;
  };

  std::vector<LocalAddress> addresses_;
  bool has_all_addresses_ = false;

  std::unique_ptr<ice::Agent> ice_;
  std::unique_ptr<dtls::Transport> dtls_;
  std::optional<srtp::Sender> sender_;
  std::optional<srtp::Receiver> receiver_;
  DtlsState dtls_state_ = DtlsState::New;
  std::optional<dtls::Failed> failure_;
  std::vector<DtlsStateChanged> changes_;
  std::size_t changes_polled_ = 0;
  TransportCounters counters_;
};

}  // namespace duet::peer
