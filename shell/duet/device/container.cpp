// SPDX-License-Identifier: MIT
// Files of pictures and sound by libavformat.
#include <duet/base/check.hpp>
#include <duet/device/container.hpp>
#include <duet/device/ffmpeg.hpp>
#include <duet/device/output_file.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace duet::device {
namespace {

using media::Codec;

constexpr int kBufferBytes = 64 * 1024;

AVCodecID codec_id(Codec codec) {
  switch (codec) {
    case Codec::Vp8:
      return AV_CODEC_ID_VP8;
    case Codec::Vp9:
      return AV_CODEC_ID_VP9;
    case Codec::H264:
      return AV_CODEC_ID_H264;
    case Codec::Av1:
      return AV_CODEC_ID_AV1;
    case Codec::Opus:
      return AV_CODEC_ID_OPUS;
    case Codec::Pcmu:
      return AV_CODEC_ID_PCM_MULAW;
    case Codec::Pcma:
      return AV_CODEC_ID_PCM_ALAW;
  }
  return AV_CODEC_ID_NONE;
}

const char* format_name(ContainerKind kind) {
  switch (kind) {
    case ContainerKind::Matroska:
      return "matroska";
    case ContainerKind::Webm:
      return "webm";
    case ContainerKind::Mp4:
      return "mp4";
  }
  return nullptr;
}

int write_some(void* opaque, std::uint8_t* bytes, int size) {
  auto& file = *static_cast<OutputFile*>(opaque);
  if (!file.write({bytes, static_cast<std::size_t>(size)})) return AVERROR(file.error());
  return size;
}

std::int64_t seek_to(void* opaque, std::int64_t offset, int whence) {
  auto& file = *static_cast<OutputFile*>(opaque);
  if (whence == AVSEEK_SIZE) return file.size();
  return file.seek(offset, whence & ~AVSEEK_FORCE);
}

struct FreeIo {
  void operator()(AVIOContext* io) const {
    av_freep(static_cast<void*>(&io->buffer));
    avio_context_free(&io);
  }
};

struct FreeOutput {
  void operator()(AVFormatContext* context) const { avformat_free_context(context); }
};

class AvContainer final : public Container {
 public:
  AvContainer(OutputFile file, ContainerKind kind) : file_{std::move(file)}, kind_{kind} {
    auto* buffer = static_cast<unsigned char*>(av_malloc(kBufferBytes));
    const bool has_places = file_.seek(0, SEEK_CUR) >= 0;
    io_.reset(avio_alloc_context(buffer, kBufferBytes, 1, &file_, nullptr, write_some,
                                 has_places ? seek_to : nullptr));
    AVFormatContext* context = nullptr;
    avformat_alloc_output_context2(&context, nullptr, format_name(kind), nullptr);
    output_.reset(context);
    packet_.reset(av_packet_alloc());
    DUET_CHECK(buffer != nullptr && io_ && output_ && packet_);
    output_->pb = io_.get();
    output_->flags |= AVFMT_FLAG_CUSTOM_IO;
  }

  bool begin(const Streams& streams) {
    if (streams.video) video_ = add(*streams.video);
    if (streams.audio) audio_ = add(*streams.audio);
    Dictionary options;
    if (kind_ == ContainerKind::Mp4) {
      // A fragment is what lies between two flushes.
      options.set("movflags", "empty_moov+default_base_moof+frag_custom");
      // Each stream would be moved to zero by itself, and one that begins late be out of step.
      options.set("use_editlist", "0");
      output_->avoid_negative_ts = AVFMT_AVOID_NEG_TS_DISABLED;
    }
    return avformat_write_header(output_.get(), options.get()) >= 0 && flush();
  }

  bool write(const media::EncodedFrame& frame, Duration at, Duration duration) override {
    Track& track = media::is_video(frame.codec) ? video_ : audio_;
    DUET_CHECK(track.stream != nullptr && track.codec == frame.codec);
    if (file_.error() != 0) return false;
    if (av_new_packet(packet_.get(), static_cast<int>(frame.bytes.size())) < 0) return true;
    std::memcpy(packet_->data, frame.bytes.data(), frame.bytes.size());
    const AVRational base = track.stream->time_base;
    packet_->pts = std::max(av_rescale_q(at.count(), kMicroseconds, base), track.next_pts);
    packet_->dts = packet_->pts;
    packet_->duration = av_rescale_q(duration.count(), kMicroseconds, base);
    packet_->stream_index = track.stream->index;
    if (frame.is_key || !media::is_video(frame.codec)) packet_->flags |= AV_PKT_FLAG_KEY;
    track.next_pts = packet_->pts + 1;
    // What the muxer itself refuses is a stranger's broken frame: the file goes on without it.
    av_write_frame(output_.get(), packet_.get());
    av_packet_unref(packet_.get());
    return is_written();
  }

  bool flush() override {
    if (file_.error() != 0) return false;
    av_write_frame(output_.get(), nullptr);
    avio_flush(io_.get());
    if (!is_written()) return false;
    whole_bytes_ = file_.size();
    // The next fragment says its own time. Otherwise it would begin where the last one ended, and
    // gaps would be lost.
    if (kind_ == ContainerKind::Mp4) av_opt_set(output_->priv_data, "movflags", "+frag_discont", 0);
    return true;
  }

  bool finish() override {
    if (!flush()) return false;
    av_write_trailer(output_.get());
    avio_flush(io_.get());
    return is_written();
  }

  /// Why there is no header; and no file is left behind.
  RecordingError give_up() {
    file_.truncate(0);
    file_.remove_empty();
    return error().value_or(RecordingError{RecordingError::Kind::NoHeader, path()});
  }

  const std::filesystem::path& path() const override { return file_.path(); }

  std::optional<RecordingError> error() const override {
    using Kind = RecordingError::Kind;
    switch (file_.error()) {
      case 0:
        return std::nullopt;
      case ENOSPC:
      case EDQUOT:
        return RecordingError{Kind::DiskFull, path()};
      case EFBIG:
        return RecordingError{Kind::AtItsLimit, path()};
      default:
        return RecordingError{Kind::NotWritten, path(), static_cast<std::errc>(file_.error())};
    }
  }

 private:
  struct Track {
    AVStream* stream = nullptr;
    Codec codec = Codec::Vp8;
    std::int64_t next_pts = 0;
  };

  Track add(const Stream& wanted) {
    AVStream* stream = avformat_new_stream(output_.get(), nullptr);
    DUET_CHECK(stream != nullptr);
    AVCodecParameters& parameters = *stream->codecpar;
    parameters.codec_id = codec_id(wanted.codec);
    if (media::is_video(wanted.codec)) {
      parameters.codec_type = AVMEDIA_TYPE_VIDEO;
      parameters.format = AV_PIX_FMT_YUV420P;
      parameters.width = wanted.head.size.width;
      parameters.height = wanted.head.size.height;
    } else {
      parameters.codec_type = AVMEDIA_TYPE_AUDIO;
      parameters.sample_rate = static_cast<int>(media::clock_rate(wanted.codec));
      const bool is_opus = wanted.codec == Codec::Opus;
      av_channel_layout_default(&parameters.ch_layout, is_opus ? 2 : 1);
      parameters.bits_per_coded_sample = is_opus ? 0 : 8;
      if (is_opus) {
        parameters.initial_padding = 312;  // as the identification header says
        parameters.seek_preroll = 3840;    // 80 ms, RFC 7845 §4.6
      } else {
        parameters.block_align = 1;
      }
    }
    if (const auto& bytes = wanted.head.parameters; !bytes.empty()) {
      parameters.extradata =
          static_cast<std::uint8_t*>(av_mallocz(bytes.size() + AV_INPUT_BUFFER_PADDING_SIZE));
      DUET_CHECK(parameters.extradata != nullptr);
      std::memcpy(parameters.extradata, bytes.data(), bytes.size());
      parameters.extradata_size = static_cast<int>(bytes.size());
    }
    stream->time_base = {1, static_cast<int>(media::clock_rate(wanted.codec))};
    return {stream, wanted.codec};
  }

  /// After an error the file ends with the last whole cluster or fragment.
  bool is_written() {
    if (file_.error() == 0) return true;
    file_.truncate(whole_bytes_);
    return false;
  }

  OutputFile file_;
  ContainerKind kind_;
  std::unique_ptr<AVIOContext, FreeIo> io_;
  std::unique_ptr<AVFormatContext, FreeOutput> output_;
  PacketPtr packet_;
  Track video_;
  Track audio_;
  std::int64_t whole_bytes_ = 0;
};

}  // namespace

std::optional<ContainerKind> container_kind(const std::filesystem::path& path) {
  const auto end = path.extension();
  if (end == ".mkv") return ContainerKind::Matroska;
  if (end == ".webm") return ContainerKind::Webm;
  if (end == ".mp4") return ContainerKind::Mp4;
  return std::nullopt;
}

bool can_hold(ContainerKind kind, Codec codec) {
  switch (kind) {
    case ContainerKind::Matroska:
      return true;
    case ContainerKind::Webm:
      return codec == Codec::Vp8 || codec == Codec::Vp9 || codec == Codec::Av1 ||
             codec == Codec::Opus;
    case ContainerKind::Mp4:
      return codec == Codec::H264 || codec == Codec::Vp9 || codec == Codec::Av1 ||
             codec == Codec::Opus;
  }
  return false;
}

std::vector<Codec> suited_pictures(ContainerKind kind) {
  if (kind == ContainerKind::Matroska) return {};
  // H.264 is what everything plays that plays an .mp4 file.
  std::vector<Codec> codecs{Codec::H264, Codec::Vp8, Codec::Vp9, Codec::Av1};
  std::erase_if(codecs, [&](Codec codec) { return !can_hold(kind, codec); });
  return codecs;
}

Result<std::unique_ptr<Container>, RecordingError> Container::create(
    const std::filesystem::path& path, const Streams& streams) {
  using Kind = RecordingError::Kind;
  silence_ffmpeg();
  const auto kind = container_kind(path);
  DUET_CHECK(kind && (streams.video || streams.audio));
  auto file = OutputFile::create(path);
  if (!file) return fail(RecordingError{Kind::NotCreated, path, file.error()});
  auto container = std::make_unique<AvContainer>(*std::move(file), *kind);
  if (!container->begin(streams)) return fail(container->give_up());
  return container;
}

}  // namespace duet::device
