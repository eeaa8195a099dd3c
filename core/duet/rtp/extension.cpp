// SPDX-License-Identifier: MIT
// The walk along the elements, and the names of the known extensions.
#include <duet/rtp/extension.hpp>

#include <algorithm>

namespace duet::rtp {
namespace {

constexpr std::uint8_t kPadding = 0;           // RFC 8285 §4.1.1: one byte, between elements
constexpr std::uint8_t kOneByteReserved = 15;  // RFC 8285 §4.2: "MUST NOT be used"
constexpr std::uint8_t kOneByteHighest = 14;
constexpr std::size_t kOneByteLongest = 16;

constexpr std::array<std::string_view, kExtensionTypes> kUris{
    "urn:ietf:params:rtp-hdrext:sdes:mid",
    "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
    "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    "http://www.webrtc.org/experiments/rtp-hdrext/transport-wide-cc-02",
    "urn:ietf:params:rtp-hdrext:toffset",
    "urn:3gpp:video-orientation",
    "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time",
    "http://www.webrtc.org/experiments/rtp-hdrext/video-content-type",
    "http://www.webrtc.org/experiments/rtp-hdrext/video-timing",
    "http://www.webrtc.org/experiments/rtp-hdrext/color-space",
    "urn:ietf:params:rtp-hdrext:csrc-audio-level",
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
    "http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00",
};

}  // namespace

void Extensions::Iterator::read() {
  element_ = {};
  while (!rest_.empty()) {
    const auto first = std::to_integer<std::uint8_t>(rest_[0]);
    if (first == kPadding) {
      rest_ = rest_.subspan(1);
      continue;
    }
    std::uint8_t id = first;
    std::size_t header = 2;
    std::size_t size = 0;
    if (form_ == ExtensionForm::OneByte) {
      id = first >> 4;
      header = 1;
      size = (first & 0xFu) + 1;
      if (id == kPadding || id == kOneByteReserved) break;
    } else {
      if (rest_.size() < header) break;
      size = std::to_integer<std::size_t>(rest_[1]);
    }
    if (size > rest_.size() - header) break;
    element_ = {.id = id, .value = rest_.subspan(header, size)};
    rest_ = rest_.subspan(header + size);
    return;
  }
  rest_ = {};
}

std::optional<std::span<const std::byte>> Extensions::find(std::uint8_t id) const {
  if (id == 0) return std::nullopt;
  for (auto it = begin(); it != end(); ++it) {
    if ((*it).id == id) return (*it).value;
  }
  return std::nullopt;
}

std::string_view extension_uri(ExtensionType type) { return kUris[static_cast<std::size_t>(type)]; }

std::optional<ExtensionType> extension_type(std::string_view uri) {
  const auto* const found = std::ranges::find(kUris, uri);
  if (found == kUris.end()) return std::nullopt;
  return static_cast<ExtensionType>(found - kUris.begin());
}

bool ExtensionMap::set(ExtensionType type, std::uint8_t id) {
  if (id == kPadding || id == kOneByteReserved) return false;
  std::ranges::replace(ids_, id, std::uint8_t{0});
  ids_[static_cast<std::size_t>(type)] = id;
  return true;
}

void ExtensionMap::erase(ExtensionType type) { ids_[static_cast<std::size_t>(type)] = 0; }

std::optional<ExtensionType> ExtensionMap::type(std::uint8_t id) const {
  if (id == 0) return std::nullopt;
  const auto* const found = std::ranges::find(ids_, id);
  if (found == ids_.end()) return std::nullopt;
  return static_cast<ExtensionType>(found - ids_.begin());
}

ExtensionForm ExtensionMap::form(std::size_t longest_value) const {
  const bool one_byte = longest_value <= kOneByteLongest &&
                        std::ranges::all_of(ids_, [](auto id) { return id <= kOneByteHighest; });
  return one_byte ? ExtensionForm::OneByte : ExtensionForm::TwoByte;
}

}  // namespace duet::rtp
