// SPDX-License-Identifier: MIT
// What a packet of a picture costs: cut out of a frame, and put into one again.
#include <duet/base/random.hpp>
#include <duet/media/video_buffer.hpp>
#include <duet/media/video_packetizer.hpp>
#include <duet/rtp/packet_writer.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace duet;

constexpr int kFrameSize = 6000;
constexpr int kFrames = 20'000;

/// In the form of its codec, without any 0: so it has no start code but its own.
std::vector<std::byte> picture(media::Codec codec, bool is_key, Random& random) {
  std::vector<std::byte> bytes;
  if (codec == media::Codec::H264) {
    for (const int b : {0, 0, 0, 1, is_key ? 0x67 : 0x61, 0x42}) bytes.push_back(std::byte(b));
    if (is_key) {
      for (const int b : {0, 0, 0, 1, 0x65}) bytes.push_back(std::byte(b));
    }
  }
  if (codec == media::Codec::Av1) {
    // OBU_FRAME with a size of two bytes.
    for (const int b : {0x32, 0x80 | (kFrameSize & 0x7F), kFrameSize >> 7}) {
      bytes.push_back(std::byte(b));
    }
  }
  const std::size_t head = bytes.size();
  bytes.resize(head + std::size_t{kFrameSize});
  random.fill(std::span{bytes}.subspan(head));
  for (std::byte& b : std::span{bytes}.subspan(head)) b |= std::byte{2};
  if (codec == media::Codec::Vp8) bytes[0] = is_key ? std::byte{0x10} : std::byte{0x11};
  return bytes;
}

double nanoseconds_since(std::chrono::steady_clock::time_point begin, std::size_t count) {
  const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - begin;
  return spent.count() / static_cast<double>(count);
}

void measure(media::Codec codec) {
  SeededRandom random{1};
  std::vector<media::EncodedFrame> frames;
  for (int i = 0; i < 30; ++i) {
    frames.push_back({.codec = codec, .is_key = i == 0, .bytes = picture(codec, i == 0, random)});
  }
  media::VideoPacketizer packetizer{{.codec = codec}};
  const auto each_payload = [&](auto take) {
    for (int i = 0; i < kFrames; ++i) {
      const auto& frame = frames[static_cast<std::size_t>(i == 0 ? 0 : 1 + i % 29)];
      if (!packetizer.set_frame(frame)) return;
      while (const auto payload = packetizer.poll_payload()) take(i, *payload);
    }
  };

  std::size_t packets = 0;
  auto begin = std::chrono::steady_clock::now();
  each_payload([&](int, const media::VideoPacketizer::Payload&) { ++packets; });
  const double send = nanoseconds_since(begin, packets);

  // All packets beforehand, every tenth of them after the one behind it.
  std::vector<std::vector<std::byte>> sent;
  each_payload([&](int i, const media::VideoPacketizer::Payload& payload) {
    std::vector<std::byte> bytes(rtp::kHeaderSize + payload.bytes.size());
    rtp::PacketWriter writer{
        bytes,
        {.marker = payload.marker,
         .payload_type = PayloadType{96},
         .sequence = rtp::SequenceNumber{static_cast<std::uint16_t>(sent.size())},
         .timestamp = rtp::Timestamp{static_cast<std::uint32_t>(i) * 3000}},
        0};
    writer.add_payload(payload.bytes);
    writer.finish();
    sent.push_back(std::move(bytes));
  });
  for (std::size_t i = 10; i + 1 < sent.size(); i += 10) std::swap(sent[i], sent[i + 1]);

  rtp::PayloadMap payloads;
  payloads.set(PayloadType{96}, {.role = rtp::Payload::Role::Media, .clock_rate = 90'000});
  rtp::RtpReceiver receiver{{.payloads = payloads, .nack = true}};
  media::VideoBuffer buffer;
  std::size_t out = 0;
  Instant now{1s};
  begin = std::chrono::steady_clock::now();
  for (auto& bytes : sent) {
    now += 6667us;  // five of them in the time of a frame
    const auto received = receiver.handle_packet(now, *rtp::Packet::parse(bytes), bytes);
    if (received) buffer.handle_packet(now, codec, *received);
    while (auto playable = buffer.poll_frame(now)) {
      ++out;
      buffer.recycle(std::move(playable->frame.bytes));
    }
  }
  const double receive = nanoseconds_since(begin, sent.size());
  std::printf("%-5s send %6.0f ns, receive %6.0f ns a packet; %zu packets, %zu of %d frames\n",
              std::string{media::name_of(codec)}.c_str(), send, receive, sent.size(), out, kFrames);
}

}  // namespace

int main() {
  for (const auto codec :
       {media::Codec::Vp8, media::Codec::Vp9, media::Codec::H264, media::Codec::Av1}) {
    measure(codec);
  }
}
