// SPDX-License-Identifier: MIT
// Files by libavformat, decoded by libavcodec.
#include <duet/codec/picture.hpp>
#include <duet/device/media_file.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <string_view>

namespace duet::device {
namespace {

/// Bytes and time that are looked at to learn what a file is.
constexpr const char* kProbeBytes = "5000000";
constexpr const char* kProbeMicroseconds = "5000000";
constexpr unsigned kMostStreams = 64;
/// A file may hold rubbish between its frames, but not more packets of it than this in a row.
constexpr int kMostFruitless = 20'000;

/// They take any text for a picture of it.
constexpr std::array<std::string_view, 5> kTextFormats = {"tty", "bin", "xbin", "adf", "idf"};

}  // namespace

Result<MediaFile, FileError> MediaFile::open(const std::filesystem::path& path, AVMediaType kind) {
  using Kind = FileError::Kind;
  const auto because = [&](Kind fault) { return fail(FileError{fault, path}); };
  silence_ffmpeg();
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) return because(Kind::Missing);
  if (!std::filesystem::is_regular_file(status)) return because(Kind::Unreadable);

  Dictionary options;
  options.set("protocol_whitelist", "file");  // a playlist must not reach out
  options.set("probesize", kProbeBytes);
  options.set("analyzeduration", kProbeMicroseconds);
  AVFormatContext* opened = avformat_alloc_context();
  if (opened != nullptr) opened->max_streams = kMostStreams;
  const std::string url = "file:" + path.string();
  const int result = avformat_open_input(&opened, url.c_str(), nullptr, options.get());
  if (result == AVERROR(EACCES)) return because(Kind::Forbidden);
  if (result < 0) return because(Kind::Unreadable);
  MediaFile file;
  file.input_.reset(opened);
  const std::string_view format = opened->iformat->name;
  if (std::find(kTextFormats.begin(), kTextFormats.end(), format) != kTextFormats.end())
    return because(Kind::Unreadable);
  if (avformat_find_stream_info(opened, nullptr) < 0) return because(Kind::Unreadable);

  const AVCodec* codec = nullptr;
  const int index = av_find_best_stream(opened, kind, -1, -1, &codec, 0);
  if (index < 0) {
    const AVMediaType other = kind == AVMEDIA_TYPE_VIDEO ? AVMEDIA_TYPE_AUDIO : AVMEDIA_TYPE_VIDEO;
    if (av_find_best_stream(opened, other, -1, -1, nullptr, 0) < 0)
      return because(Kind::Unreadable);
    return because(kind == AVMEDIA_TYPE_VIDEO ? Kind::NoPictures : Kind::NoSound);
  }
  file.index_ = static_cast<std::size_t>(index);
  for (unsigned i = 0; i < opened->nb_streams; ++i)
    if (static_cast<int>(i) != index) opened->streams[i]->discard = AVDISCARD_ALL;
  file.decoder_.reset(avcodec_alloc_context3(codec));
  file.packet_.reset(av_packet_alloc());
  file.frame_.reset(av_frame_alloc());
  if (!file.decoder_ || !file.packet_ || !file.frame_ ||
      avcodec_parameters_to_context(file.decoder_.get(), &file.parameters()) < 0)
    return because(Kind::Unreadable);
  file.decoder_->pkt_timebase = file.stream().time_base;
  file.decoder_->max_pixels = std::int64_t{codec::kMaxSide} * codec::kMaxSide;
  file.decoder_->thread_count = 2;
  if (avcodec_open2(file.decoder_.get(), codec, nullptr) < 0) return because(Kind::Unreadable);
  return file;
}

bool MediaFile::read_packet() {
  for (int i = 0; i < kMostFruitless; ++i) {
    av_packet_unref(packet_.get());
    const int result = av_read_frame(input_.get(), packet_.get());
    if (result < 0) return false;
    if (packet_->stream_index == static_cast<int>(index_)) return true;
  }
  return false;
}

const AVFrame* MediaFile::next() {
  for (int i = 0; i < kMostFruitless; ++i) {
    av_frame_unref(frame_.get());
    const int result = avcodec_receive_frame(decoder_.get(), frame_.get());
    if (result == 0) {
      const std::int64_t begin = input_->start_time == AV_NOPTS_VALUE ? 0 : input_->start_time;
      const std::int64_t at = frame_->best_effort_timestamp;
      time_ = at == AV_NOPTS_VALUE
                  ? next_time_
                  : Duration{av_rescale_q(at, stream().time_base, kMicroseconds) - begin};
      time_ = std::max(time_, Duration{0});
      next_time_ = time_ + length_of(*frame_);
      return frame_.get();
    }
    if (result == AVERROR_EOF || is_draining_) return nullptr;
    if (read_packet()) {
      avcodec_send_packet(decoder_.get(), packet_.get());
    } else {
      avcodec_send_packet(decoder_.get(), nullptr);
      is_draining_ = true;
    }
  }
  return nullptr;
}

Duration MediaFile::length_of(const AVFrame& frame) const {
  constexpr Duration kUsual = 40ms;
  if (frame.pkt_duration > 0)
    return Duration{av_rescale_q(frame.pkt_duration, stream().time_base, kMicroseconds)};
  const AVRational rate =
      frame.sample_rate > 0 ? AVRational{frame.sample_rate, 1} : stream().avg_frame_rate;
  if (rate.num <= 0 || rate.den <= 0) return kUsual;
  return Duration{av_rescale_q(std::max(frame.nb_samples, 1), av_inv_q(rate), kMicroseconds)};
}

std::optional<Duration> MediaFile::length() const {
  constexpr Duration kShortest = 40ms;
  if (input_->duration == AV_NOPTS_VALUE || input_->duration <= 0) return std::nullopt;
  return std::max(Duration{input_->duration}, kShortest);
}

bool MediaFile::seek(Duration time) {
  const std::int64_t begin = input_->start_time == AV_NOPTS_VALUE ? 0 : input_->start_time;
  const std::int64_t at = begin + time.count();
  is_draining_ = false;
  next_time_ = time;
  const bool done =
      avformat_seek_file(input_.get(), -1, INT64_MIN, at, at, 0) >= 0 ||
      avformat_seek_file(input_.get(), -1, INT64_MIN, 0, INT64_MAX, AVSEEK_FLAG_BYTE) >= 0;
  avcodec_flush_buffers(decoder_.get());
  return done;
}

int MediaFile::rotation() const {
  const auto* matrix = reinterpret_cast<const std::int32_t*>(
      av_stream_get_side_data(&stream(), AV_PKT_DATA_DISPLAYMATRIX, nullptr));
  if (matrix == nullptr) return 0;
  const double angle = av_display_rotation_get(matrix);
  if (std::isnan(angle)) return 0;
  const int quarters = static_cast<int>(std::lround(-angle / 90)) % 4;
  return (quarters + 4) % 4 * 90;
}

}  // namespace duet::device
