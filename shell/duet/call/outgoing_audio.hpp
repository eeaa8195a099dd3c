// SPDX-License-Identifier: MIT
// Sound of ours on its way to the other end.
#pragma once

#include <duet/call/sound_thread.hpp>
#include <duet/rtc/peer_connection.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace duet::call {

class OutgoingAudio {
 public:
  OutgoingAudio(net::PostBox& box, std::unique_ptr<device::AudioSource> source,
                SoundThread::Filter filter, std::function<void(std::string error)> ended);

  /// Where packets go from now on; nullptr: nowhere.
  void connect(PeerConnection* connection, peer::TransceiverId transceiver);
  /// The transceiver was negotiated.
  void handle_negotiated(const peer::Transceiver& transceiver);
  /// What the other end misses of our packets, 0 to 1: they say so much more of each other.
  void handle_loss(double loss);
  void set_muted(bool muted);

  bool is_muted() const { return is_muted_; }

 private:
  void update();
  void send(const SoundThread::Packet& packet);

  PeerConnection* connection_ = nullptr;
  peer::TransceiverId transceiver_{};
  std::optional<media::Codec> codec_;
  double loss_ = 0;
  bool is_muted_ = false;
  SoundThread thread_;  // last: it ends first
};

}  // namespace duet::call
