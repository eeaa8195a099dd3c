// SPDX-License-Identifier: MIT
// getStats(): the connection, its channels, and its one transport.
#include <duet/base/base64.hpp>
#include <duet/base/bytes.hpp>
#include <duet/peer/stats_builder.hpp>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace duet::peer {

namespace {

constexpr std::string_view kDtls12 = "FEFD";  // RFC 6347 §4.1

std::string numbered(std::string_view what, std::uint64_t number) {
  return std::string{what} + std::to_string(number);
}

std::string id_of(bool is_remote, ice::CandidateId id) {
  return numbered(is_remote ? "remote-candidate-" : "local-candidate-", id.value());
}

}  // namespace

std::string_view type_of(const Stats& entry) {
  constexpr std::array<std::string_view, std::variant_size_v<Stats>> kTypes{"codec",
                                                                            "inbound-rtp",
                                                                            "outbound-rtp",
                                                                            "remote-inbound-rtp",
                                                                            "remote-outbound-rtp",
                                                                            "media-source",
                                                                            "peer-connection",
                                                                            "data-channel",
                                                                            "transport",
                                                                            "",
                                                                            "candidate-pair",
                                                                            "certificate"};
  if (const auto* candidate = std::get_if<IceCandidateStats>(&entry)) {
    return candidate->is_remote ? "remote-candidate" : "local-candidate";
  }
  return kTypes[entry.index()];
}

const StatsEntry& entry_of(const Stats& entry) {
  return std::visit([](const auto& one) -> const StatsEntry& { return one; }, entry);
}

void StatsBuilder::add_connection() {
  auto entry = begin<PeerConnectionStats>("peer-connection");
  const auto counters = connection_.channel_counters();
  entry.data_channels_opened = counters.opened;
  entry.data_channels_closed = counters.closed;
  report_.entries.emplace_back(std::move(entry));
}

void StatsBuilder::add_channels() {
  const data_channel::Channels* channels = connection_.channels();
  if (channels == nullptr) return;
  for (const data_channel::ChannelId id : channels->ids()) {
    auto entry = begin<DataChannelStats>(numbered("data-channel-", id.value()));
    const data_channel::ChannelInit& init = *channels->find(id);
    const data_channel::ChannelCounters counters = channels->counters(id);
    entry.label = init.label;
    entry.protocol = init.protocol;
    entry.data_channel_identifier = init.id;
    entry.state = channels->state(id);
    entry.messages_sent = counters.messages_sent;
    entry.bytes_sent = counters.bytes_sent;
    entry.messages_received = counters.messages_received;
    entry.bytes_received = counters.bytes_received;
    report_.entries.emplace_back(std::move(entry));
  }
}

void StatsBuilder::add_transport() {
  const Transport& transport = connection_.transport();
  const ice::Agent* agent = transport.ice();
  if (agent == nullptr) return;  // W3C: there is a transport from the first description on
  auto entry = begin<TransportStats>(std::string{kTransportStatsId});
  const ice::Counters& counters = agent->counters();
  entry.packets_sent = counters.packets_sent;
  entry.packets_received = counters.packets_received;
  entry.bytes_sent = counters.bytes_sent;
  entry.bytes_received = counters.bytes_received;
  entry.ice_role = agent->role();
  entry.ice_local_username_fragment = agent->local_credentials().ufrag;
  entry.ice_state = agent->state();
  entry.selected_candidate_pair_changes = counters.selections;
  add_candidates(*agent);
  entry.selected_candidate_pair_id = add_pairs(*agent);

  entry.dtls_state = transport.dtls_state();
  entry.local_certificate_id =
      add_certificate(as_bytes(transport.config().identity->certificate().to_der()));
  if (const dtls::Transport* dtls = transport.dtls()) {
    entry.dtls_role = dtls->role();
    if (dtls->is_connected()) {
      entry.tls_version = kDtls12;
      entry.dtls_cipher = dtls->cipher();
      entry.remote_certificate_id = add_certificate(dtls->remote_certificate());
    }
    if (const auto profile = transport.srtp_profile()) entry.srtp_cipher = srtp::name(*profile);
  }
  report_.entries.emplace_back(std::move(entry));
}

std::string StatsBuilder::add_certificate(std::span<const std::byte> der) {
  const auto fingerprint = dtls::Fingerprint::of(crypto::HashAlgorithm::Sha256, der);
  auto entry = begin<CertificateStats>("certificate-" + fingerprint.hex());
  std::string id = entry.id;
  if (report_.find<CertificateStats>(id) != nullptr) return id;  // both ends have the same
  entry.fingerprint = fingerprint.hex();
  entry.fingerprint_algorithm = fingerprint.hash_function();
  base64_append(entry.base64_certificate, der);
  report_.entries.emplace_back(std::move(entry));
  return id;
}

/// RFC 7064, RFC 7065. Of the server's address: its name was resolved elsewhere.
std::string StatsBuilder::url_of(std::size_t server) const {
  const auto& servers = connection_.transport().config().servers;
  if (server >= servers.size()) return {};
  const ice::Server& one = servers[server];
  if (one.kind == ice::Server::Kind::Stun) return "stun:" + one.endpoint.to_string();
  const bool is_tls = one.carrier == ice::Carrier::Tls;
  return (is_tls ? "turns:" : "turn:") + one.endpoint.to_string() +
         (one.carrier == ice::Carrier::Udp ? "?transport=udp" : "?transport=tcp");
}

void StatsBuilder::add_candidates(const ice::Agent& agent) {
  for (const ice::CandidateStats& stats : agent.candidate_stats()) {
    const ice::Candidate& candidate = stats.candidate;
    auto entry = begin<IceCandidateStats>(id_of(stats.is_remote, stats.id));
    entry.is_remote = stats.is_remote;
    entry.transport_id = kTransportStatsId;
    if (!candidate.is_named()) entry.address = candidate.endpoint.address.to_string();
    entry.port = candidate.endpoint.port;
    entry.protocol = candidate.protocol;
    entry.candidate_type = candidate.type;
    entry.priority = candidate.priority;
    if (stats.server) entry.url = url_of(*stats.server);
    entry.relay_protocol = stats.relay;
    entry.foundation = candidate.foundation;
    if (candidate.related) {
      entry.related_address = candidate.related->address.to_string();
      entry.related_port = candidate.related->port;
    }
    entry.username_fragment = stats.ufrag;
    entry.tcp_type = candidate.tcp_type;
    report_.entries.emplace_back(std::move(entry));
  }
}

/// @return the id of the pair that packets go over, or empty
std::string StatsBuilder::add_pairs(const ice::Agent& agent) {
  std::string selected;
  for (const ice::PairStats& stats : agent.pair_stats()) {
    auto entry = begin<IceCandidatePairStats>(numbered("candidate-pair-", stats.id.value()));
    const ice::PairCounters& counters = stats.counters;
    entry.transport_id = kTransportStatsId;
    entry.local_candidate_id = id_of(false, stats.local);
    entry.remote_candidate_id = id_of(true, stats.remote);
    // A candidate may be gone before the pair that it made has ended.
    for (std::string* id : {&entry.local_candidate_id, &entry.remote_candidate_id}) {
      if (report_.find<IceCandidateStats>(*id) == nullptr) id->clear();
    }
    entry.state = stats.state;
    entry.nominated = stats.is_nominated;
    entry.priority = stats.priority;
    entry.packets_sent = counters.packets_sent;
    entry.packets_received = counters.packets_received;
    entry.bytes_sent = counters.bytes_sent;
    entry.bytes_received = counters.bytes_received;
    entry.last_packet_sent_timestamp = time_of(counters.last_sent);
    entry.last_packet_received_timestamp = time_of(counters.last_received);
    entry.total_round_trip_time = counters.total_round_trip;
    entry.current_round_trip_time = counters.current_round_trip;
    entry.requests_received = counters.requests_received;
    entry.requests_sent = counters.requests_sent;
    entry.responses_received = counters.responses_received;
    entry.responses_sent = counters.responses_sent;
    entry.consent_requests_sent = counters.consent_requests_sent;
    if (stats.is_selected) {
      selected = entry.id;
      if (const MediaControl* control = connection_.media().control()) {
        entry.available_outgoing_bitrate = static_cast<double>(control->target_bps());
      }
      entry.available_incoming_bitrate = supplement_.available_incoming_bitrate;
    }
    report_.entries.emplace_back(std::move(entry));
  }
  return selected;
}

StatsReport get_stats(Instant now, const Connection& connection,
                      const StatsSupplement& supplement) {
  StatsBuilder builder{now, connection, supplement};
  builder.add_connection();
  builder.add_transport();
  builder.add_channels();
  for (const Transceiver& transceiver : connection.negotiation().transceivers()) {
    builder.add_transceiver(transceiver);
  }
  return builder.take();
}

}  // namespace duet::peer
