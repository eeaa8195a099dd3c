// SPDX-License-Identifier: MIT
// Encoders of libavcodec, set up as for a call.
#include <duet/base/check.hpp>
#include <duet/device/encode_for_test.hpp>
#include <duet/device/ffmpeg.hpp>

#include <cmath>
#include <numbers>
#include <span>

namespace duet::device {
namespace {

using media::Codec;

const char* encoder_name(Codec codec) {
  switch (codec) {
    case Codec::Vp8:
      return "libvpx";
    case Codec::Vp9:
      return "libvpx-vp9";
    case Codec::H264:
      return "libx264";
    case Codec::Av1:
      return "libaom-av1";
    case Codec::Opus:
      return "libopus";
    case Codec::Pcmu:
      return "pcm_mulaw";
    case Codec::Pcma:
      return "pcm_alaw";
  }
  return nullptr;
}

DecoderPtr encoder_of(Codec codec) {
  silence_ffmpeg();
  const AVCodec* found = avcodec_find_encoder_by_name(encoder_name(codec));
  DUET_CHECK(found != nullptr);
  return DecoderPtr{avcodec_alloc_context3(found)};
}

/// Every packet that the encoder has by now; all of them if `frame` is null.
void encode(AVCodecContext* encoder, Codec codec, const AVFrame* frame,
            std::vector<media::EncodedFrame>& out) {
  const PacketPtr packet{av_packet_alloc()};
  DUET_CHECK(avcodec_send_frame(encoder, frame) >= 0);
  while (avcodec_receive_packet(encoder, packet.get()) >= 0) {
    auto bytes = std::as_bytes(std::span{packet->data, static_cast<std::size_t>(packet->size)});
    // libaom begins temporal units with a delimiter, which EncodedFrame leaves out.
    if (codec == Codec::Av1 && bytes.front() == std::byte{0x12}) bytes = bytes.subspan(2);
    out.push_back({codec,
                   rtp::Timestamp{static_cast<std::uint32_t>(packet->pts)},
                   !media::is_video(codec) || (packet->flags & AV_PKT_FLAG_KEY) != 0,
                   {bytes.begin(), bytes.end()}});
    av_packet_unref(packet.get());
  }
}

}  // namespace

std::vector<media::EncodedFrame> encoded_pictures(Codec codec, codec::Size size, int count) {
  const auto encoder = encoder_of(codec);
  encoder->width = size.width;
  encoder->height = size.height;
  encoder->pix_fmt = AV_PIX_FMT_YUV420P;
  encoder->time_base = {1, 90'000};
  encoder->framerate = {30, 1};
  encoder->gop_size = 30;
  encoder->max_b_frames = 0;
  encoder->bit_rate = 300'000;
  encoder->thread_count = 1;
  Dictionary options;
  if (codec == Codec::H264) {
    options.set("preset", "ultrafast");
    options.set("tune", "zerolatency");
    options.set("profile", "baseline");
  } else {
    options.set("deadline", "realtime");
    options.set("usage", "realtime");
    options.set("cpu-used", "8");
    options.set("lag-in-frames", "0");
  }
  DUET_CHECK(avcodec_open2(encoder.get(), nullptr, options.get()) >= 0);
  std::vector<media::EncodedFrame> out;
  for (int i = 0; i < count; ++i) {
    const FramePtr frame{av_frame_alloc()};
    frame->width = size.width;
    frame->height = size.height;
    frame->format = AV_PIX_FMT_YUV420P;
    frame->pts = std::int64_t{i} * 3000;
    DUET_CHECK(av_frame_get_buffer(frame.get(), 0) >= 0);
    for (std::size_t plane = 0; plane < 3; ++plane) {
      const int height = plane == 0 ? size.height : (size.height + 1) / 2;
      const int width = plane == 0 ? size.width : (size.width + 1) / 2;
      for (int y = 0; y < height; ++y) {
        std::uint8_t* line = frame->data[plane] + std::ptrdiff_t{y} * frame->linesize[plane];
        for (int x = 0; x < width; ++x)
          line[x] = plane != 0 ? 128 : (x + i * 8) % width < 32 ? 220 : 40;
      }
    }
    encode(encoder.get(), codec, frame.get(), out);
  }
  encode(encoder.get(), codec, nullptr, out);
  return out;
}

std::vector<media::EncodedFrame> encoded_tone(Codec codec, int count) {
  const auto encoder = encoder_of(codec);
  const int rate = static_cast<int>(media::clock_rate(codec));
  encoder->sample_rate = rate;
  encoder->sample_fmt = AV_SAMPLE_FMT_S16;
  encoder->time_base = {1, rate};
  av_channel_layout_default(&encoder->ch_layout, 1);
  DUET_CHECK(avcodec_open2(encoder.get(), nullptr, nullptr) >= 0);
  std::vector<media::EncodedFrame> out;
  const int samples = rate / 50;
  for (int i = 0; i < count; ++i) {
    const FramePtr frame{av_frame_alloc()};
    frame->nb_samples = samples;
    frame->format = AV_SAMPLE_FMT_S16;
    frame->sample_rate = rate;
    av_channel_layout_copy(&frame->ch_layout, &encoder->ch_layout);
    frame->pts = std::int64_t{i} * samples;
    DUET_CHECK(av_frame_get_buffer(frame.get(), 0) >= 0);
    const std::span out_samples{reinterpret_cast<std::int16_t*>(frame->data[0]),
                                static_cast<std::size_t>(samples)};
    for (int k = 0; k < samples; ++k)
      out_samples[static_cast<std::size_t>(k)] = static_cast<std::int16_t>(
          8000 * std::sin(2 * std::numbers::pi * 440 * (i * samples + k) / rate));
    encode(encoder.get(), codec, frame.get(), out);
  }
  return out;
}

}  // namespace duet::device
