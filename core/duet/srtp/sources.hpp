// SPDX-License-Identifier: MIT
// What is remembered of each source of one direction.
#pragma once

#include <duet/base/rtp_ids.hpp>
#include <duet/srtp/replay_window.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace duet::srtp {

/// Sources of one direction, of RTP or of RTCP. Far more than a call has: a picture in three sizes,
/// each with its repair, and sound are eight. When it is full, further ones are refused and none is
/// forgotten, since a forgotten window would let its packets in again. 512 take 76 KB.
inline constexpr std::size_t kMaxSources = 512;

/// A window for each source. Grows with its first believed packet and at no other time.
class Sources {
 public:
  /// Null where nothing of that source has been believed. Valid until the next add().
  ReplayWindow* find(Ssrc ssrc) {
    // Packets of one source come in runs; otherwise a scan of 512 numbers takes 0.1 us.
    if (last_ < ssrcs_.size() && ssrcs_[last_] == ssrc) return &windows_[last_];
    const auto found = std::find(ssrcs_.begin(), ssrcs_.end(), ssrc);
    if (found == ssrcs_.end()) return nullptr;
    last_ = static_cast<std::size_t>(found - ssrcs_.begin());
    return &windows_[last_];
  }

  bool is_full() const { return ssrcs_.size() == kMaxSources; }

  /// One that is not there yet, while it isn't full.
  ReplayWindow& add(Ssrc ssrc) {
    last_ = ssrcs_.size();
    ssrcs_.push_back(ssrc);
    return windows_.emplace_back();
  }

 private:
  std::vector<Ssrc> ssrcs_;
  std::vector<ReplayWindow> windows_;
  std::size_t last_ = 0;
};

}  // namespace duet::srtp
