// SPDX-License-Identifier: MIT
// The screen by libavdevice's x11grab.
#include <duet/device/clock.hpp>
#include <duet/device/raw_image.hpp>
#include <duet/device/screen.hpp>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace duet::device {
namespace {

using Kind = ScreenError::Kind;

std::string display_named(std::string_view display) {
  if (!display.empty()) return std::string{display};
  const char* usual = std::getenv("DISPLAY");
  return usual == nullptr ? "" : usual;
}

Result<InputPtr, ScreenError> open_display(const std::string& display, double fps) {
  silence_ffmpeg();
  avdevice_register_all();
  if (display.empty()) return fail(ScreenError{Kind::NoDisplay});
  const AVInputFormat* grabber = av_find_input_format("x11grab");
  if (grabber == nullptr) return fail(ScreenError{Kind::NoGrabber, display});
  Dictionary options;
  options.set("framerate", std::to_string(std::clamp(fps, 1.0, 240.0)));
  AVFormatContext* opened = nullptr;
  if (avformat_open_input(&opened, display.c_str(), grabber, options.get()) < 0)
    return fail(ScreenError{Kind::NotOpened, display});
  return InputPtr{opened};
}

codec::Size size_of(const AVFormatContext& input) {
  const AVCodecParameters& parameters = *input.streams[0]->codecpar;
  return {parameters.width, parameters.height};
}

class Screen final : public VideoSource {
 public:
  Screen(InputPtr input, std::string display, codec::Size box)
      : input_{std::move(input)},
        display_{std::move(display)},
        box_{box},
        packet_{av_packet_alloc()},
        reader_{{FourCc::of("XR24"), size_of(*input_)}, box} {}

  std::optional<VideoCapture> read() override {
    while (!is_interrupted_ && !error_) {
      av_packet_unref(packet_.get());
      // Waits for the moment that the rate says, and looks at the screen then.
      const int result = av_read_frame(input_.get(), packet_.get());
      const Instant captured = now();
      if (result == AVERROR(EAGAIN)) continue;
      if (result < 0) {
        error_ = ScreenError{Kind::Gone, display_};
        break;
      }
      auto picture = reader_.read(
          std::as_bytes(std::span{packet_->data, static_cast<std::size_t>(packet_->size)}));
      if (picture && !is_interrupted_) return VideoCapture{std::move(picture), captured};
    }
    return std::nullopt;
  }

  void interrupt() override { is_interrupted_ = true; }

  std::optional<Error> error() const override { return error_; }

  codec::Size size() const override { return fitted(size_of(*input_), box_); }

 private:
  InputPtr input_;
  std::string display_;
  codec::Size box_;
  PacketPtr packet_;
  RawImageReader reader_;
  std::atomic<bool> is_interrupted_ = false;
  std::optional<ScreenError> error_;
};

}  // namespace

std::vector<ScreenInfo> screens() {
  const std::string display = display_named({});
  const auto input = open_display(display, 1);
  if (!input) return {};
  return {{display, size_of(**input)}};
}

Result<std::unique_ptr<VideoSource>, ScreenError> open_screen(std::string_view display,
                                                              const VideoWish& wish) {
  std::string name = display_named(display);
  auto input = open_display(name, wish.fps);
  if (!input) return fail(input.error());
  const AVCodecParameters& parameters = *(*input)->streams[0]->codecpar;
  if (parameters.format != AV_PIX_FMT_BGR0) return fail(ScreenError{Kind::UnusualColours, name});
  return std::make_unique<Screen>(*std::move(input), std::move(name), wish.size);
}

}  // namespace duet::device
