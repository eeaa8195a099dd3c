// SPDX-License-Identifier: MIT
// VP9 in RTP: a descriptor, its reserved bits aside, is written as it was read; the rest as of
// every codec.
#include "depacketize.hpp"

namespace {

void check_descriptor(std::span<const std::byte> bytes) {
  duet::ByteReader in{bytes};
  const auto descriptor = duet::media::Vp9Descriptor::parse(in);
  if (!descriptor) return;
  std::vector<std::byte> first(bytes.size());
  duet::rtp::ByteWriter out{first};
  descriptor->write(out);
  DUET_CHECK(out.ok() && out.size() == bytes.size() - in.size());
  duet::ByteReader again{out.written()};
  const auto reread = duet::media::Vp9Descriptor::parse(again);
  DUET_CHECK(reread && again.empty());
  std::vector<std::byte> second(bytes.size());
  duet::rtp::ByteWriter rewritten{second};
  reread->write(rewritten);
  DUET_CHECK(std::ranges::equal(out.written(), rewritten.written()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_descriptor(std::as_bytes(std::span{data, size}));
  duet::media::vp9_key_frame_size(std::as_bytes(std::span{data, size}));
  duet::fuzz::check_payloads(duet::media::Codec::Vp9, data, size);
  return 0;
}
