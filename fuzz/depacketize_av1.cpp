// SPDX-License-Identifier: MIT
// AV1 in RTP: parts lie in their payload, and what was put together goes through a packetizer.
#include "depacketize.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  duet::fuzz::check_payloads(duet::media::Codec::Av1, data, size);
  return 0;
}
