// SPDX-License-Identifier: MIT
// How what a call sends is written among options.
#include "media_options.hpp"

#include <charconv>

namespace duet::config {
namespace {

constexpr int kLeastSide = 16;
constexpr int kMostSide = 4096;

}  // namespace

Result<device::VideoSpec, Sentence> Codec<device::VideoSpec>::parse(std::string_view text) {
  auto spec = device::VideoSpec::parse(text);
  if (!spec) return fail(Sentence{Say::NotAVideoSource, {std::string{text}}});
  return *std::move(spec);
}

Result<device::AudioSpec, Sentence> Codec<device::AudioSpec>::parse(std::string_view text) {
  auto spec = device::AudioSpec::parse(text);
  if (!spec) return fail(Sentence{Say::NotAnAudioSource, {std::string{text}}});
  return *std::move(spec);
}

Result<codec::Size, Sentence> Codec<codec::Size>::parse(std::string_view text) {
  const Sentence no{Say::NotAPictureSize, {std::string{text}}};
  codec::Size size;
  const char* const end = text.data() + text.size();
  const auto width = std::from_chars(text.data(), end, size.width);
  if (width.ec != std::errc{} || width.ptr == end || *width.ptr != 'x') return fail(no);
  const auto height = std::from_chars(width.ptr + 1, end, size.height);
  if (height.ec != std::errc{} || height.ptr != end) return fail(no);
  for (const int side : {size.width, size.height}) {
    if (side < kLeastSide || side > kMostSide) return fail(no);
  }
  return size;
}

std::string Codec<codec::Size>::format(const codec::Size& value) {
  return std::to_string(value.width) + "x" + std::to_string(value.height);
}

Result<apps::BitRate, Sentence> Codec<apps::BitRate>::parse(std::string_view text) {
  return parse_rate_bps(text).map([](std::uint64_t bps) { return apps::BitRate{bps}; });
}

std::string Codec<apps::BitRate>::format(const apps::BitRate& value) {
  return std::to_string(value.bps / 1000) + "k";
}

}  // namespace duet::config

namespace duet::apps {

std::optional<media::Codec> preferred(VideoChoice choice) {
  switch (choice) {
    case VideoChoice::Auto:
      return std::nullopt;
    case VideoChoice::Vp8:
      return media::Codec::Vp8;
    case VideoChoice::Vp9:
      return media::Codec::Vp9;
    case VideoChoice::H264:
      return media::Codec::H264;
    case VideoChoice::Av1:
      return media::Codec::Av1;
  }
  return std::nullopt;
}

bool is_asked_for(const config::OptionBase& option) {
  return option.source().kind != config::Source::Kind::Default;
}

bool is_recording_name(const std::filesystem::path& file) {
  const auto ending = file.extension();
  return ending == ".mkv" || ending == ".webm" || ending == ".mp4";
}

}  // namespace duet::apps
