// SPDX-License-Identifier: MIT
// duet::PeerConnection: each call goes to the machine, and what it caused follows from the loop.
#include <duet/rtc/peer_connection.hpp>
#include <duet/rtc/session.hpp>

#include <utility>

namespace duet::rtc {

PeerConnection::PeerConnection(Runtime& runtime, Configuration configuration, Handlers handlers)
    : session_{std::make_shared<Session>(runtime, std::move(configuration), std::move(handlers))} {
  session_->start();
}

PeerConnection::~PeerConnection() {
  session_->silence();
  session_->close();
}

// The order matters: the machine is asked, and then the loop to look after it.
#define DUET_RTC_CALL(call)               \
  auto result = session_->machine().call; \
  session_->schedule();                   \
  return result

Result<peer::TransceiverId, Error> PeerConnection::add_transceiver(peer::MediaKind kind,
                                                                   peer::TransceiverInit init) {
  DUET_RTC_CALL(add_transceiver(session_->now(), kind, std::move(init)));
}

Result<peer::TransceiverId, Error> PeerConnection::add_track(peer::MediaKind kind,
                                                             std::string track_id,
                                                             std::vector<std::string> stream_ids) {
  DUET_RTC_CALL(add_track(session_->now(), kind, std::move(track_id), std::move(stream_ids)));
}

Result<void, Error> PeerConnection::remove_track(peer::TransceiverId id) {
  DUET_RTC_CALL(remove_track(session_->now(), id));
}

Result<void, Error> PeerConnection::replace_track(peer::TransceiverId id,
                                                  std::optional<std::string> track_id) {
  DUET_RTC_CALL(replace_track(session_->now(), id, std::move(track_id)));
}

Result<void, Error> PeerConnection::set_direction(peer::TransceiverId id,
                                                  peer::Direction direction) {
  DUET_RTC_CALL(set_direction(session_->now(), id, direction));
}

Result<void, Error> PeerConnection::set_codec_preferences(
    peer::TransceiverId id, std::vector<peer::CodecCapability> codecs) {
  DUET_RTC_CALL(set_codec_preferences(session_->now(), id, std::move(codecs)));
}

Result<peer::SendParameters, Error> PeerConnection::get_parameters(peer::TransceiverId id) {
  return session_->machine().get_parameters(id);
}

Result<void, Error> PeerConnection::set_parameters(peer::TransceiverId id,
                                                   const peer::SendParameters& parameters) {
  DUET_RTC_CALL(set_parameters(session_->now(), id, parameters));
}

Result<void, Error> PeerConnection::stop(peer::TransceiverId id) {
  DUET_RTC_CALL(stop(session_->now(), id));
}

Result<peer::SessionDescription, Error> PeerConnection::create_offer(peer::OfferOptions options) {
  DUET_RTC_CALL(create_offer(session_->now(), options));
}

Result<peer::SessionDescription, Error> PeerConnection::create_answer() {
  DUET_RTC_CALL(create_answer(session_->now()));
}

Result<void, Error> PeerConnection::set_local_description() {
  DUET_RTC_CALL(set_local_description(session_->now()));
}

Result<void, Error> PeerConnection::set_local_description(
    const peer::SessionDescription& description) {
  DUET_RTC_CALL(set_local_description(session_->now(), description));
}

Result<void, Error> PeerConnection::set_remote_description(
    const peer::SessionDescription& description) {
  DUET_RTC_CALL(set_remote_description(session_->now(), description));
}

Result<void, Error> PeerConnection::add_ice_candidate(const peer::IceCandidateInit& candidate) {
  DUET_RTC_CALL(add_ice_candidate(session_->now(), candidate));
}

Result<void, Error> PeerConnection::send(peer::TransceiverId transceiver,
                                         const peer::MediaPacket& packet) {
  DUET_RTC_CALL(send(session_->now(), transceiver, packet));
}

#undef DUET_RTC_CALL

void PeerConnection::restart_ice() {
  session_->machine().restart_ice(session_->now());
  session_->schedule();
}

void PeerConnection::set_wanted_rate(std::uint64_t rate_bps) {
  session_->machine().set_wanted_rate(rate_bps);
}

void PeerConnection::forget_missing(peer::TransceiverId transceiver, Ssrc ssrc,
                                    std::int64_t before) {
  session_->machine().forget_missing(transceiver, ssrc, before);
}

void PeerConnection::request_key_frame(peer::TransceiverId transceiver) {
  session_->machine().request_key_frame(transceiver);
  session_->schedule();
}

std::optional<peer::SessionDescription> PeerConnection::local_description() const {
  return session_->machine().negotiation().local_description();
}

std::optional<peer::SessionDescription> PeerConnection::remote_description() const {
  return session_->machine().negotiation().remote_description();
}

const std::vector<peer::Transceiver>& PeerConnection::transceivers() const {
  return session_->machine().negotiation().transceivers();
}

Result<std::shared_ptr<DataChannel>, Error> PeerConnection::create_data_channel(
    DataChannel::Init init) {
  const auto id = session_->machine().create_data_channel(session_->now(), std::move(init));
  session_->schedule();
  if (!id) return fail(id.error());
  return session_->channel(*id);
}

void PeerConnection::set_ice_servers(std::vector<IceServer> servers) {
  session_->set_ice_servers(std::move(servers));
}

void PeerConnection::close() { session_->close(); }

peer::StatsReport PeerConnection::get_stats(const peer::StatsSupplement& supplement) const {
  return peer::get_stats(session_->now(), session_->machine(), supplement);
}

peer::ConnectionState PeerConnection::connection_state() const {
  return session_->machine().connection_state();
}

peer::SignalingState PeerConnection::signaling_state() const {
  return session_->machine().signaling_state();
}

const peer::Connection& PeerConnection::machine() const { return session_->machine(); }

}  // namespace duet::rtc
