// SPDX-License-Identifier: MIT
// Encodes and decodes in one thread, and prints what a picture cost and how it came out.
#include "film.hpp"
#include <duet/codec/video_decoder.hpp>
#include <duet/codec/video_encoder.hpp>
#include <duet/device/pattern_painter.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace duet;
using codec::PicturePtr;

constexpr codec::Size kSize{1280, 720};
constexpr int kFps = 30;
constexpr int kSeconds = 5;
constexpr std::uint64_t kRate = 1'500'000;
constexpr std::uint64_t kLowRate = 400'000;

double cpu_ms() {
  std::timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

using Source = PicturePtr (*)(int number);

PicturePtr drawn(int number) {
  static const device::PatternPainter painter{kSize};
  const auto counter = static_cast<std::uint32_t>(number);
  return painter.paint({.counter = counter, .captured_ms = 33U * counter}, "12:34:56");
}

PicturePtr filmed(int number) { return bench::filmed(kSize, number); }

/// An encoder, its decoder, and what they have cost.
class Run {
 public:
  Run(media::Codec codec, Source source) : source_{source}, settings_{.size = kSize} {
    settings_.fps = kFps;
    settings_.rate_bps = kRate;
    auto encoder = codec::make_video_encoder(codec, settings_);
    auto decoder = codec::make_video_decoder(codec);
    if (!encoder || !decoder) {
      std::fprintf(stderr, "no %s\n", !encoder ? "encoder" : "decoder");
      std::exit(1);
    }
    encoder_ = std::move(*encoder);
    decoder_ = std::move(*decoder);
  }

  void set_rate(std::uint64_t rate_bps) {
    settings_.rate_bps = rate_bps;
    encoder_->configure(settings_);
  }

  void next() {
    const PicturePtr picture = source_(number_);
    const rtp::Timestamp timestamp{static_cast<std::uint32_t>(number_++) * 90'000 / kFps};
    const double start = cpu_ms();
    const auto frame = encoder_->encode(picture, timestamp, codec::FrameKind::Any);
    const double encoded = cpu_ms();
    encode_ms_ += encoded - start;
    if (!frame || !*frame) return;
    const auto shown = decoder_->decode(**frame);
    decode_ms_ += cpu_ms() - encoded;
    sizes_.push_back(static_cast<double>((*frame)->bytes.size()));
    if (!shown || !*shown) return;
    likeness_.push_back(codec::psnr(***shown, *picture));
  }

  double kbit_per_second(int first, int count) const {
    double bytes = 0;
    for (int i = first; i < first + count; ++i) bytes += sizes_.at(static_cast<std::size_t>(i));
    return bytes * 8 * kFps / count / 1000;
  }

  void print_cost(const char* name, const char* what) const {
    double sum = 0;
    for (const double each : likeness_) sum += each;
    std::printf("%-5s %-7s %6.2f ms %6.2f ms %8.0f kbit/s %6.1f dB %6.1f dB %7.1f KB %7.1f KB\n",
                name, what, encode_ms_ / number_, decode_ms_ / number_, kbit_per_second(0, number_),
                sum / static_cast<double>(likeness_.size()),
                *std::min_element(likeness_.begin(), likeness_.end()), sizes_.front() / 1000,
                *std::max_element(sizes_.begin() + 1, sizes_.end()) / 1000);
  }

 private:
  Source source_;
  codec::VideoSettings settings_;
  std::unique_ptr<codec::VideoEncoder> encoder_;
  std::unique_ptr<codec::VideoDecoder> decoder_;
  int number_ = 0;
  double encode_ms_ = 0;
  double decode_ms_ = 0;
  std::vector<double> sizes_;
  std::vector<double> likeness_;
};

void measure_cost(media::Codec codec, const char* what, Source source) {
  Run run{codec, source};
  for (int i = 0; i < kSeconds * kFps; ++i) run.next();
  run.print_cost(std::string{media::name_of(codec)}.c_str(), what);
}

void measure_rate(media::Codec codec) {
  constexpr int kStretch = 3 * kFps;
  constexpr int kAtOnce = kFps * 3 / 10;
  Run run{codec, filmed};
  for (const auto rate : {kRate, kLowRate, kRate}) {
    run.set_rate(rate);
    for (int i = 0; i < kStretch; ++i) run.next();
  }
  std::printf("%-5s %8.0f %8.0f %12.0f %8.0f   kbit/s\n",
              std::string{media::name_of(codec)}.c_str(), run.kbit_per_second(kStretch, kAtOnce),
              run.kbit_per_second(kStretch, kStretch), run.kbit_per_second(2 * kStretch, kAtOnce),
              run.kbit_per_second(2 * kStretch, kStretch));
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<media::Codec> codecs;
  for (int i = 1; i < argc; ++i) {
    const auto codec = media::codec_named(argv[i]);
    if (!codec || !media::is_video(*codec)) {
      std::fprintf(stderr, "%s is no codec of pictures\n", argv[i]);
      return 2;
    }
    codecs.push_back(*codec);
  }
  if (codecs.empty()) {
    codecs = {media::Codec::Vp8, media::Codec::Vp9, media::Codec::H264, media::Codec::Av1};
  }
  std::printf("%-5s %-7s %9s %9s %15s %9s %9s %10s %10s\n", "", "", "encode", "decode", "rate",
              "PSNR", "least", "first", "largest");
  for (const auto codec : codecs) {
    measure_cost(codec, "drawn", drawn);
    measure_cost(codec, "filmed", filmed);
  }
  std::printf("\n%-5s %17s %21s\n", "", "cut to 400 kbit/s:", "back to 1500 kbit/s:");
  std::printf("%-5s %8s %8s %12s %8s\n", "", "0.3 s", "3 s", "0.3 s", "3 s");
  for (const auto codec : codecs) measure_rate(codec);
  return 0;
}
