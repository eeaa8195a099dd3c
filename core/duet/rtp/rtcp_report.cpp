// SPDX-License-Identifier: MIT
// Reports out of bytes.
#include <duet/rtp/rtcp_report.hpp>

#include <algorithm>

namespace duet::rtp {
namespace {

// RFC 3611 §4.4, §4.5.
constexpr std::uint8_t kReceiverReferenceTime = 4;
constexpr std::uint8_t kDlrr = 5;

std::int32_t signed_24(std::uint32_t value) { return static_cast<std::int32_t>(value << 8) >> 8; }

/// Takes the items of one chunk, and the null octets that end and align it (RFC 3550 §6.5). Nothing
/// if they don't end within the packet.
bool take_items(ByteReader& in, std::span<const std::byte>& items) {
  const auto start = in.rest();
  for (;;) {
    const std::size_t offset = start.size() - in.size();
    if (in.u8() == 0) {
      items = start.first(std::min(offset, start.size()));
      // Chunks begin at words: an SSRC is one, so the items are counted from there.
      in.bytes(3 - offset % 4);
      return in.ok();
    }
    in.bytes(in.u8());
    if (!in.ok()) return false;
  }
}

}  // namespace

ReportBlock ReportBlock::read(ByteReader& in) {
  ReportBlock block;
  block.ssrc = Ssrc{in.u32()};
  const std::uint32_t lost = in.u32();
  block.fraction_lost = static_cast<std::uint8_t>(lost >> 24);
  block.cumulative_lost = signed_24(lost & 0xFFFFFF);
  block.highest_sequence = in.u32();
  block.jitter = in.u32();
  block.last_sender_report = in.u32();
  block.delay_since_last_sr = in.u32();
  return block;
}

Result<SenderReport, RtcpError> SenderReport::parse(const RtcpPacket& packet) {
  if (packet.type != RtcpType::SenderReport) return fail(RtcpError::WrongType);
  ByteReader in{packet.body};
  SenderReport report;
  report.ssrc = Ssrc{in.u32()};
  report.info.ntp = NtpTime{in.u64()};
  report.info.rtp = Timestamp{in.u32()};
  report.info.packet_count = in.u32();
  report.info.octet_count = in.u32();
  report.blocks = Records<ReportBlock>{in.bytes(packet.count * ReportBlock::kSize)};
  if (!in.ok()) return fail(RtcpError::Truncated);
  return report;
}

Result<ReceiverReport, RtcpError> ReceiverReport::parse(const RtcpPacket& packet) {
  if (packet.type != RtcpType::ReceiverReport) return fail(RtcpError::WrongType);
  ByteReader in{packet.body};
  ReceiverReport report;
  report.ssrc = Ssrc{in.u32()};
  report.blocks = Records<ReportBlock>{in.bytes(packet.count * ReportBlock::kSize)};
  if (!in.ok()) return fail(RtcpError::Truncated);
  return report;
}

SdesItem SdesItems::Iterator::operator*() const {
  ByteReader in{rest_};
  const auto type = static_cast<SdesType>(in.u8());
  return {.type = type, .text = as_text(in.bytes(in.u8()))};
}

SdesItems::Iterator& SdesItems::Iterator::operator++() {
  ByteReader in{rest_};
  in.u8();
  in.bytes(in.u8());
  rest_ = in.rest();
  return *this;
}

std::string_view SdesChunk::cname() const {
  for (const SdesItem item : items) {
    if (item.type == SdesType::Cname) return item.text;
  }
  return {};
}

Result<SourceDescription, RtcpError> SourceDescription::parse(const RtcpPacket& packet) {
  if (packet.type != RtcpType::SourceDescription) return fail(RtcpError::WrongType);
  ByteReader in{packet.body};
  for (unsigned i = 0; i < packet.count; ++i) {
    std::span<const std::byte> items;
    in.u32();
    if (!take_items(in, items)) return fail(RtcpError::Truncated);
  }
  return SourceDescription{packet.body.first(packet.body.size() - in.size())};
}

void SourceDescription::Iterator::read() {
  at_end_ = rest_.empty();
  if (at_end_) return;
  ByteReader in{rest_};
  chunk_.ssrc = Ssrc{in.u32()};
  std::span<const std::byte> items;
  take_items(in, items);
  chunk_.items = SdesItems{items};
  rest_ = in.rest();
}

Result<Bye, RtcpError> Bye::parse(const RtcpPacket& packet) {
  if (packet.type != RtcpType::Bye) return fail(RtcpError::WrongType);
  ByteReader in{packet.body};
  Bye bye;
  bye.ssrcs = Records<SsrcRecord>{in.bytes(packet.count * SsrcRecord::kSize)};
  if (!in.ok()) return fail(RtcpError::Truncated);
  if (!in.empty()) bye.reason = as_text(in.bytes(in.u8()));
  return bye;
}

DlrrItem DlrrItem::read(ByteReader& in) {
  DlrrItem item;
  item.ssrc = Ssrc{in.u32()};
  item.last_reference = in.u32();
  item.delay_since_last_rr = in.u32();
  return item;
}

Result<ExtendedReport, RtcpError> ExtendedReport::parse(const RtcpPacket& packet) {
  if (packet.type != RtcpType::ExtendedReport) return fail(RtcpError::WrongType);
  ByteReader in{packet.body};
  ExtendedReport report;
  report.ssrc = Ssrc{in.u32()};
  while (in.ok() && !in.empty()) {  // RFC 3611 §3
    const std::uint8_t type = in.u8();
    in.u8();
    const auto block = in.bytes(std::size_t{4} * in.u16());
    if (type == kReceiverReferenceTime && block.size() == 8) {
      report.reference_time = NtpTime{ByteReader{block}.u64()};
    } else if (type == kDlrr) {
      report.dlrr = Records<DlrrItem>{block};
    }
  }
  if (!in.ok()) return fail(RtcpError::Truncated);
  return report;
}

}  // namespace duet::rtp
