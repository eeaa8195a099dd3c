// SPDX-License-Identifier: MIT
// Sound of ours on its way to the other end.
#pragma once

#include <duet/call/sound_thread.hpp>
#include <duet/congestion/sound_plan.hpp>
#include <duet/media/audio_packetizer.hpp>
#include <duet/media/audio_redundancy.hpp>
#include <duet/rtc/peer_connection.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace duet::call {

class OutgoingAudio {
 public:
  OutgoingAudio(net::PostBox& box, std::unique_ptr<device::AudioSource> source,
                SoundThread::Filter filter, Ended ended);

  /// Where packets go from now on; nullptr: nowhere.
  void connect(PeerConnection* connection, peer::TransceiverId transceiver);
  /// The transceiver was negotiated.
  void handle_negotiated(const peer::Transceiver& transceiver);
  /// The other end's report of our packets: the more it misses, the more they say of each other.
  /// @param loss  0 to 1, since the report before
  void handle_report(Instant now, double loss, std::optional<Duration> round_trip);
  /// What it may take of the wire, heads and all.
  void handle_rate(std::uint64_t rate_bps);
  void set_muted(bool muted);
  /// What an application asks of the stream: nothing is sent while it isn't active, and Opus takes
  /// at most the rate.
  void set_encoding(const peer::EncodingParameters& encoding);

  bool is_muted() const { return is_muted_; }

 private:
  void update();
  void send(const SoundThread::Packet& packet);

  PeerConnection* connection_ = nullptr;
  peer::TransceiverId transceiver_{};
  std::optional<media::Codec> codec_;
  std::optional<media::AudioPacketizer> packetizer_;  // while there is a codec
  media::AudioRedundancy redundancy_{{}};
  std::optional<congestion::SoundPlan> plan_;  // nothing is known of the path: all that is useful
  std::optional<std::int64_t> next_position_;  // of the packet after the last one
  bool is_muted_ = false;
  peer::EncodingParameters encoding_;
  SoundThread thread_;  // last: it ends first
};

}  // namespace duet::call
