// SPDX-License-Identifier: MIT
// Perfect negotiation over a connection that is replaced when the other end turns out to be new.
#pragma once

#include <duet/call/allowance.hpp>
#include <duet/net/event_loop.hpp>
#include <duet/room/peer_message.hpp>
#include <duet/rtc/peer_connection.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace duet::call {

/// Of W3C webrtc #perfect-negotiation-example. Who hears `join` offers first and is impolite, who
/// hears `joined` is polite.
enum class Role : std::uint8_t { Impolite, Polite };

/// The page has the same (web/src/call/negotiation.ts), so that both ends of a call do the same.
class Negotiation {
 public:
  /// None of these may call reset() or destroy the negotiation.
  struct Handler {
    /// What a new connection is made with.
    std::function<rtc::Configuration()> configuration;
    /// What else is to be told of it; ice_candidate and negotiation_needed are taken.
    std::function<rtc::Handlers()> handlers;
    std::function<void(const room::PeerMessage&)> say;
    enum class Making : std::uint8_t { Offer, Answer };
    /// Give the connection its transceivers and channels; before every offer and answer.
    std::function<void(PeerConnection&, Making)> attach;
    /// A new connection stands; the former one, if there was one, is closed and goes after this.
    std::function<void(PeerConnection&, bool has_replaced)> made;
    /// A description was set, ours or the peer's.
    std::function<void(const char* event, const peer::SessionDescription&)> described;
  };

  /// @param runtime  outlives this
  Negotiation(rtc::Runtime& runtime, Handler handler);

  /// `join` or `joined` was heard, for the first time or after someone came back.
  void start(Role role);
  /// Seeks another path to the same peer; does nothing without one.
  void restart();
  void handle_description(const room::PeerDescription& description);
  void handle_candidate(const room::PeerCandidate& candidate);
  /// Ends the connection; a later start() makes a new one.
  void reset();

  PeerConnection* connection() { return connection_.get(); }

  const PeerConnection* connection() const { return connection_.get(); }

 private:
  /// Kept while no remote description stands; more than any honest peer trickles.
  static constexpr std::size_t kMaxEarlyCandidates = 200;
  /// New connections: each has sockets, and allocations at relays, and who is in the room can ask
  /// for them by offers and by coming again. Those beyond wait, and of several the last one counts.
  static constexpr int kMostAtOnce = 8;
  static constexpr Duration kEach = 500ms;

  bool may_replace();
  std::unique_ptr<PeerConnection> make();
  void install(std::unique_ptr<PeerConnection> connection);
  bool replace();
  void handle_allowed();
  void seek_path();
  void offer(bool restart);
  void handle_offer(const std::string& sdp);
  void handle_answer(const room::PeerDescription& answer);
  void handle_negotiation_needed();
  void say_candidate(const peer::IceCandidateInit& candidate);
  void add_early_candidates();
  void add_candidate(const room::PeerCandidate& candidate);
  bool is_from_another(std::string_view sdp) const;

  rtc::Runtime& runtime_;
  Handler handler_;
  Role role_ = Role::Polite;
  std::unique_ptr<PeerConnection> connection_;
  std::vector<room::PeerCandidate> early_;
  Allowance allowance_{kMostAtOnce, kEach};
  std::optional<std::string> waiting_offer_;  // for the allowance, as the next one
  bool seeks_ = false;
  net::Timer allowed_timer_;
};

}  // namespace duet::call
