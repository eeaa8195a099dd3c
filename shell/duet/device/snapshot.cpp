// SPDX-License-Identifier: MIT
// PNG by libavcodec, from colours that libyuv converts.
#include <duet/device/ffmpeg.hpp>
#include <duet/device/snapshot.hpp>

#include <libyuv/convert_argb.h>

#include <unistd.h>

#include <cstdio>

namespace duet::device {
namespace {

using codec::Picture;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

/// Null if there is no memory.
FramePtr rgb_of(const Picture& picture) {
  FramePtr frame{av_frame_alloc()};
  if (!frame) return nullptr;
  frame->format = AV_PIX_FMT_RGB24;
  frame->width = picture.size().width;
  frame->height = picture.size().height;
  if (av_frame_get_buffer(frame.get(), 0) < 0) return nullptr;
  using enum Picture::Plane;
  // BT.709 above 576 lines, BT.601 below: as Picture says.
  const auto convert = picture.size().height > 576 ? libyuv::H420ToRAW : libyuv::I420ToRAW;
  convert(picture.data(Y), picture.stride(Y), picture.data(U), picture.stride(U), picture.data(V),
          picture.stride(V), frame->data[0], frame->linesize[0], frame->width, frame->height);
  return frame;
}

PacketPtr png_of(const AVFrame& frame) {
  const AVCodec* png = avcodec_find_encoder(AV_CODEC_ID_PNG);
  DecoderPtr encoder{png == nullptr ? nullptr : avcodec_alloc_context3(png)};
  PacketPtr packet{av_packet_alloc()};
  if (!encoder || !packet) return nullptr;
  encoder->width = frame.width;
  encoder->height = frame.height;
  encoder->pix_fmt = AV_PIX_FMT_RGB24;
  encoder->time_base = {1, 1};
  encoder->thread_count = 1;
  if (avcodec_open2(encoder.get(), png, nullptr) < 0) return nullptr;
  if (avcodec_send_frame(encoder.get(), &frame) < 0) return nullptr;
  if (avcodec_send_frame(encoder.get(), nullptr) < 0) return nullptr;
  if (avcodec_receive_packet(encoder.get(), packet.get()) < 0) return nullptr;
  return packet;
}

}  // namespace

std::optional<SnapshotError> png_refusal(const std::filesystem::path& path) {
  using Kind = SnapshotError::Kind;
  std::error_code unknown;
  if (std::filesystem::is_directory(path, unknown))
    return SnapshotError{Kind::NotWritten, path, std::errc::is_a_directory};
  const bool is_there = ::access(path.c_str(), F_OK) == 0;
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
  // Only a folder has a "." in it.
  if (::access((is_there ? path : folder / ".").c_str(), W_OK) != 0)
    return SnapshotError{Kind::NotWritten, path, last_error()};
  return std::nullopt;
}

std::optional<SnapshotError> write_png(const Picture& picture, const std::filesystem::path& path) {
  using Kind = SnapshotError::Kind;
  const auto not_written = [&] { return SnapshotError{Kind::NotWritten, path, last_error()}; };
  const FramePtr frame = rgb_of(picture);
  if (!frame) return SnapshotError{Kind::NoMemory, path};
  const PacketPtr packet = png_of(*frame);
  if (!packet) return SnapshotError{Kind::NoEncoder, path};
  std::unique_ptr<std::FILE, CloseFile> file{std::fopen(path.c_str(), "wb")};
  if (!file) return not_written();
  const auto size = static_cast<std::size_t>(packet->size);
  const bool is_taken = std::fwrite(packet->data, 1, size, file.get()) == size;
  auto why = not_written();
  // A full disk is often told of only now.
  if (std::fclose(file.release()) == 0 && is_taken) return std::nullopt;
  if (is_taken) why = not_written();
  std::error_code unknown;
  // A part of a picture looks like one. What else a name may stand for, such as a device, stays.
  if (std::filesystem::is_regular_file(path, unknown)) std::filesystem::remove(path, unknown);
  return why;
}

}  // namespace duet::device
