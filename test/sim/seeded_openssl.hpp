// SPDX-License-Identifier: MIT
// The randomness that OpenSSL sees in tests.
#pragma once

#include <duet/base/random.hpp>

#include <cstdint>

namespace duet::sim {

/// While one lives, OpenSSL draws all its random bytes on this thread from the seed: keys, nonces
/// and signatures are the same on every run. Other threads, and this one afterwards, get real ones.
class SeededOpenssl {
 public:
  explicit SeededOpenssl(std::uint64_t seed);
  SeededOpenssl(const SeededOpenssl&) = delete;
  SeededOpenssl& operator=(const SeededOpenssl&) = delete;
  ~SeededOpenssl();

 private:
  SeededRandom random_;
  Random* outer_;
};

}  // namespace duet::sim
