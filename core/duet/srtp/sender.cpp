// SPDX-License-Identifier: MIT
// RTP and RTCP on their way out.
#include <duet/srtp/packet.hpp>
#include <duet/srtp/sender.hpp>
#include <duet/srtp/transform.hpp>

namespace duet::srtp {

Sender::Sender(const MasterKey& key)
    : profile_{key.profile()},
      transform_{make_transform(Direction::Seal, derive_rtp_keys(key), derive_rtcp_keys(key))} {}

Sender::Sender(Sender&&) noexcept = default;
Sender& Sender::operator=(Sender&&) noexcept = default;
Sender::~Sender() = default;

Result<std::size_t, ProtectError> Sender::protect_rtp(std::span<std::byte> buffer,
                                                      std::size_t size) {
  if (size > buffer.size()) return fail(ProtectError::NoRoom);
  const auto head = RtpHead::parse(buffer.first(size));
  if (!head) return fail(ProtectError::Malformed);
  const std::size_t total = size + rtp_overhead(profile_);
  if (total > buffer.size()) return fail(ProtectError::NoRoom);
  ReplayWindow* source = rtp_.find(head->ssrc);
  if (source == nullptr && rtp_.is_full()) return fail(ProtectError::TooManySources);
  if (source == nullptr) source = &rtp_.add(head->ssrc);
  const auto index = guess_index(source->highest(), head->sequence);
  if (!index) {
    return fail(*source->highest() > kMaxIndex - 32768 ? ProtectError::Exhausted
                                                       : ProtectError::Repeated);
  }
  if (!source->is_new(*index)) return fail(ProtectError::Repeated);
  source->add(*index);
  transform_->seal_rtp(buffer.first(total), head->size, head->ssrc, *index);
  return total;
}

Result<std::size_t, ProtectError> Sender::protect_rtcp(std::span<std::byte> buffer,
                                                       std::size_t size) {
  if (size > buffer.size()) return fail(ProtectError::NoRoom);
  const auto ssrc = parse_rtcp_sender(buffer.first(size));
  if (!ssrc) return fail(ProtectError::Malformed);
  const std::size_t total = size + rtcp_overhead(profile_);
  if (total > buffer.size()) return fail(ProtectError::NoRoom);
  if (next_rtcp_index_ > kMaxRtcpIndex) return fail(ProtectError::Exhausted);
  transform_->seal_rtcp(buffer.first(total), *ssrc, next_rtcp_index_++);
  return total;
}

}  // namespace duet::srtp
