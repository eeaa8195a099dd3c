// SPDX-License-Identifier: MIT
// Frames of noise.
#include "synthetic_media.hpp"

#include <duet/base/bytes.hpp>
#include <duet/rtp/byte_writer.hpp>

#include <algorithm>
#include <cmath>

namespace duet::sim {
namespace {

constexpr std::size_t kHead = 4 + 2 + 2 + 1 + 8;  // frame, packet, packets, key, time
constexpr std::size_t kMostPayload = 1100;
constexpr double kKeyFrame = 5;
constexpr Duration kMostDelay = 500ms;

}  // namespace

std::vector<SyntheticEncoder::Packet> SyntheticEncoder::encode(Instant now, Duration interval) {
  const double fair = target_bps() * static_cast<double>(interval.count()) * 1e-6;  // bits
  // A sum of three is bell-shaped enough: sizes vary by a fifth.
  const double noise = uniform(*random_) + uniform(*random_) + uniform(*random_) - 1.5;
  const bool is_key = std::exchange(wants_key_, false);
  double bits = fair * (1 + 0.4 * noise);
  bits = is_key ? bits * kKeyFrame : std::max(bits - 0.2 * debt_, 0.3 * fair);
  debt_ = std::clamp(debt_ + bits - fair, -2 * fair, 8 * fair);
  const auto bytes = std::max(static_cast<std::size_t>(bits / 8), kHead + 1);
  const std::size_t count = (bytes + kMostPayload - 1) / kMostPayload;
  std::vector<Packet> packets;
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<std::byte> payload(std::max(bytes / count, kHead));
    rtp::ByteWriter out{payload};
    out.u32(next_frame_);
    out.u16(i);
    out.u16(count);
    out.u8(is_key ? 1 : 0);
    out.u32(static_cast<std::uint64_t>(now.time_since_epoch().count()) >> 32);
    out.u32(static_cast<std::uint64_t>(now.time_since_epoch().count()) & 0xFFFFFFFF);
    packets.push_back({std::move(payload), i + 1 == count});
  }
  ++next_frame_;
  return packets;
}

void SyntheticDecoder::handle_packet(Instant now, std::span<const std::byte> payload) {
  ByteReader in{payload};
  const std::uint32_t number = in.u32();
  const std::size_t index = in.u16();
  const std::size_t count = in.u16();
  const bool is_key = in.u8() != 0;
  const std::uint64_t high = in.u32();
  const std::uint64_t low = in.u32();
  if (!in.ok() || count == 0 || index >= count || number < next_) return;
  Frame& frame = frames_[number];
  frame.captured_at = Instant{Duration{static_cast<Duration::rep>(high << 32 | low)}};
  frame.packets = count;
  frame.is_key = is_key;
  frame.has.resize(count);
  if (frame.has[index]) return;
  frame.has[index] = true;
  ++frame.arrived;
  frame.bytes += payload.size();
  show(now);
}

void SyntheticDecoder::show(Instant now) {
  // A whole key frame needs nothing before it.
  for (auto it = frames_.rbegin(); it != frames_.rend(); ++it) {
    if (!it->second.is_key || !it->second.is_whole()) continue;
    next_ = it->first;
    break;
  }
  frames_.erase(frames_.begin(), frames_.lower_bound(next_));
  while (!frames_.empty() && frames_.begin()->first == next_ &&
         frames_.begin()->second.is_whole()) {
    const Frame& frame = frames_.begin()->second;
    if (!shown_.empty()) delay_ -= delay_ * (now - shown_.back().whole_at).count() / 100'000'000;
    delay_ = std::clamp<Duration>(now - frame.captured_at, delay_, kMostDelay);
    shown_.push_back(
        {now, std::max(now, frame.captured_at + delay_), frame.captured_at, frame.bytes});
    frames_.erase(frames_.begin());
    ++next_;
    waiting_since_.reset();
  }
  if (!frames_.empty() && !waiting_since_) waiting_since_ = now;
  if (frames_.empty()) waiting_since_.reset();
}

bool SyntheticDecoder::poll_key_frame_wanted(Instant now) {
  if (!waiting_since_ || now - *waiting_since_ < kPatience) return false;
  if (asked_at_ && now - *asked_at_ < kPatience) return false;
  asked_at_ = now;
  return true;
}

}  // namespace duet::sim
