// SPDX-License-Identifier: MIT
// What the tests of this folder share: bytes out of hexadecimal digits, packets by a few numbers.
#pragma once

#include <duet/base/test_hex.hpp>
#include <duet/rtp/packet.hpp>
#include <duet/rtp/packet_writer.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace duet::rtp {

struct TestPacket {
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 1;
  std::uint8_t payload_type = 96;
  std::size_t payload = 10;  // bytes of it, each 0x55
  bool marker = false;
};

inline std::vector<std::byte> make_packet(const TestPacket& of) {
  std::vector<std::byte> bytes(kHeaderSize + of.payload);
  PacketWriter writer{bytes,
                      {.marker = of.marker,
                       .payload_type = PayloadType{of.payload_type},
                       .sequence = SequenceNumber{of.sequence},
                       .timestamp = Timestamp{of.timestamp},
                       .ssrc = Ssrc{of.ssrc}},
                      0};
  for (std::byte& b : writer.payload(of.payload)) b = std::byte{0x55};
  const auto written = writer.finish();
  bytes.resize(written.size());
  return bytes;
}

}  // namespace duet::rtp
