// SPDX-License-Identifier: MIT
// How what a call sends is written among options: sources, sizes, rates, codecs.
#pragma once

#include <duet/codec/picture.hpp>
#include <duet/config/codec.hpp>
#include <duet/config/option.hpp>
#include <duet/device/source_spec.hpp>
#include <duet/media/codec.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace duet::apps {

enum class VideoChoice : std::uint8_t { Auto, Vp8, Vp9, H264, Av1 };

/// The codec of a choice; nothing for Auto.
std::optional<media::Codec> preferred(VideoChoice choice);

/// Bits a second.
struct BitRate {
  std::uint64_t bps = 0;

  friend auto operator<=>(const BitRate&, const BitRate&) = default;
};

/// Whether anything but the default gave the value.
bool is_asked_for(const config::OptionBase& option);

/// Whether a recording can have that name: .mkv, .webm, .mp4.
bool is_recording_name(const std::filesystem::path& file);

}  // namespace duet::apps

template <>
struct duet::config::Names<duet::apps::VideoChoice> {
  static constexpr std::array<std::pair<std::string_view, apps::VideoChoice>, 5> kAll = {
      {{"auto", apps::VideoChoice::Auto},
       {"vp8", apps::VideoChoice::Vp8},
       {"vp9", apps::VideoChoice::Vp9},
       {"h264", apps::VideoChoice::H264},
       {"av1", apps::VideoChoice::Av1}}};
};

template <>
struct duet::config::Codec<duet::device::VideoSpec> {
  static Result<device::VideoSpec, Sentence> parse(std::string_view text);

  static std::string format(const device::VideoSpec& value) { return value.to_string(); }
};

template <>
struct duet::config::Codec<duet::device::AudioSpec> {
  static Result<device::AudioSpec, Sentence> parse(std::string_view text);

  static std::string format(const device::AudioSpec& value) { return value.to_string(); }
};

template <>
struct duet::config::Codec<duet::codec::Size> {
  static Result<codec::Size, Sentence> parse(std::string_view text);
  static std::string format(const codec::Size& value);
};

template <>
struct duet::config::Codec<duet::apps::BitRate> {
  static Result<apps::BitRate, Sentence> parse(std::string_view text);
  static std::string format(const apps::BitRate& value);
};
