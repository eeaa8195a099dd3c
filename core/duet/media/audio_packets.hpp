// SPDX-License-Identifier: MIT
// Packets of sound that wait to be decoded, in the order in which they are heard.
#pragma once

#include <duet/base/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace duet::media {

/// One codec's packet.
struct AudioPacket {
  std::int64_t position = 0;             ///< of its first sample, in samples at kSampleRate
  std::int64_t samples = 0;              ///< of one channel
  std::optional<std::int64_t> sequence;  ///< nothing for what another packet carried
  std::size_t decoder = 0;
  Instant arrived;
  std::vector<std::byte> bytes;
};

/// Keeps the memory of packets that have left for those that come.
class AudioPackets {
 public:
  static constexpr std::size_t kMaxPackets = 200;
  /// From the first to the last, in samples: 2 s. Where one comes later, the oldest leave.
  static constexpr std::int64_t kMaxSpan = 96'000;

  AudioPackets() : packets_(kMaxPackets) {}

  /// Copies `bytes`. False if there is one at its position, or no room for one that old.
  bool insert(const AudioPacket& packet, std::span<const std::byte> bytes);

  bool empty() const { return count_ == 0; }

  std::size_t size() const { return count_; }

  const AudioPacket& front() const { return packets_.front(); }

  void pop_front();

  void clear() { count_ = 0; }

  /// How many have left because there was no room.
  std::uint64_t dropped() const { return dropped_; }

 private:
  std::vector<AudioPacket> packets_;  // the first count_ of them wait, ordered by position
  std::size_t count_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace duet::media
