// SPDX-License-Identifier: MIT
// VP8 and VP9 by libvpx: encoding.
#include <duet/codec/video_libraries.hpp>

#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

#include <algorithm>
#include <thread>

namespace duet::codec {
namespace {

struct Destroy {
  void operator()(vpx_codec_ctx_t* context) const {
    vpx_codec_destroy(context);
    delete context;
  }
};

using ContextPtr = std::unique_ptr<vpx_codec_ctx_t, Destroy>;

/// Threads pay only where one core can't keep up. VP8's wait for each other by spinning: measured,
/// two of them took 14 times the CPU of one on two busy cores.
unsigned threads_for(Size size) {
  const bool is_large = std::int64_t{size.width} * size.height > std::int64_t{1920} * 1088;
  return is_large && std::thread::hardware_concurrency() >= 8 ? 2 : 1;
}

/// Of what may be sent at once, so much is to be left over, in ms of the rate.
constexpr unsigned kReserve = 250;

class VpxEncoder : public VideoEncoder {
 public:
  explicit VpxEncoder(media::Codec codec) : codec_{codec} {}

  /// Why it could not be made.
  std::optional<EncoderError> open(const VideoSettings& settings);

  void configure(const VideoSettings& settings) override { wanted_ = settings; }

  Result<std::optional<media::EncodedFrame>, EncoderError> encode(const PicturePtr& picture,
                                                                  rtp::Timestamp timestamp,
                                                                  FrameKind kind) override;

  std::string_view implementation() const override { return "libvpx"; }

 private:
  bool is_vp8() const { return codec_ == media::Codec::Vp8; }

  void set_rates();
  void expect_reserve(double rise);
  std::optional<EncoderError> refill();
  void set_controls();
  std::optional<EncoderError> apply_wanted();

  EncoderError because(EncoderError::Kind kind, std::string reason = {}) const {
    return {kind, codec_, current_.size, "libvpx", std::move(reason)};
  }

  EncoderError failed() const {
    return because(EncoderError::Kind::Failed, vpx_codec_error(context_.get()));
  }

  template <class T>
  void control(int id, T value) {
    // What this version of the library doesn't know is a matter of speed only.
    vpx_codec_control_(context_.get(), id, value);
  }

  media::Codec codec_;
  VideoSettings wanted_;
  VideoSettings current_;
  vpx_codec_enc_cfg_t config_{};
  ContextPtr context_;
  Cadence cadence_;
  std::int64_t presented_ = 0;  // when the next picture is, in the 90 kHz clock
};

std::optional<EncoderError> VpxEncoder::open(const VideoSettings& settings) {
  wanted_ = current_ = settings;
  vpx_codec_iface_t* library = is_vp8() ? vpx_codec_vp8_cx() : vpx_codec_vp9_cx();
  if (vpx_codec_enc_config_default(library, &config_, 0) != VPX_CODEC_OK) {
    return because(EncoderError::Kind::NoSettings);
  }
  config_.g_w = static_cast<unsigned>(settings.size.width);
  config_.g_h = static_cast<unsigned>(settings.size.height);
  config_.g_threads = threads_for(settings.size);
  config_.g_timebase = {1, static_cast<int>(media::clock_rate(codec_))};
  config_.g_pass = VPX_RC_ONE_PASS;
  config_.g_lag_in_frames = 0;
  config_.g_error_resilient = 0;  // every frame is awaited, so each may build on the last in all
  config_.kf_mode = VPX_KF_DISABLED;
  config_.rc_resize_allowed = 0;
  config_.rc_dropframe_thresh = 0;
  config_.rc_end_usage = VPX_CBR;
  config_.rc_min_quantizer = 2;
  config_.rc_max_quantizer = 63;
  config_.rc_undershoot_pct = 100;
  config_.rc_overshoot_pct = 15;
  // In ms. Half of what is common: measured, VP8 is then within 13 % of a new rate over its first
  // 1.7 s instead of 17 %, and pictures of more than double the share are as rare.
  config_.rc_buf_initial_sz = 200;
  config_.rc_buf_optimal_sz = kReserve;
  config_.rc_buf_sz = 500;
  set_rates();

  ContextPtr context{new vpx_codec_ctx_t{}};
  if (vpx_codec_enc_init(context.get(), library, &config_, 0) != VPX_CODEC_OK) {
    return because(EncoderError::Kind::Failed, vpx_codec_error(context.get()));
  }
  context_ = std::move(context);
  set_controls();
  return std::nullopt;
}

void VpxEncoder::set_rates() {
  config_.rc_target_bitrate = static_cast<unsigned>(library_rate(current_.rate_bps) / 1000);
}

void VpxEncoder::set_controls() {
  control(VP8E_SET_MAX_INTRA_BITRATE_PCT, key_frame_share(current_.fps));
  control(VP8E_SET_STATIC_THRESHOLD, current_.is_screen && is_vp8() ? 100U : 1U);
  if (is_vp8()) {
    // Measured at 720p and 1.5 Mbit/s: 5.9 ms a picture, -6 took 6.8 and gave 0.1 dB more, -16 took
    // 4.9 and gave 1.2 dB less.
    control(VP8E_SET_CPUUSED, -12);
    control(VP8E_SET_NOISE_SENSITIVITY, 0U);
    control(VP8E_SET_TOKEN_PARTITIONS, static_cast<int>(VP8_ONE_TOKENPARTITION));
    control(VP8E_SET_SCREEN_CONTENT_MODE, current_.is_screen ? 1U : 0U);
  } else {
    control(VP8E_SET_CPUUSED, 8);
    control(VP9E_SET_AQ_MODE, 3U);
    control(VP9E_SET_TILE_COLUMNS, config_.g_threads > 1 ? 1 : 0);
    control(VP9E_SET_ROW_MT, config_.g_threads > 1 ? 1U : 0U);
    control(VP9E_SET_FRAME_PARALLEL_DECODING, 0U);
    control(VP9E_SET_NOISE_SENSITIVITY, 0U);
    control(VP9E_SET_TUNE_CONTENT,
            static_cast<int>(current_.is_screen ? VP9E_CONTENT_SCREEN : VP9E_CONTENT_DEFAULT));
  }
}

/// libvpx counts what is left over in bits. After a rise that is little of what is wanted in time,
/// and VP8 would save until it has that: measured, from 0.6 to 2.5 Mbit/s it made 0.76 of the rate
/// for 0.3 s. So less is wanted at first: it makes 1.00.
void VpxEncoder::expect_reserve(double rise) {
  constexpr double kLeast = 10;
  if (!is_vp8() || rise <= 1) return;
  config_.rc_buf_optimal_sz =
      static_cast<unsigned>(std::max(kLeast, config_.rc_buf_optimal_sz / rise));
}

std::optional<EncoderError> VpxEncoder::refill() {
  constexpr unsigned kStep = 2;  // ms with each picture
  if (config_.rc_buf_optimal_sz >= kReserve) return std::nullopt;
  config_.rc_buf_optimal_sz = std::min(config_.rc_buf_optimal_sz + kStep, kReserve);
  if (vpx_codec_enc_config_set(context_.get(), &config_) != VPX_CODEC_OK) return failed();
  return std::nullopt;
}

std::optional<EncoderError> VpxEncoder::apply_wanted() {
  if (wanted_ == current_) return refill();
  if (wanted_.size != current_.size) return open(wanted_);
  const bool has_new_controls =
      wanted_.fps != current_.fps || wanted_.is_screen != current_.is_screen;
  expect_reserve(static_cast<double>(library_rate(wanted_.rate_bps)) /
                 static_cast<double>(library_rate(current_.rate_bps)));
  current_ = wanted_;
  set_rates();
  if (vpx_codec_enc_config_set(context_.get(), &config_) != VPX_CODEC_OK) return failed();
  if (has_new_controls) set_controls();
  return std::nullopt;
}

Result<std::optional<media::EncodedFrame>, EncoderError> VpxEncoder::encode(
    const PicturePtr& picture, rtp::Timestamp timestamp, FrameKind kind) {
  if (auto problem = apply_wanted()) return fail(*std::move(problem));
  const auto source = scaled(picture, current_.size);

  vpx_image_t image;
  // Its planes are looked at only.
  auto* bytes = const_cast<std::uint8_t*>(source->data(Picture::Plane::Y));
  vpx_img_wrap(&image, VPX_IMG_FMT_I420, config_.g_w, config_.g_h, 1, bytes);
  for (const auto plane : {Picture::Plane::Y, Picture::Plane::U, Picture::Plane::V}) {
    const auto i = static_cast<std::size_t>(plane);
    image.planes[i] = const_cast<std::uint8_t*>(source->data(plane));
    image.stride[i] = source->stride(plane);
  }
  const std::uint32_t duration = cadence_.next(timestamp, current_.fps);
  const vpx_enc_frame_flags_t flags = kind == FrameKind::Key ? VPX_EFLAG_FORCE_KF : 0;
  if (vpx_codec_encode(context_.get(), &image, presented_, duration, flags, VPX_DL_REALTIME) !=
      VPX_CODEC_OK) {
    return fail(failed());
  }
  presented_ += duration;

  media::EncodedFrame frame{.codec = codec_, .timestamp = timestamp};
  vpx_codec_iter_t iterator = nullptr;
  while (const auto* packet = vpx_codec_get_cx_data(context_.get(), &iterator)) {
    if (packet->kind != VPX_CODEC_CX_FRAME_PKT) continue;
    const auto* first = static_cast<const std::byte*>(packet->data.frame.buf);
    frame.bytes.insert(frame.bytes.end(), first, first + packet->data.frame.sz);
    frame.is_key = (packet->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
  }
  if (frame.bytes.empty()) return std::optional<media::EncodedFrame>{};
  return frame;
}

}  // namespace

EncoderResult make_vpx_encoder(media::Codec codec, const VideoSettings& settings) {
  auto encoder = std::make_unique<VpxEncoder>(codec);
  if (auto problem = encoder->open(settings)) return fail(*std::move(problem));
  return encoder;
}

}  // namespace duet::codec
