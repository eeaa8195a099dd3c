// SPDX-License-Identifier: MIT
// Packets of sound, sent as they are made.
#include <duet/call/outgoing_audio.hpp>

#include <algorithm>
#include <utility>

namespace duet::call {

OutgoingAudio::OutgoingAudio(net::PostBox& box, std::unique_ptr<device::AudioSource> source,
                             SoundThread::Filter filter,
                             std::function<void(std::string error)> ended)
    : thread_{box,
              std::move(source),
              std::move(filter),
              {.encoded = [this](const SoundThread::Packet& packet) { send(packet); },
               .ended = std::move(ended)}} {}

void OutgoingAudio::connect(PeerConnection* connection, peer::TransceiverId transceiver) {
  connection_ = connection;
  transceiver_ = transceiver;
  codec_.reset();
  update();
}

void OutgoingAudio::handle_negotiated(const peer::Transceiver& transceiver) {
  codec_.reset();
  for (const peer::Codec& codec : transceiver.parameters.send) {
    if ((codec_ = media::codec_named(codec.name))) break;
  }
  update();
}

void OutgoingAudio::handle_loss(double loss) {
  loss_ = std::clamp(loss, 0.0, 1.0);
  update();
}

void OutgoingAudio::set_muted(bool muted) {
  is_muted_ = muted;
  update();
}

void OutgoingAudio::update() {
  if (connection_ == nullptr || !codec_) return thread_.set_target(std::nullopt);
  thread_.set_target(
      SoundThread::Target{.codec = *codec_,
                          .settings = {.channels = thread_.channels(), .expected_loss = loss_},
                          .is_muted = is_muted_});
}

void OutgoingAudio::send(const SoundThread::Packet& packet) {
  if (connection_ == nullptr || packet.codec != codec_) return;
  (void)connection_->send(transceiver_, {.timestamp = packet.timestamp, .payload = packet.bytes});
}

}  // namespace duet::call
