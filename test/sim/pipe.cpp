// SPDX-License-Identifier: MIT
// Chance, from a seeded source.
#include "pipe.hpp"

namespace duet::sim {

double uniform(Random& random) { return static_cast<double>(random.u64() >> 11) * 0x1p-53; }

bool happens(Random& random, double percent) {
  return percent > 0 && uniform(random) * 100 < percent;
}

}  // namespace duet::sim
