// SPDX-License-Identifier: MIT
// The numbers of a connection: payload types and header extensions, one meaning each.
#include <duet/peer/number_table.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace duet::peer {
namespace {

using sdp::MediaKind;
using sdp::PayloadFormat;

/// RFC 3551 §6 leaves 96 to 127 to descriptions; beyond them 35 to 63 are free, and 64 to 95 would
/// look like RTCP (RFC 5761 §4).
constexpr std::array<std::pair<std::uint8_t, std::uint8_t>, 2> kDynamic = {{{96, 127}, {35, 63}}};

/// What browsers call their sound, and we ours: a call that begins with pictures may have that
/// later, and Firefox then doesn't look whether its 101 and 109 mean something already.
constexpr std::array<std::uint8_t, 6> kOfSound{101, 109, 110, 111, 113, 126};

constexpr unsigned kFirstTwoByteId = kReservedId + 1;

bool leans_on_others(std::string_view name) { return is_rtx(name) || is_red(name); }

bool is_same_format(const PayloadFormat& a, const PayloadFormat& b) {
  if (!is_same_codec(identity(a), identity(b))) return false;
  if (is_rtx(a.encoding)) {
    return associated_payload_type(a.fmtp) == associated_payload_type(b.fmtp);
  }
  return !leans_on_others(a.encoding) || a.fmtp == b.fmtp;
}

}  // namespace

void NumberTable::learn(const sdp::MediaSection& section) {
  for (const PayloadFormat& format : section.payloads) {
    if (format.encoding.empty()) continue;
    const auto known = std::find_if(
        payloads_.begin(), payloads_.end(),
        [&](const Payload& payload) { return payload.format.payload_type == format.payload_type; });
    if (known != payloads_.end()) {
      *known = {.kind = section.kind, .format = format};
    } else {
      payloads_.push_back({.kind = section.kind, .format = format});
    }
  }
  for (const sdp::Extmap& extension : section.extensions) {
    if (extension.id > kLastId) continue;
    std::erase_if(extensions_, [&](const Extension& known) {
      return known.id == extension.id || known.uri == extension.uri;
    });
    extensions_.push_back({.id = static_cast<std::uint8_t>(extension.id), .uri = extension.uri});
  }
}

bool NumberTable::is_free(PayloadType payload_type) const {
  return std::none_of(payloads_.begin(), payloads_.end(), [&](const Payload& payload) {
    return payload.format.payload_type == payload_type;
  });
}

std::optional<PayloadType> NumberTable::free_payload_type(MediaKind kind,
                                                          std::optional<PayloadType> wished) const {
  if (wished && is_free(*wished)) return wished;
  std::optional<PayloadType> last_resort;
  for (const auto& [first, last] : kDynamic) {
    for (unsigned number = first; number <= last; ++number) {
      const PayloadType payload_type{static_cast<std::uint8_t>(number)};
      if (!is_free(payload_type)) continue;
      const bool is_of_sound =
          std::find(kOfSound.begin(), kOfSound.end(), number) != kOfSound.end();
      if (kind == MediaKind::Audio || !is_of_sound) return payload_type;
      if (!last_resort) last_resort = payload_type;
    }
  }
  return last_resort;
}

std::optional<PayloadType> NumberTable::assign(MediaKind kind, PayloadFormat format,
                                               std::optional<PayloadType> wished) {
  const auto known = std::find_if(payloads_.begin(), payloads_.end(), [&](const Payload& payload) {
    return payload.kind == kind && is_same_format(payload.format, format);
  });
  if (known != payloads_.end()) return known->format.payload_type;
  const auto payload_type = free_payload_type(kind, wished);
  if (!payload_type) return std::nullopt;
  format.payload_type = *payload_type;
  payloads_.push_back({.kind = kind, .format = std::move(format)});
  return payload_type;
}

std::optional<std::uint8_t> NumberTable::assign_extension(std::string_view uri) {
  const auto known = std::find_if(extensions_.begin(), extensions_.end(),
                                  [&](const Extension& extension) { return extension.uri == uri; });
  if (known != extensions_.end()) return known->id;
  for (unsigned id = 1; id <= kLastId; id = id == kLastOneByteId ? kFirstTwoByteId : id + 1) {
    const bool is_taken =
        std::any_of(extensions_.begin(), extensions_.end(),
                    [&](const Extension& extension) { return extension.id == id; });
    if (is_taken) continue;
    extensions_.push_back({.id = static_cast<std::uint8_t>(id), .uri = std::string{uri}});
    return extensions_.back().id;
  }
  return std::nullopt;
}

std::vector<PayloadFormat> NumberTable::offer_formats(MediaKind kind,
                                                      const std::vector<CodecCapability>& codecs) {
  std::vector<PayloadFormat> out;
  const auto add = [&](PayloadFormat format, std::optional<PayloadType> wished) {
    const auto payload_type = assign(kind, format, wished);
    const bool is_there =
        payload_type && std::any_of(out.begin(), out.end(), [&](const auto& other) {
          return other.payload_type == *payload_type;
        });
    if (!payload_type || is_there) return false;
    format.payload_type = *payload_type;
    out.push_back(std::move(format));
    return true;
  };
  const auto rtx = std::find_if(codecs.begin(), codecs.end(),
                                [](const CodecCapability& codec) { return is_rtx(codec.name); });
  for (const CodecCapability& codec : codecs) {
    if (is_rtx(codec.name)) continue;
    PayloadFormat format{.encoding = codec.name,
                         .clock_rate_hz = codec.clock_rate_hz,
                         .channels = codec.channels,
                         .fmtp = codec.fmtp,
                         .feedback = codec.feedback};
    if (is_red(codec.name) && kind == MediaKind::Audio) {
      // RFC 2198 §5: it must say what it carries; the first codec of its clock rate, twice.
      const auto inner = std::find_if(out.begin(), out.end(), [&](const PayloadFormat& other) {
        return carries_media(other.encoding) && other.clock_rate_hz == codec.clock_rate_hz &&
               other.channels == codec.channels;
      });
      if (inner == out.end()) continue;
      const std::string number = std::to_string(inner->payload_type.value());
      format.fmtp = number;
      format.fmtp += '/';
      format.fmtp += number;
    }
    if (!add(std::move(format), codec.payload_type) || rtx == codecs.end() || is_fec(codec.name)) {
      continue;
    }
    const std::string apt = "apt=" + std::to_string(out.back().payload_type.value());
    add({.encoding = rtx->name, .clock_rate_hz = codec.clock_rate_hz, .fmtp = apt}, std::nullopt);
  }
  return out;
}

}  // namespace duet::peer
