// SPDX-License-Identifier: MIT
// VP8 in RTP: a descriptor can be written and reads the same; the rest as of every codec.
#include "depacketize.hpp"

namespace {

void check_descriptor(std::span<const std::byte> bytes) {
  duet::ByteReader in{bytes};
  const auto descriptor = duet::media::Vp8Descriptor::parse(in);
  if (!descriptor) return;
  std::array<std::byte, 8> buffer{};
  duet::rtp::ByteWriter out{buffer};
  descriptor->write(out);
  DUET_CHECK(out.ok());
  duet::ByteReader again{out.written()};
  DUET_CHECK(duet::media::Vp8Descriptor::parse(again) == descriptor && again.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_descriptor(std::as_bytes(std::span{data, size}));
  duet::fuzz::check_payloads(duet::media::Codec::Vp8, data, size);
  return 0;
}
