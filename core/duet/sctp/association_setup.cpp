// SPDX-License-Identifier: MIT
// How an association comes about: INIT, its collision, cookies, restarts (RFC 9260 §5).
#include <duet/sctp/association.hpp>
#include <duet/sctp/wire.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace duet::sctp {

void Association::handle_init(const Packet& packet, const Chunk& chunk) {
  if (packet.chunks.size() > padded(kChunkHeaderSize + chunk.value.size())) {
    ++statistics_.chunks_dropped;  // RFC 9260 §8.5.1: INIT stands alone
    return;
  }
  const auto init = Init::parse(chunk.value, Init::Kind::Init);
  if (!init) {
    ++statistics_.chunks_dropped;
    return;
  }
  if (state_ == State::ShutdownAckSent) {  // RFC 9260 §9.2
    is_shutdown_due_ = true;
    return;
  }
  StateCookie cookie{.local_tag = local_.tag,
                     .local_initial_tsn = local_.initial_tsn,
                     .made = now_,
                     .peer = *init};
  if (state_ == State::CookieEchoed || is_connected()) {
    cookie.local_tie = local_.tag;
    cookie.peer_tie = peer_tag_;
  }
  if (is_connected()) {  // RFC 9260 §5.2.2: perhaps a restart; another tag tells its cookie apart
    cookie.local_tag = VerificationTag{static_cast<std::uint32_t>(random_.u64()) | 1};
    cookie.local_initial_tsn = Tsn{static_cast<std::uint32_t>(random_.u64())};
  }
  Init answer = local_;
  answer.tag = cookie.local_tag;
  answer.initial_tsn = cookie.local_initial_tsn;
  answer.cookie = cookies_.make(cookie);
  answer.unrecognized = init->unrecognized;
  reply(init->tag, ChunkType::InitAck, 0, answer.serialize());
}

void Association::handle_init_ack(const Chunk& chunk) {
  if (state_ != State::CookieWait) return;  // RFC 9260 §5.2.3
  auto ack = Init::parse(chunk.value, Init::Kind::InitAck);
  if (!ack) {
    ++statistics_.chunks_dropped;
    return;
  }
  cookie_ = std::move(ack->cookie);
  adopt_peer(*ack);
  state_ = State::CookieEchoed;
  is_setup_due_ = true;
  timeouts_ = backoff_ = 0;
  t1_.reset();
}

void Association::adopt_peer(const Init& peer) {
  // What went along with a cookie of another peer has come to nobody. It has to be cut anew, too:
  // this one may have fewer streams, and no interleaving.
  if (!outstanding_.empty()) {
    outstanding_.restart(local_.initial_tsn);
    queue_.restart();
    t3_.reset();
  }
  peer_tag_ = peer.tag;
  peer_window_ = peer.window;
  received_ = TsnTracker{peer.initial_tsn};
  reconfig_.start(local_.initial_tsn, peer.initial_tsn);
  agreed_ = {.forward_tsn = peer.extensions.forward_tsn,
             .interleaving = peer.extensions.interleaving && config_.interleaving,
             .reconfig = peer.extensions.reconfig,
             .zero_checksum = peer.extensions.zero_checksum && config_.zero_checksum};
  outgoing_streams_ = std::min(config_.outgoing_streams, peer.incoming_streams);
  incoming_streams_ = std::min(config_.incoming_streams, peer.outgoing_streams);
  queue_.drop_streams_from(outgoing_streams_);
  queue_.set_interleaving(agreed_.interleaving, peer.window / 2);
  forwarded_ = outstanding_.cumulative();
}

bool Association::handle_cookie_echo(const Packet& packet, const Chunk& chunk) {
  const auto cookie = cookies_.check(chunk.value);
  if (!cookie || packet.tag != cookie->local_tag) {
    ++statistics_.packets_dropped;
    return false;
  }
  const bool same_local = cookie->local_tag == local_.tag;
  const bool same_peer = cookie->peer.tag == peer_tag_;
  // RFC 9260 §5.1.5 4: a cookie of the association there is does not grow old.
  if (now_ - cookie->made > CookieMaker::kLifetime && !(same_local && same_peer)) {
    std::vector<std::byte> value;
    std::array<std::byte, 4> late{};
    store32(late.data(),
            static_cast<std::uint32_t>((now_ - cookie->made - CookieMaker::kLifetime).count()));
    append_parameter(value, static_cast<std::uint16_t>(Cause::StaleCookie), late);
    reply(cookie->peer.tag, ChunkType::Error, 0, std::move(value));
    return false;
  }

  // RFC 9260 §5.2.4, table 12.
  if (same_local && same_peer) {  // D: a repetition, or the other half of a collision
    if (!is_connected()) enter_established();
    is_cookie_ack_due_ = true;
    return true;
  }
  if (same_local) {  // B: our own INIT or its answer is still on its way
    if (is_connected()) return false;
    adopt_peer(cookie->peer);
    enter_established();
    is_cookie_ack_due_ = true;
    return true;
  }
  const bool same_ties = cookie->local_tie == local_.tag && cookie->peer_tie == peer_tag_;
  if (!same_peer && same_ties && is_connected()) {  // A: the peer begins anew
    if (state_ == State::ShutdownAckSent) {
      is_shutdown_due_ = true;
      report(Cause::CookieReceivedWhileShuttingDown, {});
      return false;
    }
    restart(*cookie);
    return true;
  }
  ++statistics_.packets_dropped;  // C, or what the table does not have
  return false;
}

void Association::restart(const StateCookie& cookie) {
  local_.tag = cookie.local_tag;
  local_.initial_tsn = cookie.local_initial_tsn;
  outstanding_.restart(local_.initial_tsn);
  queue_.restart();
  reassembly_.reset();
  reconfig_ = {};
  congestion_.reset();
  path_.reset();
  adopt_peer(cookie.peer);
  state_ = State::Established;
  heartbeat_.reset();
  probe_.reset();
  t2_.reset();
  t3_.reset();
  reconfig_time_.reset();
  timeouts_ = backoff_ = 0;
  sack_ = SackNeed::None;
  is_cookie_ack_due_ = true;
  push_event(Restarted{});
}

void Association::handle_cookie_ack() {
  if (state_ == State::CookieEchoed) enter_established();
}

void Association::handle_stale_cookie() {
  if (state_ != State::CookieEchoed) return;
  // RFC 9260 §5.2.6 (1): begin again. count_timeout() sees to it that this ends.
  if (!count_timeout()) return;
  state_ = State::CookieWait;
  peer_tag_ = {};
  is_setup_due_ = true;
}

void Association::enter_established() {
  state_ = State::Established;
  is_setup_due_ = false;
  cookie_ = std::vector<std::byte>{};
  t1_.reset();
  timeouts_ = backoff_ = 0;
  heartbeat_time_ = now_ + kHeartbeatInterval;
  path_.start();
  if (!outstanding_.empty()) arm_t3();
  if (!was_connected_) push_event(Connected{});
  was_connected_ = true;
}

}  // namespace duet::sctp
