// SPDX-License-Identifier: MIT
// Header extensions: their elements in a packet, and which of them was negotiated under which id.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>

namespace duet::rtp {

/// How elements are laid out (RFC 8285 §4.2, §4.3).
enum class ExtensionForm : std::uint8_t {
  OneByte,  ///< ids 1 to 14, values of 1 to 16 bytes
  TwoByte,  ///< ids 1 to 255, values of 0 to 255 bytes
};

inline constexpr std::uint16_t kOneByteProfile = 0xBEDE;  // RFC 8285 §4.2
inline constexpr std::uint16_t kTwoByteProfile =
    0x1000;  // RFC 8285 §4.3; the lowest four bits vary

/// One element: a view of its value, which lies within the packet.
struct ExtensionElement {
  std::uint8_t id = 0;
  std::span<const std::byte> value;
};

/// The elements of a packet's header extension. What is broken ends them: an element that would
/// reach past the end, the reserved id 15 and a padding with a length in the one-byte form (RFC
/// 8285 §4.2). So nothing here can fail, and no value leaves the extension.
class Extensions {
 public:
  class Iterator {
   public:
    using value_type = ExtensionElement;
    using difference_type = std::ptrdiff_t;

    Iterator(ExtensionForm form, std::span<const std::byte> rest) : rest_{rest}, form_{form} {
      read();
    }

    const ExtensionElement& operator*() const { return element_; }

    Iterator& operator++() {
      read();
      return *this;
    }

    friend bool operator==(const Iterator& it, std::default_sentinel_t) {
      return it.element_.id == 0;
    }

   private:
    void read();

    std::span<const std::byte> rest_;
    ExtensionElement element_;  // id 0 at the end
    ExtensionForm form_;
  };

  Extensions() = default;

  /// @param data  what follows the extension's own header of four bytes
  Extensions(ExtensionForm form, std::span<const std::byte> data) : data_{data}, form_{form} {}

  Iterator begin() const { return {form_, data_}; }

  static std::default_sentinel_t end() { return {}; }

  /// The value of the first element with this id, 1 to 255.
  std::optional<std::span<const std::byte>> find(std::uint8_t id) const;

  ExtensionForm form() const { return form_; }

 private:
  std::span<const std::byte> data_;
  ExtensionForm form_ = ExtensionForm::OneByte;
};

/// The extensions that Duet knows by name. Those at the end are only kept as bytes.
enum class ExtensionType : std::uint8_t {
  Mid,                  ///< RFC 9143 §15.1
  RtpStreamId,          ///< RFC 8852 §4.1
  RepairedRtpStreamId,  ///< RFC 8852 §4.2
  AudioLevel,           ///< RFC 6464
  AbsSendTime,          ///< when it was sent, 6.18 bits of seconds
  TransportSequence,    ///< draft-holmer-rmcat-transport-wide-cc-extensions-01 §2
  TransportSequence02,  ///< the same with a request for feedback
  TransmissionOffset,   ///< RFC 5450
  VideoOrientation,     ///< 3GPP TS 26.114 §7.4.5
  PlayoutDelay,
  AbsCaptureTime,
  VideoContentType,
  VideoTiming,
  ColorSpace,
  CsrcAudioLevel,        ///< RFC 6465
  DependencyDescriptor,  ///< AV1 RTP payload, appendix A
  VideoLayersAllocation,
};

inline constexpr std::size_t kExtensionTypes = 17;

/// As SDP names it in a=extmap.
std::string_view extension_uri(ExtensionType type);
/// Nothing for what Duet doesn't know.
std::optional<ExtensionType> extension_type(std::string_view uri);

/// Which extension has which id in one m-section, or one BUNDLE group (RFC 8285 §5).
class ExtensionMap {
 public:
  /// The last one wins, both ways: an id has one type and a type one id.
  /// @return false, and nothing changes, for ids that no packet can have: 0 and 15 (RFC 8285 §4.2)
  bool set(ExtensionType type, std::uint8_t id);
  void erase(ExtensionType type);

  /// 0 where it was not negotiated.
  std::uint8_t id(ExtensionType type) const { return ids_[static_cast<std::size_t>(type)]; }

  bool has(ExtensionType type) const { return id(type) != 0; }

  std::optional<ExtensionType> type(std::uint8_t id) const;

  /// What packets must use: one byte unless an id, or the longest value to come, needs two.
  ExtensionForm form(std::size_t longest_value = 16) const;

  friend bool operator==(const ExtensionMap&, const ExtensionMap&) = default;

 private:
  std::array<std::uint8_t, kExtensionTypes> ids_{};
};

}  // namespace duet::rtp
