// SPDX-License-Identifier: MIT
// Packets of sound, sent as they are made.
#include <duet/call/outgoing_audio.hpp>

#include <algorithm>
#include <utility>

namespace duet::call {

OutgoingAudio::OutgoingAudio(net::PostBox& box, std::unique_ptr<device::AudioSource> source,
                             SoundThread::Filter filter, Ended ended)
    : thread_{box,
              std::move(source),
              std::move(filter),
              {.encoded = [this](const SoundThread::Packet& packet) { send(packet); },
               .ended = std::move(ended)}} {}

void OutgoingAudio::connect(PeerConnection* connection, peer::TransceiverId transceiver) {
  connection_ = connection;
  transceiver_ = transceiver;
  codec_.reset();
  packetizer_.reset();
  plan_.reset();
  update();
}

void OutgoingAudio::handle_negotiated(const peer::Transceiver& transceiver) {
  encoding_ = transceiver.bounded_encoding();
  const auto& codecs = transceiver.parameters.send;
  const auto chosen = std::ranges::find_if(
      codecs, [](const peer::Codec& one) { return media::codec_named(one.name).has_value(); });
  if (chosen == codecs.end()) {
    codec_.reset();
    return update();
  }
  codec_ = media::codec_named(chosen->name);
  const auto red = std::ranges::find_if(codecs, [&](const peer::Codec& one) {
    return one.name == "red" && one.clock_rate_hz == chosen->clock_rate_hz;
  });
  const media::AudioFormat format{
      .payload_type = chosen->payload_type,
      .red = red == codecs.end() ? std::nullopt : std::optional{red->payload_type},
      .clock_rate = media::clock_rate(*codec_)};
  if (packetizer_) {
    packetizer_->set_format(format);
  } else {
    packetizer_.emplace(format, rtp::Timestamp{});
  }
  redundancy_ = media::AudioRedundancy{{.red = format.red.has_value(),
                                        .nack = chosen->has_feedback("nack"),
                                        .fec = codec_ == media::Codec::Opus}};
  update();
}

void OutgoingAudio::handle_report(Instant now, double loss, std::optional<Duration> round_trip) {
  if (round_trip) redundancy_.set_round_trip(*round_trip);
  redundancy_.handle_loss(now, std::clamp(loss, 0.0, 1.0));
  update();
}

void OutgoingAudio::handle_rate(std::uint64_t rate_bps) {
  plan_.emplace(rate_bps);
  update();
}

void OutgoingAudio::set_muted(bool muted) {
  is_muted_ = muted;
  update();
}

void OutgoingAudio::set_encoding(const peer::EncodingParameters& encoding) {
  if (encoding_ == encoding) return;
  encoding_ = encoding;
  update();
}

void OutgoingAudio::update() {
  if (connection_ == nullptr || !codec_ || !encoding_.active)
    return thread_.set_target(std::nullopt);
  if (plan_) redundancy_.set_most(plan_->most_redundant(redundancy_.wanted()));
  const media::AudioProtection protection = redundancy_.protection();
  packetizer_->set_redundancy(protection.redundant);
  codec::AudioSettings settings{.channels = thread_.channels(),
                                .expected_loss = protection.expected_loss};
  settings.rate_bps =
      std::min(settings.rate_bps, encoding_.max_bitrate.value_or(settings.rate_bps));
  if (plan_) settings.rate_bps = plan_->rate_bps(protection.redundant, settings.rate_bps);
  thread_.set_target(
      SoundThread::Target{.codec = *codec_, .settings = settings, .is_muted = is_muted_});
}

void OutgoingAudio::send(const SoundThread::Packet& packet) {
  if (connection_ == nullptr || packet.codec != codec_) return;
  constexpr auto kLength = static_cast<std::int64_t>(codec::AudioEncoder::kPacketSamples);
  // Where the source paused, time went on.
  if (next_position_ && packet.position > *next_position_) {
    const auto missing = packet.position - *next_position_;
    (void)packetizer_->handle_packet({}, Duration{missing * 125 / 6});
  }
  next_position_ = packet.position + kLength;
  const auto payload = packetizer_->handle_packet(packet.bytes, 2 * media::kBlock);
  if (!payload) return;
  (void)connection_->send(transceiver_, {.payload_type = payload->payload_type,
                                         .timestamp = payload->timestamp,
                                         .marker = payload->marker,
                                         .payload = payload->payload,
                                         .captured_at = packet.captured});
}

}  // namespace duet::call
