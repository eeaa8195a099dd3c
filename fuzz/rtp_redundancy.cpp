// SPDX-License-Identifier: MIT
// Redundant blocks and parity headers: blocks lie in the payload one after another, and what was
// read can be written and reads the same.
#include <duet/base/check.hpp>
#include <duet/rtp/red.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace {

using namespace duet;
using namespace duet::rtp;

void check_red(std::span<const std::byte> payload) {
  const auto red = Red::parse(Timestamp{7}, payload);
  if (!red) return;
  std::size_t sum = 0;
  for (const RedBlock& block : red->blocks()) sum += block.data.size();
  DUET_CHECK(!red->blocks().empty() && red->blocks().size() <= kMaxRedBlocks);
  DUET_CHECK(sum + 4 * (red->blocks().size() - 1) + 1 == payload.size());
  std::vector<std::byte> buffer(payload.size());
  DUET_CHECK(std::ranges::equal(write_red(red->blocks(), buffer), payload));
}

void check_parity(std::span<const std::byte> payload) {
  const auto header = UlpfecHeader::parse(payload);
  if (!header) return;
  DUET_CHECK(header->parity.size() == header->protected_size);
  DUET_CHECK(header->parity.empty() ||
             (header->parity.data() >= payload.data() + 14 &&
              header->parity.data() + header->parity.size() <= payload.data() + payload.size()));
  unsigned count = 0;
  for (int i = -60; i < 60; ++i) count += header->protects(header->base + i) ? 1 : 0;
  DUET_CHECK(count == static_cast<unsigned>(__builtin_popcountll(header->mask)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_red(std::as_bytes(std::span{data, size}));
  check_parity(std::as_bytes(std::span{data, size}));
  return 0;
}
