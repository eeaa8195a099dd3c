// SPDX-License-Identifier: MIT
// The names of the codecs.
#include <duet/base/ascii.hpp>
#include <duet/media/codec.hpp>

#include <array>
#include <utility>

namespace duet::media {
namespace {

constexpr std::array<std::pair<Codec, std::string_view>, 7> kNames{{
    {Codec::Vp8, "VP8"},
    {Codec::Vp9, "VP9"},
    {Codec::H264, "H264"},
    {Codec::Av1, "AV1"},
    {Codec::Opus, "opus"},
    {Codec::Pcmu, "PCMU"},
    {Codec::Pcma, "PCMA"},
}};

}  // namespace

std::string_view name_of(Codec codec) {
  for (const auto& [each, name] : kNames) {
    if (each == codec) return name;
  }
  return {};
}

std::optional<Codec> codec_named(std::string_view name) {
  for (const auto& [codec, each] : kNames) {
    if (equal_ignoring_case(each, name)) return codec;
  }
  return std::nullopt;
}

}  // namespace duet::media
