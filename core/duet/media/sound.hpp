// SPDX-License-Identifier: MIT
// Sound as samples.
#pragma once

#include <duet/base/time.hpp>

#include <cstddef>
#include <cstdint>

namespace duet::media {

/// Everything between devices and codecs: 48,000 samples a second, signed 16 bits, channels
/// interleaved, one or two of them, in blocks of 10 ms.
inline constexpr int kSampleRate = 48'000;
inline constexpr std::size_t kBlockSamples = 480;  ///< of one channel
inline constexpr Duration kBlock = 10ms;
inline constexpr int kMaxChannels = 2;

using Sample = std::int16_t;

}  // namespace duet::media
