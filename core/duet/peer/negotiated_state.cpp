// SPDX-License-Identifier: MIT
// What the descriptions that hold say to the transport, and what changed about it.
#include <duet/peer/bundle.hpp>
#include <duet/peer/local_section.hpp>
#include <duet/peer/negotiation.hpp>

#include <algorithm>

namespace duet::peer {
namespace {

/// RFC 8841 §5: without sctp-port there is this one, and §6: without max-message-size this bound.
constexpr std::uint16_t kDefaultSctpPort = 5000;
constexpr std::uint64_t kDefaultMaxMessageSize = 64 * 1024;

/// RFC 8842 §5.1. Departs from RFC 4145 §4, where an answer without setup is passive: browsers take
/// it for active, and so does who leaves it out.
DtlsRole role_of_answerer(const sdp::MediaSection& answer) {
  return answer.transport.setup == sdp::Setup::Passive ? DtlsRole::Server : DtlsRole::Client;
}

DtlsRole other(DtlsRole role) {
  return role == DtlsRole::Client ? DtlsRole::Server : DtlsRole::Client;
}

const Transceiver* find_in(const std::vector<Transceiver>& all, TransceiverId id) {
  const auto found = std::find_if(
      all.begin(), all.end(), [&](const Transceiver& transceiver) { return transceiver.id == id; });
  return found == all.end() ? nullptr : &*found;
}

bool is_other(const Transceiver& a, const Transceiver& b) {
  return a.mid != b.mid || a.current_direction != b.current_direction ||
         a.parameters != b.parameters;
}

}  // namespace

const Negotiation::Applied* Negotiation::latest_local() const {
  if (pending_local_) return &*pending_local_;
  return current_local_ ? &*current_local_ : nullptr;
}

/// The pair that is in force: a provisional one, else the last one that was completed.
std::optional<Negotiation::AnsweredPair> Negotiation::answered_pair() const {
  const bool is_provisional =
      state_ == SignalingState::HaveLocalPranswer || state_ == SignalingState::HaveRemotePranswer;
  const auto& local = is_provisional ? pending_local_ : current_local_;
  const auto& remote = is_provisional ? pending_remote_ : current_remote_;
  if (!local || !remote) return std::nullopt;
  const bool local_answers = local->type != SdpType::Offer;
  return AnsweredPair{
      .local = &*local, .remote = &*remote, .answer = local_answers ? &*local : &*remote};
}

TransportParameters Negotiation::compute_transport() const {
  TransportParameters out;
  out.controlling = controlling_;
  if (const Applied* local = latest_local()) out.local_ice = ice_of(local->sdp);
  const auto pair = answered_pair();
  const auto tag = pair ? tagged_section(pair->answer->sdp) : std::nullopt;
  if (!tag) return out;
  const sdp::TransportAttributes& remote = pair->remote->sdp.sections()[*tag].transport;
  if (remote.ice_ufrag && remote.ice_pwd) {
    out.remote_ice = IceParameters{.ufrag = *remote.ice_ufrag, .pwd = *remote.ice_pwd};
  } else {
    out.remote_ice = ice_of(pair->remote->sdp);  // said in the section that offered the transport
  }
  out.remote_ice_lite = pair->remote->sdp.ice_lite();
  if (out.remote_ice_lite) out.controlling = true;  // RFC 8445 §6.1.1
  out.remote_trickle = remote.has_ice_option("trickle");
  out.remote_fingerprints = remote.fingerprints;
  const DtlsRole answerer = role_of_answerer(pair->answer->sdp.sections()[*tag]);
  out.dtls_role = pair->answer == pair->local ? answerer : other(answerer);
  return out;
}

std::optional<SctpParameters> Negotiation::compute_sctp() const {
  const auto pair = answered_pair();
  if (!pair) return std::nullopt;
  const auto& sections = pair->answer->sdp.sections();
  const auto found =
      std::find_if(sections.begin(), sections.end(), [](const sdp::MediaSection& section) {
        return section.is_data_channel() && !section.is_rejected();
      });
  if (found == sections.end()) return std::nullopt;
  const auto index = static_cast<std::size_t>(found - sections.begin());
  const sdp::MediaSection& local = pair->local->sdp.sections()[index];
  const sdp::MediaSection& remote = pair->remote->sdp.sections()[index];
  const std::uint64_t size = remote.max_message_size.value_or(kDefaultMaxMessageSize);
  return SctpParameters{
      .mid = remote.mid.value_or(std::string{}),
      .local_port = local.sctp_port.value_or(kDefaultSctpPort),
      .remote_port = remote.sctp_port.value_or(kDefaultSctpPort),
      .max_message_size = size == 0 ? std::nullopt : std::optional{size},
      .max_packet_size = remote.max_packet_size,
  };
}

void Negotiation::announce(const Before& before) {
  if (state_ != before.state) events_.emplace_back(SignalingStateChanged{state_});
  if (auto transport = compute_transport(); transport != transport_) {
    transport_ = std::move(transport);
    events_.emplace_back(TransportChanged{});
  }
  if (auto sctp = compute_sctp(); sctp != sctp_) {
    sctp_ = std::move(sctp);
    events_.emplace_back(SctpChanged{});
  }
  announce_transceivers(before.transceivers);
  hand_out_candidates();
  tell_candidates_again();
}

void Negotiation::announce_transceivers(const std::vector<Transceiver>& before) {
  for (const Transceiver& old : before) {
    const Transceiver* now = find(old.id);
    if (old.receiving && (now == nullptr || !now->receiving)) {
      events_.emplace_back(TrackRemoved{old.id});
    }
    if (now == nullptr) events_.emplace_back(TransceiverRemoved{old.id});
  }
  for (const Transceiver& now : transceivers_) {
    const Transceiver* old = find_in(before, now.id);
    if (old == nullptr ? now.mid.has_value() : is_other(*old, now)) {
      events_.emplace_back(TransceiverChanged{now.id});
    }
    if (now.receiving && (old == nullptr || !old->receiving))
      events_.emplace_back(TrackAdded{now.id});
  }
}

}  // namespace duet::peer
