// SPDX-License-Identifier: MIT
// Sequence numbers wrap, so none is less than another: there is a distance.
#include <duet/rtp/types.hpp>

#ifdef RIGHT
bool is_older(duet::rtp::SequenceNumber a, duet::rtp::SequenceNumber b) {
  return distance(a, b) > 0;
}
#else
bool is_older(duet::rtp::SequenceNumber a, duet::rtp::SequenceNumber b) { return a < b; }
#endif
