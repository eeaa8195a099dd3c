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

std::string display_named(std::string_view display) {
  if (!display.empty()) return std::string{display};
  const char* usual = std::getenv("DISPLAY");
  return usual == nullptr ? "" : usual;
}

Result<InputPtr, std::string> open_display(const std::string& display, double fps) {
  silence_ffmpeg();
  avdevice_register_all();
  if (display.empty()) return fail(std::string{"There is no screen: DISPLAY is not set."});
  const AVInputFormat* grabber = av_find_input_format("x11grab");
  if (grabber == nullptr) return fail(std::string{"This system's FFmpeg can't read the screen."});
  Dictionary options;
  options.set("framerate", std::to_string(std::clamp(fps, 1.0, 240.0)));
  AVFormatContext* opened = nullptr;
  if (avformat_open_input(&opened, display.c_str(), grabber, options.get()) < 0)
    return fail("The screen " + display +
                " can't be opened: no X server is there, or XAUTHORITY doesn't let this user in.");
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
    while (!is_interrupted_ && error_.empty()) {
      av_packet_unref(packet_.get());
      // Waits for the moment that the rate says, and looks at the screen then.
      const int result = av_read_frame(input_.get(), packet_.get());
      const Instant captured = now();
      if (result == AVERROR(EAGAIN)) continue;
      if (result < 0) {
        error_ = "The screen " + display_ + " is gone.";
        break;
      }
      auto picture = reader_.read(
          std::as_bytes(std::span{packet_->data, static_cast<std::size_t>(packet_->size)}));
      if (picture && !is_interrupted_) return VideoCapture{std::move(picture), captured};
    }
    return std::nullopt;
  }

  void interrupt() override { is_interrupted_ = true; }

  std::string error() const override { return error_; }

  codec::Size size() const override { return fitted(size_of(*input_), box_); }

 private:
  InputPtr input_;
  std::string display_;
  codec::Size box_;
  PacketPtr packet_;
  RawImageReader reader_;
  std::atomic<bool> is_interrupted_ = false;
  std::string error_;
};

}  // namespace

std::vector<ScreenInfo> screens() {
  const std::string display = display_named({});
  const auto input = open_display(display, 1);
  if (!input) return {};
  return {{display, size_of(**input)}};
}

Result<std::unique_ptr<VideoSource>, std::string> open_screen(std::string_view display,
                                                              const VideoWish& wish) {
  std::string name = display_named(display);
  auto input = open_display(name, wish.fps);
  if (!input) return fail(input.error());
  const AVCodecParameters& parameters = *(*input)->streams[0]->codecpar;
  if (parameters.format != AV_PIX_FMT_BGR0)
    return fail("The screen " + name + " has not the usual 24 bits of colour.");
  return std::make_unique<Screen>(*std::move(input), std::move(name), wish.size);
}

}  // namespace duet::device
