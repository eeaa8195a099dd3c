// SPDX-License-Identifier: MIT
// RTCP into bytes.
#include <duet/base/bytes.hpp>
#include <duet/base/check.hpp>
#include <duet/rtp/rtcp_writer.hpp>

#include <algorithm>
#include <bit>

namespace duet::rtp {
namespace {

constexpr std::size_t kFeedbackHeader = 12;

void put(ByteWriter& out, const ReportBlock& block) {
  out.u32(block.ssrc.value());
  // RFC 3550 §6.4.1, A.3: the loss stops at what 24 bits hold.
  const std::int32_t lost = std::clamp(block.cumulative_lost, -0x800000, 0x7FFFFF);
  out.u8(block.fraction_lost);
  out.u24(static_cast<std::uint32_t>(lost) & 0xFFFFFF);
  out.u32(block.highest_sequence);
  out.u32(block.jitter);
  out.u32(block.last_sender_report);
  out.u32(block.delay_since_last_sr);
}

}  // namespace

RtcpWriter::RtcpWriter(std::span<std::byte> buffer, std::size_t tail_room)
    : out_{buffer.first(buffer.size() - std::min(tail_room, buffer.size()))} {}

void RtcpWriter::begin(RtcpType type, std::size_t count) {
  start_ = out_.size();
  out_.u8(0x80 | count);
  out_.u8(static_cast<std::uint8_t>(type));
  out_.u16(0);
}

bool RtcpWriter::end() {
  if (out_.ok()) out_.zeros((4 - out_.size() % 4) % 4);
  const std::size_t words = (out_.size() - start_) / 4;
  if (!out_.ok() || words == 0 || words > 0x10000) {
    out_.rewind(start_);
    return false;
  }
  out_.set_u16(start_ + 2, words - 1);
  return true;
}

bool RtcpWriter::add_sender_report(Ssrc ssrc, const SenderInfo& info,
                                   std::span<const ReportBlock> blocks) {
  DUET_CHECK(blocks.size() <= kMaxReportBlocks);
  begin(RtcpType::SenderReport, blocks.size());
  out_.u32(ssrc.value());
  out_.u64(info.ntp.value());
  out_.u32(info.rtp.value());
  out_.u32(info.packet_count);
  out_.u32(info.octet_count);
  for (const ReportBlock& block : blocks) put(out_, block);
  return end();
}

bool RtcpWriter::add_receiver_report(Ssrc ssrc, std::span<const ReportBlock> blocks) {
  DUET_CHECK(blocks.size() <= kMaxReportBlocks);
  begin(RtcpType::ReceiverReport, blocks.size());
  out_.u32(ssrc.value());
  for (const ReportBlock& block : blocks) put(out_, block);
  return end();
}

bool RtcpWriter::add_cname(Ssrc ssrc, std::string_view cname) {
  DUET_CHECK(!cname.empty() && cname.size() <= 255);
  begin(RtcpType::SourceDescription, 1);
  out_.u32(ssrc.value());
  out_.u8(static_cast<std::uint8_t>(SdesType::Cname));
  out_.u8(cname.size());
  out_.bytes(as_bytes(cname));
  out_.u8(0);  // the list ends with a null octet, and more of them up to a word
  return end();
}

bool RtcpWriter::add_bye(std::span<const Ssrc> ssrcs) {
  DUET_CHECK(ssrcs.size() <= kMaxReportBlocks);
  begin(RtcpType::Bye, ssrcs.size());
  for (const Ssrc ssrc : ssrcs) out_.u32(ssrc.value());
  return end();
}

bool RtcpWriter::add_reference_time(Ssrc ssrc, NtpTime now) {
  begin(RtcpType::ExtendedReport, 0);
  out_.u32(ssrc.value());
  out_.u8(4);
  out_.u8(0);
  out_.u16(2);
  out_.u64(now.value());
  return end();
}

bool RtcpWriter::add_dlrr(Ssrc ssrc, std::span<const DlrrItem> items) {
  if (items.empty()) return false;
  begin(RtcpType::ExtendedReport, 0);
  out_.u32(ssrc.value());
  out_.u8(5);
  out_.u8(0);
  out_.u16(3 * items.size());
  for (const DlrrItem& item : items) {
    out_.u32(item.ssrc.value());
    out_.u32(item.last_reference);
    out_.u32(item.delay_since_last_rr);
  }
  return end();
}

std::size_t RtcpWriter::add_nack(Ssrc sender, Ssrc media, std::span<const SequenceNumber> lost) {
  if (lost.empty() || left_for_feedback() < 4) return 0;
  begin(RtcpType::TransportFeedback, static_cast<std::size_t>(TransportFormat::Nack));
  out_.u32(sender.value());
  out_.u32(media.value());
  std::size_t taken = 0;
  while (taken < lost.size() && out_.left() >= 4) {  // RFC 4585 §6.2.1
    const SequenceNumber pid = lost[taken++];
    std::uint32_t blp = 0;
    for (; taken < lost.size(); ++taken) {
      const int behind = distance(pid, lost[taken]);
      if (behind < 1 || behind > 16) break;
      blp |= 1u << (behind - 1);
    }
    out_.u16(pid.value());
    out_.u16(blp);
  }
  return end() ? taken : 0;
}

bool RtcpWriter::add_pli(Ssrc sender, Ssrc media) {
  begin(RtcpType::PayloadFeedback, static_cast<std::size_t>(PayloadFormat::Pli));
  out_.u32(sender.value());
  out_.u32(media.value());
  return end();
}

bool RtcpWriter::add_fir(Ssrc sender, std::span<const FirEntry> entries) {
  begin(RtcpType::PayloadFeedback, static_cast<std::size_t>(PayloadFormat::Fir));
  out_.u32(sender.value());
  out_.u32(0);  // RFC 5104 §4.3.1.2: "not used and SHALL be set to 0"
  for (const FirEntry& entry : entries) {
    out_.u32(entry.ssrc.value());
    out_.u8(entry.sequence);
    out_.u24(0);
  }
  return end();
}

bool RtcpWriter::add_remb(Ssrc sender, std::uint64_t rate_bps, std::span<const Ssrc> ssrcs) {
  DUET_CHECK(ssrcs.size() <= 255);
  begin(RtcpType::PayloadFeedback, static_cast<std::size_t>(PayloadFormat::Application));
  out_.u32(sender.value());
  out_.u32(0);
  out_.bytes(as_bytes("REMB"));
  const auto width = static_cast<unsigned>(std::bit_width(rate_bps));
  const unsigned exponent = std::max(width, 18u) - 18;  // the mantissa has 18 bits
  out_.u32(ssrcs.size() << 24 | std::uint64_t{exponent} << 18 | rate_bps >> exponent);
  for (const Ssrc ssrc : ssrcs) out_.u32(ssrc.value());
  return end();
}

bool RtcpWriter::add_feedback(Ssrc sender, Ssrc media, TransportFormat format,
                              std::span<const std::byte> control) {
  begin(RtcpType::TransportFeedback, static_cast<std::size_t>(format));
  out_.u32(sender.value());
  out_.u32(media.value());
  out_.bytes(control);
  return end();
}

std::size_t RtcpWriter::left_for_feedback() const {
  return out_.left() < kFeedbackHeader ? 0 : (out_.left() - kFeedbackHeader) / 4 * 4;
}

}  // namespace duet::rtp
