// SPDX-License-Identifier: MIT
// AV1 by libaom: encoding in real time.
#include <duet/codec/video_libraries.hpp>

#include <aom/aom_encoder.h>
#include <aom/aomcx.h>

#include <span>
#include <thread>
#include <utility>
#include <vector>

namespace duet::codec {
namespace {

struct Destroy {
  void operator()(aom_codec_ctx_t* context) const {
    aom_codec_destroy(context);
    delete context;
  }
};

using ContextPtr = std::unique_ptr<aom_codec_ctx_t, Destroy>;

/// A temporal unit's OBUs without the delimiter (AV1 §5.3.2, §5.9.1). Bytes are the library's own.
void append_units(std::span<const std::byte> unit, std::vector<std::byte>& out) {
  constexpr int kTemporalDelimiter = 2;
  const bool has_delimiter = unit.size() >= 2 &&
                             std::to_integer<int>(unit[0]) >> 3 == kTemporalDelimiter &&
                             unit[1] == std::byte{0};
  if (has_delimiter) unit = unit.subspan(2);
  out.insert(out.end(), unit.begin(), unit.end());
}

class Av1Encoder : public VideoEncoder {
 public:
  /// Why it could not be made.
  std::optional<EncoderError> open(const VideoSettings& settings);

  void configure(const VideoSettings& settings) override { wanted_ = settings; }

  Result<std::optional<media::EncodedFrame>, EncoderError> encode(const PicturePtr& picture,
                                                                  rtp::Timestamp timestamp,
                                                                  FrameKind kind) override;

  std::string_view implementation() const override { return "libaom"; }

 private:
  void set_rates();
  void set_controls();
  std::optional<EncoderError> apply_wanted();

  EncoderError because(EncoderError::Kind kind, std::string reason = {}) const {
    return {kind, media::Codec::Av1, current_.size, "libaom", std::move(reason)};
  }

  EncoderError failed() const {
    return because(EncoderError::Kind::Failed, aom_codec_error(context_.get()));
  }

  template <class T>
  void control(int id, T value) {
    // What this version of the library doesn't know is a matter of speed only.
    aom_codec_control(context_.get(), id, value);
  }

  VideoSettings wanted_;
  VideoSettings current_;
  aom_codec_enc_cfg_t config_{};
  ContextPtr context_;
  Cadence cadence_;
  std::int64_t presented_ = 0;  // when the next picture is, in the 90 kHz clock
};

std::optional<EncoderError> Av1Encoder::open(const VideoSettings& settings) {
  wanted_ = current_ = settings;
  aom_codec_iface_t* library = aom_codec_av1_cx();
  if (aom_codec_enc_config_default(library, &config_, AOM_USAGE_REALTIME) != AOM_CODEC_OK) {
    return because(EncoderError::Kind::NoSettings);
  }
  config_.g_w = static_cast<unsigned>(settings.size.width);
  config_.g_h = static_cast<unsigned>(settings.size.height);
  config_.g_threads = std::min(2U, std::max(1U, std::thread::hardware_concurrency() / 2));
  config_.g_timebase = {1, static_cast<int>(media::clock_rate(media::Codec::Av1))};
  config_.g_pass = AOM_RC_ONE_PASS;
  config_.g_lag_in_frames = 0;
  config_.g_error_resilient = 0;
  config_.g_input_bit_depth = 8;
  config_.kf_mode = AOM_KF_DISABLED;
  config_.rc_dropframe_thresh = 0;
  config_.rc_end_usage = AOM_CBR;
  config_.rc_min_quantizer = 10;
  config_.rc_max_quantizer = 63;
  config_.rc_undershoot_pct = 50;
  config_.rc_overshoot_pct = 50;
  config_.rc_buf_initial_sz = 300;
  config_.rc_buf_optimal_sz = 300;
  config_.rc_buf_sz = 600;
  set_rates();

  ContextPtr context{new aom_codec_ctx_t{}};
  if (aom_codec_enc_init(context.get(), library, &config_, 0) != AOM_CODEC_OK) {
    return because(EncoderError::Kind::Failed, aom_codec_error(context.get()));
  }
  context_ = std::move(context);
  set_controls();
  return std::nullopt;
}

void Av1Encoder::set_rates() {
  config_.rc_target_bitrate = static_cast<unsigned>(library_rate(current_.rate_bps) / 1000);
}

void Av1Encoder::set_controls() {
  control(AOME_SET_MAX_INTRA_BITRATE_PCT, key_frame_share(current_.fps));
  control(AOME_SET_CPUUSED, 10);
  control(AV1E_SET_TUNE_CONTENT,
          static_cast<int>(current_.is_screen ? AOM_CONTENT_SCREEN : AOM_CONTENT_DEFAULT));
  control(AV1E_SET_ENABLE_PALETTE, current_.is_screen ? 1 : 0);
  control(AV1E_SET_AQ_MODE, current_.is_screen ? 0U : 3U);
  control(AV1E_SET_TILE_COLUMNS, config_.g_threads > 1 ? 1U : 0U);
  control(AV1E_SET_ROW_MT, config_.g_threads > 1 ? 1U : 0U);
  // Tools that cost a call more time than they save rate.
  for (const int tool :
       {AV1E_SET_ENABLE_OBMC, AV1E_SET_ENABLE_WARPED_MOTION, AV1E_SET_ENABLE_GLOBAL_MOTION,
        AV1E_SET_ENABLE_REF_FRAME_MVS, AV1E_SET_ENABLE_CFL_INTRA, AV1E_SET_ENABLE_SMOOTH_INTRA,
        AV1E_SET_ENABLE_ANGLE_DELTA, AV1E_SET_ENABLE_FILTER_INTRA, AV1E_SET_ENABLE_ORDER_HINT}) {
    control(tool, 0);
  }
  control(AV1E_SET_ENABLE_TPL_MODEL, 0U);
  control(AV1E_SET_DELTAQ_MODE, 0U);
  control(AV1E_SET_NOISE_SENSITIVITY, 0U);
  control(AV1E_SET_ENABLE_CDEF, 1U);
  control(AV1E_SET_COEFF_COST_UPD_FREQ, 3U);
  control(AV1E_SET_MODE_COST_UPD_FREQ, 3U);
  control(AV1E_SET_MV_COST_UPD_FREQ, 3U);
  control(AV1E_SET_INTRA_DEFAULT_TX_ONLY, 1);
  control(AV1E_SET_DISABLE_TRELLIS_QUANT, 1U);
}

std::optional<EncoderError> Av1Encoder::apply_wanted() {
  if (wanted_ == current_) return std::nullopt;
  if (wanted_.size != current_.size) return open(wanted_);
  const bool has_new_controls =
      wanted_.fps != current_.fps || wanted_.is_screen != current_.is_screen;
  current_ = wanted_;
  set_rates();
  if (aom_codec_enc_config_set(context_.get(), &config_) != AOM_CODEC_OK) return failed();
  if (has_new_controls) set_controls();
  return std::nullopt;
}

Result<std::optional<media::EncodedFrame>, EncoderError> Av1Encoder::encode(
    const PicturePtr& picture, rtp::Timestamp timestamp, FrameKind kind) {
  if (auto problem = apply_wanted()) return fail(*std::move(problem));
  const auto fitted = scaled(picture, current_.size);

  aom_image_t image;
  // Its planes are looked at only.
  auto* bytes = const_cast<std::uint8_t*>(fitted->data(Picture::Plane::Y));
  aom_img_wrap(&image, AOM_IMG_FMT_I420, config_.g_w, config_.g_h, 1, bytes);
  for (const auto plane : {Picture::Plane::Y, Picture::Plane::U, Picture::Plane::V}) {
    const auto i = static_cast<std::size_t>(plane);
    image.planes[i] = const_cast<std::uint8_t*>(fitted->data(plane));
    image.stride[i] = fitted->stride(plane);
  }
  const std::uint32_t duration = cadence_.next(timestamp, current_.fps);
  const aom_enc_frame_flags_t flags = kind == FrameKind::Key ? AOM_EFLAG_FORCE_KF : 0;
  if (aom_codec_encode(context_.get(), &image, presented_, duration, flags) != AOM_CODEC_OK) {
    return fail(failed());
  }
  presented_ += duration;

  media::EncodedFrame frame{.codec = media::Codec::Av1, .timestamp = timestamp};
  aom_codec_iter_t iterator = nullptr;
  while (const auto* packet = aom_codec_get_cx_data(context_.get(), &iterator)) {
    if (packet->kind != AOM_CODEC_CX_FRAME_PKT) continue;
    append_units({static_cast<const std::byte*>(packet->data.frame.buf), packet->data.frame.sz},
                 frame.bytes);
    frame.is_key = (packet->data.frame.flags & AOM_FRAME_IS_KEY) != 0;
  }
  if (frame.bytes.empty()) return std::optional<media::EncodedFrame>{};
  return frame;
}

}  // namespace

EncoderResult make_av1_encoder(const VideoSettings& settings) {
  auto encoder = std::make_unique<Av1Encoder>();
  if (auto problem = encoder->open(settings)) return fail(*std::move(problem));
  return encoder;
}

}  // namespace duet::codec
