// SPDX-License-Identifier: MIT
// Timestamps, markers and redundant blocks.
#include <duet/base/check.hpp>
#include <duet/media/audio_packetizer.hpp>
#include <duet/rtp/red.hpp>

#include <algorithm>

namespace duet::media {
namespace {

constexpr std::size_t kRedHeader = 4;  // RFC 2198 §3, of each redundant block

}  // namespace

AudioPacketizer::AudioPacketizer(const AudioFormat& format, rtp::Timestamp first)
    : format_{format}, timestamp_{first}, payload_(kMaxPayload) {}

void AudioPacketizer::set_format(const AudioFormat& format) {
  if (format == format_) return;
  format_ = format;
  sent_count_ = 0;
}

void AudioPacketizer::set_redundancy(std::size_t packets) {
  redundancy_ = std::min(packets, kMaxRedundant);
}

std::optional<AudioPayload> AudioPacketizer::handle_packet(std::span<const std::byte> encoded,
                                                           Duration length) {
  DUET_CHECK(encoded.size() <= kMaxPayload);
  const rtp::Timestamp timestamp = timestamp_;
  timestamp_ = timestamp + length.count() * format_.clock_rate / 1'000'000;
  if (encoded.empty()) {
    was_silent_ = true;
    return std::nullopt;
  }
  // RFC 3551 §4.1: the first packet of a talkspurt, after silence of which nothing was sent.
  const bool marker = was_silent_;
  was_silent_ = false;
  AudioPayload out{.payload_type = format_.payload_type,
                   .timestamp = timestamp,
                   .marker = marker,
                   .payload = encoded};
  if (!format_.red) return out;

  if (redundancy_ > 0) {
    const std::size_t older = std::min(redundancy_, sent_count_);
    std::array<rtp::RedBlock, kMaxRedundant + 1> blocks;
    std::size_t first = blocks.size() - 1;
    blocks[first] = {format_.payload_type, timestamp, encoded};
    std::size_t size = encoded.size() + 1;
    for (const Sent& sent : std::span{sent_}.first(older)) {
      size += kRedHeader + sent.bytes.size();
      if (size > kMaxPayload) break;
      blocks[--first] = {format_.payload_type, sent.timestamp, sent.bytes};
    }
    const auto written = rtp::write_red(std::span{blocks}.subspan(first), payload_);
    if (!written.empty()) {
      out.payload_type = *format_.red;
      out.payload = written;
    }
  }
  remember(timestamp, encoded);
  return out;
}

void AudioPacketizer::remember(rtp::Timestamp timestamp, std::span<const std::byte> encoded) {
  std::rotate(sent_.begin(), sent_.end() - 1, sent_.end());
  sent_.front().timestamp = timestamp;
  sent_.front().bytes.assign(encoded.begin(), encoded.end());
  sent_count_ = std::min(sent_count_ + 1, sent_.size());
}

}  // namespace duet::media
