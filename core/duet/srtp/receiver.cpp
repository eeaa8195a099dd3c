// SPDX-License-Identifier: MIT
// RTP and RTCP on their way in.
#include <duet/srtp/packet.hpp>
#include <duet/srtp/receiver.hpp>
#include <duet/srtp/transform.hpp>

#include <optional>

namespace duet::srtp {

Receiver::Receiver(const MasterKey& key)
    : profile_{key.profile()},
      transform_{make_transform(Direction::Open, derive_rtp_keys(key), derive_rtcp_keys(key))} {}

Receiver::Receiver(Receiver&&) noexcept = default;
Receiver& Receiver::operator=(Receiver&&) noexcept = default;
Receiver::~Receiver() = default;

// The order of RFC 3711 §3.3: index, replay, tag, and only then the memory of it.
Result<std::span<std::byte>, UnprotectError> Receiver::unprotect_rtp(std::span<std::byte> packet) {
  const auto head = RtpHead::parse(packet);
  if (!head || packet.size() < head->size + rtp_overhead(profile_)) {
    return fail(UnprotectError::Malformed);
  }
  ReplayWindow* source = rtp_.find(head->ssrc);
  if (source == nullptr && rtp_.is_full()) return fail(UnprotectError::TooManySources);
  const auto highest = source != nullptr ? source->highest() : std::nullopt;
  const auto index = guess_index(highest, head->sequence);
  if (!index || (source != nullptr && !source->is_new(*index))) {
    return fail(UnprotectError::Replayed);
  }
  if (!transform_->open_rtp(packet, head->size, head->ssrc, *index)) {
    return fail(UnprotectError::Unauthentic);
  }
  if (source == nullptr) source = &rtp_.add(head->ssrc);
  source->add(*index);
  return packet.first(packet.size() - rtp_overhead(profile_));
}

Result<std::span<std::byte>, UnprotectError> Receiver::unprotect_rtcp(std::span<std::byte> packet) {
  const auto ssrc = parse_rtcp_sender(packet);
  if (!ssrc || packet.size() < kRtcpHeadSize + rtcp_overhead(profile_)) {
    return fail(UnprotectError::Malformed);
  }
  const std::uint32_t word =
      ByteReader{packet.subspan(rtcp_word_at(profile_, packet.size()))}.u32();
  if ((word & kEncryptedFlag) == 0) return fail(UnprotectError::NotEncrypted);
  const std::uint32_t index = word & kMaxRtcpIndex;
  ReplayWindow* source = rtcp_.find(*ssrc);
  if (source == nullptr && rtcp_.is_full()) return fail(UnprotectError::TooManySources);
  if (source != nullptr && !source->is_new(index)) return fail(UnprotectError::Replayed);
  if (!transform_->open_rtcp(packet, *ssrc, index)) return fail(UnprotectError::Unauthentic);
  if (source == nullptr) source = &rtcp_.add(*ssrc);
  source->add(index);
  return packet.first(packet.size() - rtcp_overhead(profile_));
}

}  // namespace duet::srtp
