// SPDX-License-Identifier: MIT
// Transport-wide feedback out of bytes.
#include <duet/rtp/transport_feedback.hpp>

#include <algorithm>

namespace duet::rtp {
namespace {

// draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.1
enum Symbol : unsigned { kNotReceived = 0, kSmallDelta = 1, kLargeDelta = 2, kReserved = 3 };

bool is_vector(std::uint16_t chunk) { return (chunk & 0x8000) != 0; }

bool has_wide_symbols(std::uint16_t chunk) { return (chunk & 0x4000) != 0; }

/// §3.1.3 and §3.1.4.
unsigned symbols_in(std::uint16_t chunk) {
  if (!is_vector(chunk)) return chunk & 0x1FFF;
  return has_wide_symbols(chunk) ? 7 : 14;
}

/// @param left  symbols that are still to be read, this one included
unsigned symbol_of(std::uint16_t chunk, unsigned left) {
  if (!is_vector(chunk)) return chunk >> 13 & 3u;
  return has_wide_symbols(chunk) ? chunk >> (2 * (left - 1)) & 3u : chunk >> (left - 1) & 1u;
}

}  // namespace

Result<TransportFeedback, RtcpError> TransportFeedback::parse(const Feedback& feedback) {
  if (!feedback.is(TransportFormat::TransportWide)) return fail(RtcpError::WrongType);
  ByteReader in{feedback.control};
  TransportFeedback out;
  out.base_ = SequenceNumber{in.u16()};
  out.status_count_ = in.u16();
  const std::uint32_t reference = in.u32();
  out.reference_ = ReferenceTime{reference >> 8};
  out.feedback_count_ = static_cast<std::uint8_t>(reference & 0xFF);
  if (!in.ok()) return fail(RtcpError::Truncated);
  if (out.status_count_ == 0) return fail(RtcpError::BadContent);
  if (out.status_count_ > kMaxStatuses) return fail(RtcpError::TooMany);

  const auto after_header = in.rest();
  std::size_t delta_bytes = 0;
  for (std::size_t left = out.status_count_; left > 0;) {
    const std::uint16_t chunk = in.u16();
    if (!in.ok()) return fail(RtcpError::Truncated);
    const auto count = static_cast<unsigned>(std::min<std::size_t>(symbols_in(chunk), left));
    if (count == 0) return fail(RtcpError::BadContent);  // a run of none
    left -= count;
    if (!is_vector(chunk)) {  // thousands of symbols at once
      const unsigned symbol = symbol_of(chunk, 1);
      if (symbol == kReserved) return fail(RtcpError::BadContent);
      delta_bytes += std::size_t{symbol} * count;
      out.received_count_ += symbol == kNotReceived ? 0 : count;
      continue;
    }
    const unsigned all = symbols_in(chunk);
    for (unsigned i = 0; i < count; ++i) {
      const unsigned symbol = symbol_of(chunk, all - i);
      if (symbol == kReserved) return fail(RtcpError::BadContent);
      delta_bytes += symbol;  // as it happens, a symbol is the size of its delta
      out.received_count_ += symbol == kNotReceived ? 0 : 1;
    }
  }
  out.chunks_ = after_header.first(after_header.size() - in.size());
  out.deltas_ = in.bytes(delta_bytes);
  if (!in.ok()) return fail(RtcpError::Truncated);
  return out;
}

Duration TransportFeedback::between(ReferenceTime earlier, ReferenceTime later) {
  const auto steps = static_cast<std::int32_t>((later.value() - earlier.value()) << 8) >> 8;
  return steps * kReferenceUnit;
}

TransportFeedback::Iterator::Iterator(const TransportFeedback& feedback)
    : chunks_{feedback.chunks_},
      deltas_{feedback.deltas_},
      arrival_{feedback.base_, std::nullopt},
      time_{0},
      left_{feedback.status_count_} {
  read();
}

std::size_t TransportFeedback::Iterator::run_left() const {
  return is_vector(chunk_) ? 0 : std::min<std::size_t>(in_chunk_, left_ - 1);
}

void TransportFeedback::Iterator::skip(std::size_t count) {
  in_chunk_ -= static_cast<unsigned>(count - 1);
  left_ -= count - 1;
  arrival_.sequence = arrival_.sequence + static_cast<std::int64_t>(count - 1);
  ++*this;
}

void TransportFeedback::Iterator::read() {
  if (left_ == 0) return;
  if (in_chunk_ == 0) {
    chunk_ = chunks_.u16();
    in_chunk_ = symbols_in(chunk_);
  }
  switch (symbol_of(chunk_, in_chunk_)) {
    case kSmallDelta:
      time_ += deltas_.u8() * kDeltaUnit;
      arrival_.at = time_;
      break;
    case kLargeDelta:
      time_ += static_cast<std::int16_t>(deltas_.u16()) * kDeltaUnit;
      arrival_.at = time_;
      break;
    default:
      arrival_.at = std::nullopt;
  }
  --in_chunk_;
}

}  // namespace duet::rtp
