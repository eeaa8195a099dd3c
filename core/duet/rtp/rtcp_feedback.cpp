// SPDX-License-Identifier: MIT
// Feedback out of bytes.
#include <duet/rtp/rtcp_feedback.hpp>

namespace duet::rtp {
namespace {

constexpr std::size_t kNackItemSize = 4;
constexpr std::uint32_t kRembName = 0x52454D42;  // "REMB"

}  // namespace

Result<Feedback, RtcpError> Feedback::parse(const RtcpPacket& packet) {
  if (packet.type != RtcpType::TransportFeedback && packet.type != RtcpType::PayloadFeedback) {
    return fail(RtcpError::WrongType);
  }
  ByteReader in{packet.body};
  Feedback feedback{.type = packet.type, .format = packet.count};
  feedback.sender = Ssrc{in.u32()};
  feedback.media = Ssrc{in.u32()};
  if (!in.ok()) return fail(RtcpError::Truncated);
  feedback.control = in.rest();
  return feedback;
}

Result<Nack, RtcpError> Nack::parse(const Feedback& feedback) {
  if (!feedback.is(TransportFormat::Nack)) return fail(RtcpError::WrongType);
  const std::size_t whole = feedback.control.size() / kNackItemSize * kNackItemSize;
  if (whole == 0) return fail(RtcpError::Truncated);
  return Nack{feedback.control.first(whole)};
}

void Nack::Iterator::load() {
  ByteReader in{rest_};
  pid_ = in.u16();
  blp_ = in.u16();
  offset_ = 0;
}

Nack::Iterator& Nack::Iterator::operator++() {
  if (blp_ == 0) {
    rest_ = rest_.subspan(kNackItemSize);
    load();
    return *this;
  }
  do {
    ++offset_;
    const bool lost = (blp_ & 1) != 0;
    blp_ = static_cast<std::uint16_t>(blp_ >> 1);
    if (lost) break;
  } while (true);
  return *this;
}

FirEntry FirEntry::read(ByteReader& in) {
  FirEntry entry;
  entry.ssrc = Ssrc{in.u32()};
  entry.sequence = in.u8();
  return entry;
}

Result<Records<FirEntry>, RtcpError> parse_fir(const Feedback& feedback) {
  if (!feedback.is(PayloadFormat::Fir)) return fail(RtcpError::WrongType);
  const Records<FirEntry> entries{feedback.control};
  if (entries.empty()) return fail(RtcpError::Truncated);
  return entries;
}

Result<Remb, RtcpError> Remb::parse(const Feedback& feedback) {
  if (!feedback.is(PayloadFormat::Application)) return fail(RtcpError::WrongType);
  ByteReader in{feedback.control};
  if (in.u32() != kRembName) return fail(RtcpError::WrongType);
  const std::uint32_t bits = in.u32();  // count: 8, exponent: 6, mantissa: 18
  const std::uint32_t exponent = bits >> 18 & 0x3F;
  const std::uint64_t mantissa = bits & 0x3FFFF;
  Remb remb{.rate_bps = mantissa << exponent};
  // A rate that 64 bits can't hold is a lie, not a rate.
  if (remb.rate_bps >> exponent != mantissa) return fail(RtcpError::BadContent);
  remb.ssrcs = Records<SsrcRecord>{in.bytes((bits >> 24) * SsrcRecord::kSize)};
  if (!in.ok()) return fail(RtcpError::Truncated);
  return remb;
}

}  // namespace duet::rtp
