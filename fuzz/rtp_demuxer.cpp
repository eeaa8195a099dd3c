// SPDX-License-Identifier: MIT
// Packets of any stream to m-sections, through negotiations: a route is one that the description
// allows and stays until something says otherwise, what is dropped is counted, the table stays in
// its bounds.
#include <duet/base/bytes.hpp>
#include <duet/base/check.hpp>
#include <duet/rtp/demuxer.hpp>
#include <duet/rtp/packet_writer.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace duet::rtp {
namespace {

constexpr std::array<std::string_view, 4> kNames{"0", "1", "hi", "lo"};

class World {
 public:
  World() {
    extensions_.set(ExtensionType::Mid, 1);
    extensions_.set(ExtensionType::RtpStreamId, 2);
    extensions_.set(ExtensionType::RepairedRtpStreamId, 3);
    negotiate(0x1b);
  }

  void run(std::span<const std::uint8_t> input) {
    for (; input.size() >= 4; input = input.subspan(4)) step(input.first(4));
  }

 private:
  void step(std::span<const std::uint8_t> in) {
    switch (in[0] % 16) {
      case 0:
        return negotiate(in[1]);
      case 1:
        demuxer_.handle_bye(Ssrc{in[1]});
        DUET_CHECK(demuxer_.ssrcs() <= Demuxer::kMaxSsrcs);
        return;
      case 2:
        now_ += std::chrono::milliseconds{in[1] * 50};
        return;
      case 3: {
        const std::array text{std::byte{15}, std::byte{1}, static_cast<std::byte>(in[2])};
        return demuxer_.handle_source(now_, {.ssrc = Ssrc{in[1]}, .items = SdesItems{text}});
      }
      default:
        return route(in);
    }
  }

  /// Two bits choose the types of each of three sections, another bit whether there is simulcast.
  void negotiate(std::uint8_t bits) {
    sections_.clear();
    for (unsigned i = 0; i < (bits & 3u); ++i) {
      DemuxSection section{.mid = std::string{kNames[(i + (bits >> 7)) % 4]}};
      section.payloads.set(PayloadType{96}, {.role = Payload::Role::Media});
      section.payloads.set(PayloadType{static_cast<std::uint8_t>(100 + i)},
                           {.role = Payload::Role::Media});
      section.payloads.set(PayloadType{static_cast<std::uint8_t>(110 + i)},
                           {.role = Payload::Role::Rtx});
      if ((bits >> (2 + i) & 1) != 0) section.rids = {"hi", "lo"};
      if ((bits >> 5 & 1) != 0) section.ssrcs = {Ssrc{200 + i}, Ssrc{i}};
      sections_.push_back(section);
    }
    demuxer_.set_sections(now_, extensions_, sections_);
    DUET_CHECK(demuxer_.ssrcs() <= Demuxer::kMaxSsrcs);
  }

  void route(std::span<const std::uint8_t> in) {
    constexpr std::array<std::uint8_t, 8> kTypes{96, 100, 101, 102, 110, 111, 112, 5};
    std::array<std::byte, 64> buffer{};
    PacketWriter writer{
        buffer, {.payload_type = PayloadType{kTypes[in[2] % 8]}, .ssrc = Ssrc{in[1]}}, 0};
    const auto name = [&](unsigned bits) { return as_bytes(kNames[bits % 4]); };
    if ((in[3] & 4) != 0) writer.add_extension(1, name(in[3]));
    if ((in[3] & 0x20) != 0) writer.add_extension(2, name(in[3] >> 3));
    if ((in[3] & 0x80) != 0) writer.add_extension(3, name(in[3] >> 6));
    const auto packet = Packet::parse(writer.finish());
    DUET_CHECK(packet.has_value());
    const std::uint64_t dropped = drops();
    const auto route = demuxer_.route(now_, *packet);
    DUET_CHECK(demuxer_.ssrcs() <= Demuxer::kMaxSsrcs);
    if (!route) {
      DUET_CHECK(drops() == dropped + 1);
      return;
    }
    DUET_CHECK(drops() == dropped && route->section < sections_.size());
    const DemuxSection& section = sections_[route->section];
    DUET_CHECK(section.payloads.has(packet->payload_type()));
    DUET_CHECK(!route->rid || *route->rid < section.rids.size());
    if (const auto mid = packet->extension(1)) DUET_CHECK(as_text(*mid) == section.mid);
    // The same again goes the same way, and is not fresh any more.
    const auto again = demuxer_.route(now_, *packet);
    DUET_CHECK(again && !again->fresh && again->section == route->section);
    DUET_CHECK(again->rid == route->rid && again->repair == route->repair);
  }

  std::uint64_t drops() const {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < kDemuxDrops; ++i)
      sum += demuxer_.dropped(static_cast<DemuxDrop>(i));
    return sum;
  }

  Demuxer demuxer_;
  ExtensionMap extensions_;
  std::vector<DemuxSection> sections_;
  Instant now_{};
};

}  // namespace
}  // namespace duet::rtp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  duet::rtp::World{}.run({data, size});
  return 0;
}
