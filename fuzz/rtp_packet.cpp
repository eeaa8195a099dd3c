// SPDX-License-Identifier: MIT
// RTP packets: their parts cover them exactly, and what is read can be written again and reads the
// same.
#include <duet/base/check.hpp>
#include <duet/rtp/extension_value.hpp>
#include <duet/rtp/packet.hpp>
#include <duet/rtp/packet_writer.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace {

using namespace duet;
using namespace duet::rtp;

bool within(std::span<const std::byte> inner, std::span<const std::byte> outer) {
  return inner.empty() || (inner.data() >= outer.data() &&
                           inner.data() + inner.size() <= outer.data() + outer.size());
}

void check_again(const Packet& packet) {
  std::vector<std::byte> buffer(packet.bytes().size());
  const Extensions extensions = packet.extensions();
  PacketWriter writer{buffer,
                      {packet.marker(), packet.payload_type(), packet.sequence(),
                       packet.timestamp(), packet.ssrc()},
                      0,
                      extensions.form()};
  for (std::size_t i = 0; i < packet.csrc_count(); ++i) writer.add_csrc(packet.csrc(i));
  std::size_t elements = 0;
  for (const auto& element : extensions) {
    DUET_CHECK(element.id != 0 && within(element.value, packet.extension_data()));
    writer.add_extension(element.id, element.value);
    ++elements;
  }
  writer.add_payload(packet.payload());
  if (packet.padding_size() != 0) writer.add_padding(packet.padding_size());
  // The same without padding between elements: never longer.
  const auto written = writer.finish();
  DUET_CHECK(!written.empty() && written.size() <= packet.bytes().size());
  const auto again = Packet::parse(written);
  DUET_CHECK(again && again->sequence() == packet.sequence() && again->ssrc() == packet.ssrc());
  DUET_CHECK(again->marker() == packet.marker() && again->csrc_count() == packet.csrc_count());
  DUET_CHECK(std::ranges::equal(again->payload(), packet.payload()));
  DUET_CHECK(again->padding_size() == packet.padding_size());
  auto other = again->extensions().begin();
  for (const auto& element : extensions) {
    DUET_CHECK(!(other == std::default_sentinel) && (*other).id == element.id);
    DUET_CHECK(std::ranges::equal((*other).value, element.value));
    ++other;
    --elements;
  }
  DUET_CHECK(elements == 0 && other == std::default_sentinel);
}

void check_values(const Packet& packet) {
  for (const auto& element : packet.extensions()) {
    const auto found = packet.extension(element.id);
    DUET_CHECK(found && within(*found, packet.extension_data()));
    if (const auto value = AudioLevel::parse(element.value)) {
      DUET_CHECK(std::ranges::equal(value->serialize(), element.value));
    }
    if (const auto value = TransmissionOffset::parse(element.value)) {
      DUET_CHECK(std::ranges::equal(value->serialize(), element.value));
    }
    if (const auto value = PlayoutDelay::parse(element.value)) {
      DUET_CHECK(std::ranges::equal(value->serialize(), element.value));
    }
    if (const auto value = VideoOrientation::parse(element.value)) {
      DUET_CHECK(VideoOrientation::parse(value->serialize()) == value);
    }
    TransportSequence::parse(element.value);
    AbsCaptureTime::parse(element.value);
    DUET_CHECK(parse_name(element.value).size() <= element.value.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto packet = Packet::parse(std::as_bytes(std::span{data, size}));
  if (!packet) return 0;
  DUET_CHECK(packet->header_size() + packet->payload().size() + packet->padding_size() == size);
  DUET_CHECK(within(packet->extension_data(), packet->bytes()));
  check_again(*packet);
  check_values(*packet);
  return 0;
}
