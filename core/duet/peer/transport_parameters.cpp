// SPDX-License-Identifier: MIT
// What tells one association from the next.
#include <duet/peer/transport_parameters.hpp>

#include <algorithm>

namespace duet::peer {

bool share_certificate(const std::vector<sdp::Fingerprint>& a,
                       const std::vector<sdp::Fingerprint>& b) {
  return std::ranges::any_of(
      a, [&](const sdp::Fingerprint& one) { return std::ranges::find(b, one) != b.end(); });
}

}  // namespace duet::peer
