// SPDX-License-Identifier: MIT
// From a camera's bytes to a Picture.
#include <duet/base/check.hpp>
#include <duet/device/raw_image.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace duet::device {
namespace {

AVPixelFormat pixel_format(FourCc fourcc) {
  constexpr std::array<std::pair<FourCc, AVPixelFormat>, 9> kFormats = {
      {{FourCc::of("YU12"), AV_PIX_FMT_YUV420P},
       {FourCc::of("YV12"), AV_PIX_FMT_YUV420P},
       {FourCc::of("NV12"), AV_PIX_FMT_NV12},
       {FourCc::of("YUYV"), AV_PIX_FMT_YUYV422},
       {FourCc::of("UYVY"), AV_PIX_FMT_UYVY422},
       {FourCc::of("GREY"), AV_PIX_FMT_GRAY8},
       {FourCc::of("RGB3"), AV_PIX_FMT_RGB24},
       {FourCc::of("BGR3"), AV_PIX_FMT_BGR24},
       {FourCc::of("XR24"), AV_PIX_FMT_BGR0}}};
  for (const auto& [name, format] : kFormats)
    if (name == fourcc) return format;
  return AV_PIX_FMT_NONE;
}

}  // namespace

RawImageReader::RawImageReader(const RawFormat& format, codec::Size box)
    : format_{format},
      pixels_{pixel_format(format.fourcc)},
      converter_{box},
      frame_{av_frame_alloc()},
      packet_{av_packet_alloc()} {
  DUET_CHECK(frame_ && packet_);
  if (format.fourcc != kMjpeg && format.fourcc != kJpeg) return;
  silence_ffmpeg();
  const AVCodec* decoder = avcodec_find_decoder(AV_CODEC_ID_MJPEG);
  jpeg_.reset(avcodec_alloc_context3(decoder));
  DUET_CHECK(decoder != nullptr && jpeg_);
  jpeg_->max_pixels = std::int64_t{codec::kMaxSide} * codec::kMaxSide;
  jpeg_->thread_count = 1;  // more would hold pictures back
  DUET_CHECK(avcodec_open2(jpeg_.get(), decoder, nullptr) >= 0);
}

codec::PicturePtr RawImageReader::read(std::span<const std::byte> bytes) {
  if (jpeg_) return read_jpeg(bytes);
  if (pixels_ == AV_PIX_FMT_NONE) return nullptr;
  av_frame_unref(frame_.get());
  frame_->format = pixels_;
  frame_->width = format_.size.width;
  frame_->height = format_.size.height;
  frame_->colorspace = AVCOL_SPC_SMPTE170M;  // cameras keep to BT.601, whatever their size
  if (av_image_fill_linesizes(frame_->linesize, pixels_, frame_->width) < 0) return nullptr;
  if (format_.stride > frame_->linesize[0]) {
    const bool has_half_planes = pixels_ == AV_PIX_FMT_YUV420P;
    frame_->linesize[0] = format_.stride;
    for (const std::size_t plane : {1U, 2U})
      if (frame_->linesize[plane] > 0)
        frame_->linesize[plane] = has_half_planes ? format_.stride / 2 : format_.stride;
  }
  // libswscale reads only; that it takes plain pointers is C.
  auto* begin = reinterpret_cast<std::uint8_t*>(const_cast<std::byte*>(bytes.data()));
  const int needed =
      av_image_fill_pointers(frame_->data, pixels_, frame_->height, begin, frame_->linesize);
  if (needed < 0 || static_cast<std::size_t>(needed) > bytes.size()) return nullptr;
  if (format_.fourcc == FourCc::of("YV12")) std::swap(frame_->data[1], frame_->data[2]);
  return converter_.convert(*frame_);
}

codec::PicturePtr RawImageReader::read_jpeg(std::span<const std::byte> bytes) {
  constexpr std::size_t kMostBytes = 64'000'000;
  if (bytes.empty() || bytes.size() > kMostBytes) return nullptr;
  av_packet_unref(packet_.get());
  if (av_new_packet(packet_.get(), static_cast<int>(bytes.size())) < 0) return nullptr;
  std::memcpy(packet_->data, bytes.data(), bytes.size());
  if (avcodec_send_packet(jpeg_.get(), packet_.get()) < 0) return nullptr;
  if (avcodec_receive_frame(jpeg_.get(), frame_.get()) < 0) return nullptr;
  return converter_.convert(*frame_);
}

}  // namespace duet::device
