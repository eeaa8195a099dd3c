// SPDX-License-Identifier: MIT
// Who sends and what is sent are both numbers, and don't mix.
#include <duet/base/rtp_ids.hpp>

bool is_mine(duet::Ssrc mine, duet::Ssrc ssrc, duet::PayloadType payload_type) {
  (void)payload_type;
#ifdef RIGHT
  return mine == ssrc;
#else
  return mine == payload_type;
#endif
}
