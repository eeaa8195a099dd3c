// SPDX-License-Identifier: MIT
// Packets of sound in order.
#include <duet/base/check.hpp>
#include <duet/media/audio_packets.hpp>

#include <algorithm>

namespace duet::media {

bool AudioPackets::insert(const AudioPacket& packet, std::span<const std::byte> bytes) {
  const auto end = packets_.begin() + static_cast<std::ptrdiff_t>(count_);
  const auto after = std::find_if(packets_.begin(), end, [&](const AudioPacket& each) {
    return each.position >= packet.position;
  });
  if (after != end && after->position == packet.position) {
    if (!after->sequence) after->sequence = packet.sequence;
    return false;
  }
  if (count_ > 0 && packets_[count_ - 1].position - packet.position > kMaxSpan) return false;
  const bool is_first = after == packets_.begin();
  if (count_ == kMaxPackets && is_first) return false;

  auto index = after - packets_.begin();
  while (count_ > 0 &&
         (count_ == kMaxPackets || (!is_first && packet.position - front().position > kMaxSpan))) {
    pop_front();
    ++dropped_;
    --index;
  }
  const auto place = packets_.begin() + std::max<std::ptrdiff_t>(index, 0);
  const auto spare = packets_.begin() + static_cast<std::ptrdiff_t>(count_);
  spare->position = packet.position;
  spare->samples = packet.samples;
  spare->sequence = packet.sequence;
  spare->decoder = packet.decoder;
  spare->arrived = packet.arrived;
  spare->bytes.assign(bytes.begin(), bytes.end());
  std::rotate(place, spare, spare + 1);
  ++count_;
  return true;
}

void AudioPackets::pop_front() {
  DUET_CHECK(count_ > 0);
  std::rotate(packets_.begin(), packets_.begin() + 1,
              packets_.begin() + static_cast<std::ptrdiff_t>(count_));
  --count_;
}

}  // namespace duet::media
