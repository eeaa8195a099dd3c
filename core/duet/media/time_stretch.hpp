// SPDX-License-Identifier: MIT
// Makes sound a little shorter or longer and keeps its pitch: whole periods leave, or come twice.
#pragma once

#include <duet/media/sound.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace duet::media {

/// Samples over which one piece of sound turns into another.
inline constexpr std::size_t kCrossfade = 240;    // 5 ms
inline constexpr std::size_t kShortestLag = 120;  // 2.5 ms; a shorter period fits in several times
inline constexpr std::size_t kLongestLag = 720;   // 15 ms: a voice of 67 Hz

/// By how much sound may be moved to look like itself.
struct Lag {
  std::size_t samples = 0;  ///< 0: there is too little sound to tell
  double similarity = 0;    ///< -1 to 1; 1 also where there is next to nothing to hear
};

/// Compares `window` samples at `at` with those `lag` later, for each lag up to `longest`.
/// All counts are of one channel; of two, the sum is compared.
Lag find_lag(std::span<const Sample> sound, int channels, std::size_t at, std::size_t longest,
             std::size_t window);

/// `to`'s beginning gradually takes the place of `from`'s: the result is in `to`.
/// @param from, to  of the same size, interleaved
void crossfade(std::span<const Sample> from, std::span<Sample> to, int channels);

/// The sound from `begin` on gets shorter by `lag`. It has lag + kCrossfade samples or more.
/// @param begin  in samples of all channels, as an index of `sound`
void accelerate(std::vector<Sample>& sound, std::size_t begin, int channels, std::size_t lag);

/// The sound from `begin` on gets longer by `lag`. It has lag + kCrossfade samples or more.
void expand(std::vector<Sample>& sound, std::size_t begin, int channels, std::size_t lag);

}  // namespace duet::media
