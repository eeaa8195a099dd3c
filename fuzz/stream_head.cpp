// SPDX-License-Identifier: MIT
// Key frames as strangers send them: a size that is taken is one that a picture may have, and
// parameters that were read from a frame read the same alone.
#include <duet/base/check.hpp>
#include <duet/device/stream_head.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace duet;
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span{data, size}).subspan(1);
  const auto codec = static_cast<media::Codec>(data[0] % 4);
  const auto head = device::head_of({codec, {}, true, {bytes.begin(), bytes.end()}});
  if (!head) return 0;
  DUET_CHECK(head->size.width > 0 && head->size.width <= codec::kMaxSide);
  DUET_CHECK(head->size.height > 0 && head->size.height <= codec::kMaxSide);
  if (!head->parameters.empty()) {
    DUET_CHECK(device::head_of({codec, {}, true, head->parameters}) == head);
  }
  return 0;
}
