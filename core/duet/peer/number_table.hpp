// SPDX-License-Identifier: MIT
// The numbers of a connection: payload types and header extensions, one meaning each.
#pragma once

#include <duet/peer/codec_match.hpp>
#include <duet/sdp/media_section.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duet::peer {

/// RFC 8285 §4.2: one-byte headers know 1 to 14, and 15 means something else; §4.3: two-byte ones.
inline constexpr std::uint16_t kLastOneByteId = 14;
inline constexpr std::uint16_t kReservedId = 15;
inline constexpr std::uint16_t kLastId = 255;

/// Which payload type means which codec and which id which extension, in all sections of a bundle
/// (RFC 9143 §9.1). What was said once stays, so that our offers keep to it (RFC 3264 §8.3.2,
/// RFC 8285 §6). A value; at most 128 payload types and 255 extensions.
class NumberTable {
 public:
  /// Takes over what a section of a description that was set says; the newest word counts.
  void learn(const sdp::MediaSection& section);

  /// The number of a codec, the same as ever, else `wished` if it is free, else a free one, from
  /// then on taken. Nothing if all are in use. `format.payload_type` is not looked at. Of `rtx` and
  /// `red` the fmtp must be the same too.
  std::optional<PayloadType> assign(sdp::MediaKind kind, sdp::PayloadFormat format,
                                    std::optional<PayloadType> wished);

  /// The id of an extension, the same as ever, else a free one; nothing if there is none.
  std::optional<std::uint8_t> assign_extension(std::string_view uri);

  /// Those of one section of an offer, in the order of `codecs`, each video codec followed by its
  /// rtx.
  std::vector<sdp::PayloadFormat> offer_formats(sdp::MediaKind kind,
                                                const std::vector<CodecCapability>& codecs);

 private:
  struct Payload {
    sdp::MediaKind kind = sdp::MediaKind::Other;
    sdp::PayloadFormat format;
  };

  struct Extension {
    std::uint8_t id;
    std::string uri;
  };

  bool is_free(PayloadType payload_type) const;
  std::optional<PayloadType> free_payload_type(sdp::MediaKind kind,
                                               std::optional<PayloadType> wished) const;

  std::vector<Payload> payloads_;
  std::vector<Extension> extensions_;
};

}  // namespace duet::peer
