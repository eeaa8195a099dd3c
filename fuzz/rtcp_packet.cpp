// SPDX-License-Identifier: MIT
// RTCP: packets cover their datagram, walks end within it, and what is read can be written again.
#include <duet/base/check.hpp>
#include <duet/rtp/rtcp.hpp>
#include <duet/rtp/rtcp_feedback.hpp>
#include <duet/rtp/rtcp_report.hpp>
#include <duet/rtp/rtcp_writer.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace {

using namespace duet;
using namespace duet::rtp;

template <class T>
std::vector<T> all(const Records<T>& records) {
  std::vector<T> out;
  for (const T record : records) out.push_back(record);
  DUET_CHECK(out.size() == records.size());
  return out;
}

RtcpPacket first_of(std::span<const std::byte> bytes) {
  const auto compound = RtcpCompound::parse(bytes);
  DUET_CHECK(compound.has_value());
  return *compound->begin();
}

class Again {
 public:
  void check(const RtcpPacket& packet) {
    if (const auto report = SenderReport::parse(packet)) check_report(*report);
    if (const auto report = ReceiverReport::parse(packet)) check_report(*report);
    if (const auto description = SourceDescription::parse(packet)) check_sdes(packet, *description);
    if (const auto bye = Bye::parse(packet)) check_bye(*bye);
    if (const auto report = ExtendedReport::parse(packet)) check_extended(*report);
    if (const auto feedback = Feedback::parse(packet)) check_feedback(*feedback);
  }

 private:
  void check_report(const SenderReport& report) {
    const auto blocks = all(report.blocks);
    RtcpWriter writer{buffer_};
    DUET_CHECK(writer.add_sender_report(report.ssrc, report.info, blocks));
    const auto again = SenderReport::parse(first_of(writer.finish()));
    DUET_CHECK(again && again->info == report.info && all(again->blocks) == blocks);
  }

  void check_report(const ReceiverReport& report) {
    const auto blocks = all(report.blocks);
    RtcpWriter writer{buffer_};
    DUET_CHECK(writer.add_receiver_report(report.ssrc, blocks));
    const auto again = ReceiverReport::parse(first_of(writer.finish()));
    DUET_CHECK(again && again->ssrc == report.ssrc && all(again->blocks) == blocks);
  }

  void check_sdes(const RtcpPacket& packet, const SourceDescription& description) {
    std::size_t chunks = 0;
    std::size_t bytes = 0;
    for (const SdesChunk& chunk : description) {
      ++chunks;
      for (const SdesItem item : chunk.items) bytes += 2 + item.text.size();
      const auto name = chunk.cname();
      if (name.empty()) continue;
      RtcpWriter writer{buffer_};
      DUET_CHECK(writer.add_cname(chunk.ssrc, name));
      const auto again = SourceDescription::parse(first_of(writer.finish()));
      DUET_CHECK(again && (*again->begin()).cname() == name);
    }
    DUET_CHECK(chunks == packet.count && bytes <= packet.body.size());
  }

  void check_bye(const Bye& bye) {
    std::vector<Ssrc> ssrcs;
    for (const Ssrc ssrc : bye.ssrcs) ssrcs.push_back(ssrc);
    RtcpWriter writer{buffer_};
    DUET_CHECK(writer.add_bye(ssrcs));
    DUET_CHECK(Bye::parse(first_of(writer.finish()))->ssrcs.size() == ssrcs.size());
  }

  void check_extended(const ExtendedReport& report) {
    const auto items = all(report.dlrr);
    RtcpWriter writer{buffer_};
    if (items.empty() || !writer.add_dlrr(report.ssrc, items)) return;
    DUET_CHECK(all(ExtendedReport::parse(first_of(writer.finish()))->dlrr) == items);
  }

  void check_feedback(const Feedback& feedback) {
    if (const auto nack = Nack::parse(feedback)) check_nack(feedback, *nack);
    if (const auto fir = parse_fir(feedback)) {
      RtcpWriter writer{buffer_};
      DUET_CHECK(writer.add_fir(feedback.sender, all(*fir)));
      const auto again = Feedback::parse(first_of(writer.finish()));
      DUET_CHECK(again && all(*parse_fir(*again)) == all(*fir));
    }
    if (const auto remb = Remb::parse(feedback)) {
      std::vector<Ssrc> ssrcs;
      for (const Ssrc ssrc : remb->ssrcs) ssrcs.push_back(ssrc);
      RtcpWriter writer{buffer_};
      DUET_CHECK(writer.add_remb(feedback.sender, remb->rate_bps, ssrcs));
      const auto again = Remb::parse(*Feedback::parse(first_of(writer.finish())));
      DUET_CHECK(again && again->rate_bps == remb->rate_bps);
    }
  }

  void check_nack(const Feedback& feedback, const Nack& nack) {
    std::vector<SequenceNumber> lost;
    for (const SequenceNumber number : nack) lost.push_back(number);
    DUET_CHECK(lost.size() <= feedback.control.size() / 4 * 17);
    RtcpWriter writer{buffer_};
    DUET_CHECK(writer.add_nack(feedback.sender, feedback.media, lost) == lost.size());
    const auto again = Nack::parse(*Feedback::parse(first_of(writer.finish())));
    std::vector<SequenceNumber> told;
    for (const SequenceNumber number : *again) told.push_back(number);
    // Near numbers of several items may share one, so the order can change.
    DUET_CHECK(told.size() <= lost.size());
    for (const SequenceNumber number : lost) DUET_CHECK(std::ranges::count(told, number) > 0);
    for (const SequenceNumber number : told) DUET_CHECK(std::ranges::count(lost, number) > 0);
  }

  std::vector<std::byte> buffer_ = std::vector<std::byte>(70000);
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto compound = RtcpCompound::parse(std::as_bytes(std::span{data, size}));
  if (!compound) return 0;
  std::size_t packets = 0;
  std::size_t bytes = 0;
  Again again;
  for (const RtcpPacket packet : *compound) {
    ++packets;
    bytes += 4 + packet.body.size();
    again.check(packet);
  }
  DUET_CHECK(packets > 0 && packets <= kMaxRtcpPackets && bytes <= size);
  return 0;
}
