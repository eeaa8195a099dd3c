// SPDX-License-Identifier: MIT
// An ICE agent as one machine, without sockets.
#pragma once

#include <duet/base/hash.hpp>
#include <duet/base/random.hpp>
#include <duet/base/result.hpp>
#include <duet/ice/checklist.hpp>
#include <duet/ice/event.hpp>
#include <duet/ice/local.hpp>
#include <duet/ice/stats.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duet::ice {

/// Why a candidate of the peer's was not taken. None is the caller's fault: ignore it and go on.
enum class AddError : std::uint8_t {
  OtherComponent,   ///< not 1: RTCP is multiplexed (RFC 8834 §4.5)
  OtherGeneration,  ///< its ufrag extension names another than set_remote_credentials()
  Unusable,         ///< port 0, no unicast address, loopback where that isn't allowed
  UnknownName,      ///< a name that isn't one of mDNS
  TooMany,          ///< Limits::remote_candidates
  Closed,
};

/// RFC 8445 with one stream and one component, RFC 8838, RFC 7675.
///
/// The owner gives it the addresses of the machine, the peer's credentials and candidates, all that
/// comes in at its sockets and streams, and the time; it takes what the agent wants sent
/// (poll_transmit()) and what happened (poll_event()).
///
/// Both ends may send as soon as a check of theirs was answered, and need not wait for nomination
/// (RFC 8445 §12.1): send() gives nothing before, and from then on always goes the best way.
///
/// Addresses given are never IPv4-mapped IPv6: unmap them first (IpAddress::unmapped()).
class Agent {
 public:
  /// RFC 7675 §5.1: consent ends when no check was answered for as long.
  static constexpr Duration kConsent = 30s;
  /// RFC 8863 §4: no agent gives up before, since the peer may find a path that we can't.
  static constexpr Duration kPatience = 39500ms;
  /// A lite agent doesn't check: a peer that hasn't checked for three times RFC 7675's 5 s is in
  /// doubt.
  static constexpr Duration kLiteSilence = 15s;

  Agent(Random& random, Config config);
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // --- this end's addresses: agent_gather.cpp

  /// A UDP socket that the shell has opened, one for each address of the machine; the best first.
  /// Its candidates follow as events. Known ones, and those beyond Limits, change nothing.
  void add_local_address(Instant now, const Endpoint& base);

  /// TCP (RFC 6544): where the shell listens, or, with port 0, an address to open connections from.
  void add_local_tcp_address(Instant now, const Endpoint& base);

  /// The address is gone, and with it all that left from there. If the selected pair did, another
  /// one is looked for at once.
  void remove_local_address(Instant now, const Endpoint& base);

  /// All addresses that the machine has were added, and all servers are known: gathering can be
  /// complete. Others may still come, and are told as candidates to who takes them.
  void end_of_local_addresses(Instant now);

  /// Until end_of_local_addresses() all addresses ask new servers at once; after it those that are
  /// added, and the others at restart(). Relays of servers that are among them again are kept, and
  /// get the new credential at once.
  void set_servers(Instant now, std::vector<Server> servers);

  // --- the peer: agent_remote.cpp

  const Credentials& local_credentials() const { return current_.local; }

  /// The peer's. Others than before are a restart of the peer's (RFC 8445 §9): ours change then,
  /// too, if restart() was not called before.
  /// @param is_lite  the peer said ice-lite (RFC 8839 §5.3): it never checks, and we control
  /// @return false if they aren't Credentials::is_acceptable(); nothing changes then
  bool set_remote_credentials(Instant now, const Credentials& credentials, bool is_lite = false);

  /// Nothing before they were set, and after a restart().
  const std::optional<Credentials>& remote_credentials() const { return current_.remote; }

  Result<CandidateId, AddError> add_remote_candidate(Instant now, const Candidate& candidate);

  /// RFC 8838 §14.
  void end_of_remote_candidates(Instant now);

  /// The answer to ResolveWanted; no address if there is none.
  void handle_resolved(Instant now, std::string_view name, std::optional<IpAddress> address);

  /// New credentials and new checks (RFC 8445 §9). Packets go on over the pair that was selected,
  /// until another is. Local candidates are told anew.
  /// @param credentials  ours from now on; nothing to have them made
  void restart(Instant now, std::optional<Credentials> credentials = std::nullopt);

  /// Takes restart() back, as a rollback of the offer does. Does nothing once there are remote
  /// credentials for it.
  void cancel_restart(Instant now);

  void set_role(Instant now, Role role);

  /// Ends everything: relays are given back, streams are to be closed. What is to be sent for that
  /// can be polled still.
  void close(Instant now);

  // --- packets: agent_receive.cpp, agent.cpp

  /// A datagram that came in at `base` from `remote`. Gives what is for the owner: payload from a
  /// peer that has shown that it knows our credentials, out of the relay's wrapping. Views `bytes`.
  std::optional<std::span<const std::byte>> handle_datagram(Instant now, const Endpoint& base,
                                                            const Endpoint& remote,
                                                            std::span<const std::byte> bytes);

  /// A frame of a stream (next_frame()). The same.
  std::optional<std::span<const std::byte>> handle_frame(Instant now, StreamId stream,
                                                         std::span<const std::byte> bytes);

  /// What carries `payload` to the peer. Nothing while there is no way, or no consent to use it.
  /// Copies and allocates nothing, and queues nothing: hence no poll.
  std::optional<Outgoing> send(Instant now, std::span<const std::byte> payload);

  /// Whether send() would give something.
  bool can_send(Instant now) const;

  // --- streams: agent_stream.cpp

  void handle_stream_connected(Instant now, StreamId stream);

  /// Somebody connected to a listening endpoint. Nothing: close the connection.
  std::optional<StreamId> handle_stream_accepted(Instant now, const Endpoint& local,
                                                 const Endpoint& remote);

  /// It ended, from whichever side, or could not be opened.
  void handle_stream_closed(Instant now, StreamId stream);

  // --- time and output: agent.cpp

  void handle_timeout(Instant now);
  std::optional<Instant> next_timeout() const;

  /// A packet to send now, or nothing. Valid until the next non-const call.
  std::optional<Outgoing> poll_transmit(Instant now);

  std::optional<Event> poll_event();

  // --- what it is like: agent_stats.cpp

  State state() const { return state_; }

  GatheringState gathering_state() const { return gathering_state_; }

  Role role() const { return role_; }

  std::optional<PairId> selected_pair() const { return current_.selected; }

  /// The smoothed round trip of the pair that packets go over, for DTLS' first timeout.
  std::optional<Duration> round_trip() const;

  std::vector<PairStats> pair_stats() const;
  std::vector<CandidateStats> candidate_stats() const;

  const Counters& counters() const { return counters_; }

 private:
  /// What begins anew with a restart.
  struct Generation {
    explicit Generation(Checklist pairs) : checklist{std::move(pairs)} {}

    Credentials local;
    std::optional<Credentials> remote;
    std::string heard_ufrag;  // the peer's, by its checks, while `remote` isn't known
    Checklist checklist;
    std::vector<RemoteCandidate> remotes;
    std::optional<PairId> selected;
    bool has_all_remotes = false;
    bool is_concluded = false;       // RFC 8445 §8.1.2: nothing better is looked for
    std::optional<Instant> give_up;  // kPatience after there was something to check
    std::optional<Instant> lost;     // when the selected pair ceased to work

    Pair* selected_pair() const { return selected ? checklist.find(*selected) : nullptr; }
  };

  /// A packet that waits to be polled.
  struct Packet {
    Source source;
    Endpoint to;
    std::vector<std::byte> bytes;
  };

  // agent.cpp
  void update(Instant now);
  void run_checks(Instant now);
  void start_check(Instant now, Pair& pair, Check::Kind kind);
  void transmit_check(Instant now, Generation& generation, Pair& pair);
  void fail_pair(Instant now, Generation& generation, Pair& pair,
                 std::optional<stun::ErrorCode> code);
  void handle_check_timeouts(Instant now, Generation& generation);
  void check_consent(Instant now);
  Instant next_consent(Instant now);
  void end_previous();
  void transmit(const Source& source, const Endpoint& to, std::span<const std::byte> bytes);
  std::optional<Outgoing> wrap(Instant now, const Source& source, const Endpoint& to,
                               std::span<const std::byte> payload);
  void emit(Event event);
  bool is_checking() const;
  void erase_pairs(Generation& generation, const std::function<bool(const Pair&)>& is_unwanted);
  Instant consent_due(const Pair& pair) const;

  // agent_nominate.cpp
  void nominate(Instant now);
  void select(Instant now, Pair& pair);
  void conclude();
  void handle_loss(Instant now);
  void update_sending(Instant now);
  void update_state(Instant now);
  State current_state(Instant now) const;
  bool is_answering(Instant now, const Pair& pair) const;
  bool speaks_elsewhere(const Pair& doubted) const;
  bool is_usable(Instant now, const Pair& pair) const;
  Duration patience_for(const Pair& pair) const;
  Pair* nominee(Instant now) const;
  bool needs_better(Instant now) const;

  // agent_gather.cpp
  void add_address(Instant now, const Endpoint& base, std::optional<TcpType> tcp);
  bool is_allowed(const IpAddress& address) const;
  std::string name_of(const IpAddress& address);
  void add_host(Instant now, const LocalAddress& address);
  void ask_servers(Instant now, const LocalAddress& address);
  void tell_failure(std::size_t server, const Endpoint& base, std::optional<stun::ErrorCode> code);
  bool is_asked(std::size_t server, const LocalAddress& address) const;
  void ask_relay(Instant now, std::size_t server, const LocalAddress& address);
  void open_relay(Instant now, Relay& relay);
  const LocalCandidate* add_local(Instant now, LocalCandidate local);
  void add_reflexive(Instant now, const Endpoint& mapped, const Endpoint& base, std::size_t server,
                     const Endpoint& at);
  void handle_query_timeouts(Instant now);
  bool handle_query_answer(Instant now, const Endpoint& base, const Endpoint& from,
                           const stun::Message& message);
  void handle_relay_events(Instant now);
  void handle_relay_ended(Instant now, Relay& relay, const turn::ClientEnded& ended);
  void handle_allocated(Instant now, Relay& relay, const turn::Allocated& allocated);
  void remove_relay(Instant now, RelayId id);
  void tell(const LocalCandidate& local);
  void update_gathering(Instant now);
  std::uint32_t foundation_of(CandidateType type, Protocol protocol, const IpAddress& base,
                              const std::optional<Endpoint>& server) const;
  std::uint32_t rank_for(IpAddress::Family family) const;
  const LocalAddress* find_address(const Endpoint& base, bool is_tcp) const;
  Relay* find_relay(RelayId id);
  const LocalCandidate* find_local(CandidateId id) const;
  void erase_locals(Instant now, const std::function<bool(const LocalCandidate&)>& is_gone);

  // agent_remote.cpp
  void form_pairs(Instant now);
  void form_pairs_with(Instant now, const RemoteCandidate& remote);
  Pair* form_pair(Instant now, const LocalCandidate& local, const RemoteCandidate& remote,
                  const Source& source);
  void begin_patience(Instant now);
  const RemoteCandidate* find_remote(CandidateId id) const;
  std::uint32_t remote_foundation(const std::string& text) const;
  void merge(Instant now, RemoteCandidate& known, const Candidate& told);
  void set_role_now(Role role);

  // agent_receive.cpp
  std::optional<std::span<const std::byte>> handle_packet(Instant now, const Source& source,
                                                          const Endpoint& remote,
                                                          std::span<const std::byte> bytes);
  void handle_stun(Instant now, const Source& source, const Endpoint& remote,
                   std::span<const std::byte> bytes);
  void handle_request(Instant now, const Source& source, const Endpoint& remote,
                      const stun::Message& request);
  void handle_answer(Instant now, const Source& source, const Endpoint& remote,
                     const stun::Message& answer);
  void handle_success(Instant now, Generation& generation, Pair& pair, const Check& check,
                      const stun::Message& answer);
  void handle_refusal(Instant now, Generation& generation, Pair& pair, const Check& check,
                      const stun::Message& answer);
  std::optional<std::span<const std::byte>> handle_relay_packet(Instant now, Relay& relay,
                                                                std::span<const std::byte> bytes);
  static void count_request(Instant now, Pair& pair);
  bool settle_roles(const CheckContent& content);
  const LocalCandidate* find_base(const Source& source);
  Pair* learn_pair(Instant now, const Source& source, const Endpoint& remote,
                   const LocalCandidate& local, std::uint32_t priority);
  bool forget_failed_remote();
  CandidateId learn_mapped(Instant now, const Pair& pair, const Endpoint& mapped);
  void handle_check_from_peer(Instant now, Pair& pair, bool use_candidate);
  void doubt_selected(Instant now);
  void handle_peer_nomination(Instant now, Pair& pair);

  void drop(Drop reason) { ++counters_.dropped[static_cast<std::size_t>(reason)]; }

  // agent_stream.cpp
  Stream* find_stream(StreamId id);
  StreamId want_stream(Carrier carrier, Framing framing, const Endpoint& local,
                       const Endpoint& remote, RelayId relay);
  void drop_stream(StreamId id);
  void handle_stream_timeouts(Instant now);

  /// So long after the last address, or the servers, became known gathering is complete whatever a
  /// server does: an application that waits for it before it says anything must not wait for TCP to
  /// a dead relay. A late answer is still told.
  static constexpr Duration kGatherPatience{std::chrono::seconds{10}};

  Random& random_;
  Config config_;
  KeyedHash hash_;
  Role role_;
  std::uint64_t tie_breaker_;
  bool peer_is_lite_ = false;
  bool is_closed_ = false;
  bool has_all_addresses_ = false;
  State state_ = State::New;
  GatheringState gathering_state_ = GatheringState::New;
  std::optional<Instant> gathering_deadline_;
  std::uint32_t last_id_ = 0;  // of candidates, relays and streams

  std::vector<LocalAddress> addresses_;
  std::vector<LocalCandidate> locals_;
  std::vector<Query> queries_;
  std::vector<Relay> relays_;
  std::vector<Stream> streams_;

  Generation current_;
  std::unique_ptr<Generation> previous_;  // since a restart: its selected pair only
  std::unique_ptr<Generation> replaced_;  // what a restart has ended that may be cancelled yet, if
                                          // no pair was selected: without pairs
  std::optional<Instant> previous_ends_;  // once another pair was selected
  Pair* sending_ = nullptr;               // in one of both; where send() goes
  Pacer pacer_;
  std::optional<Instant> nominate_at_;  // when better pairs are no longer waited for

  std::vector<Packet> packets_;
  std::size_t packets_polled_ = 0;
  std::vector<Event> events_;
  std::size_t events_polled_ = 0;
  Counters counters_;
};

}  // namespace duet::ice
