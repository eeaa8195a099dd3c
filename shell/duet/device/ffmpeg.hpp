// SPDX-License-Identifier: MIT
// FFmpeg's libraries behind handles. For .cpp files of this folder alone.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavdevice/avdevice.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/display.h>
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>
}

#include <array>
#include <memory>
#include <string>

namespace duet::device {

/// The deleter of what is freed by the address of its pointer.
template <auto Free>
struct FreeAt {
  template <class T>
  void operator()(T* handle) const {
    Free(&handle);
  }
};

using PacketPtr = std::unique_ptr<AVPacket, FreeAt<av_packet_free>>;
using FramePtr = std::unique_ptr<AVFrame, FreeAt<av_frame_free>>;
using DecoderPtr = std::unique_ptr<AVCodecContext, FreeAt<avcodec_free_context>>;
using InputPtr = std::unique_ptr<AVFormatContext, FreeAt<avformat_close_input>>;
using ResamplerPtr = std::unique_ptr<SwrContext, FreeAt<swr_free>>;

struct FreeScaler {
  void operator()(SwsContext* scaler) const { sws_freeContext(scaler); }
};

using ScalerPtr = std::unique_ptr<SwsContext, FreeScaler>;

/// Options of FFmpeg, given to one call.
class Dictionary {
 public:
  Dictionary() = default;
  Dictionary(const Dictionary&) = delete;
  Dictionary& operator=(const Dictionary&) = delete;

  ~Dictionary() { av_dict_free(&entries_); }

  void set(const char* key, const std::string& value) {
    av_dict_set(&entries_, key, value.c_str(), 0);
  }

  AVDictionary** get() { return &entries_; }

 private:
  AVDictionary* entries_ = nullptr;
};

inline constexpr AVRational kMicroseconds{1, 1'000'000};

/// FFmpeg's own lines on stderr are for its developers.
inline void silence_ffmpeg() { av_log_set_level(AV_LOG_QUIET); }

inline std::string reason_of(int error) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(error, text.data(), text.size());
  return text.data();
}

}  // namespace duet::device
