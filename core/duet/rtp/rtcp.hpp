// SPDX-License-Identifier: MIT
// What comes in one RTCP datagram: a bounded sequence of packets, each a view.
#pragma once

#include <duet/base/bytes.hpp>
#include <duet/base/result.hpp>
#include <duet/rtp/types.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <utility>

namespace duet::rtp {

/// RFC 3550 §12.1, RFC 4585 §6.1, RFC 3611 §2. A value from the wire may be none of these.
enum class RtcpType : std::uint8_t {
  SenderReport = 200,
  ReceiverReport = 201,
  SourceDescription = 202,
  Bye = 203,
  App = 204,
  TransportFeedback = 205,  ///< RTPFB
  PayloadFeedback = 206,    ///< PSFB
  ExtendedReport = 207,     ///< XR
};

/// Why bytes were not RTCP, or one packet of it not what its type says.
enum class RtcpError : std::uint8_t {
  Truncated,   ///< fewer than four bytes, or than a packet's own length or count says
  BadVersion,  ///< not version 2
  BadPadding,  ///< of no bytes, or of more than there are
  TooMany,     ///< more packets than any sender has a reason for
  WrongType,   ///< another type or format than was asked for
  BadContent,  ///< a field that contradicts another
};

/// One packet of a compound (RFC 3550 §6.4.1): its header's fields, and what follows them.
struct RtcpPacket {
  RtcpType type{};
  std::uint8_t count = 0;           ///< RC, SC, FMT or reserved: five bits that depend on the type
  std::span<const std::byte> body;  ///< after the first four bytes, without padding
};

/// The most packets in one datagram. A full report of a call has fewer than ten; each stream may
/// add a feedback or two.
inline constexpr std::size_t kMaxRtcpPackets = 64;

/// All packets of one datagram, compound or reduced-size (RFC 5506 §3.4.1). It views the bytes it
/// was parsed from; the lengths are known to cover them exactly.
class RtcpCompound {
 public:
  class Iterator {
   public:
    using value_type = RtcpPacket;
    using difference_type = std::ptrdiff_t;

    explicit Iterator(std::span<const std::byte> rest) : rest_{rest} {}

    RtcpPacket operator*() const;
    Iterator& operator++();

    friend bool operator==(const Iterator& it, std::default_sentinel_t) { return it.rest_.empty(); }

   private:
    std::span<const std::byte> rest_;
  };

  static Result<RtcpCompound, RtcpError> parse(std::span<const std::byte> bytes);

  Iterator begin() const { return Iterator{bytes_}; }

  static std::default_sentinel_t end() { return {}; }

 private:
  explicit RtcpCompound(std::span<const std::byte> bytes) : bytes_{bytes} {}

  std::span<const std::byte> bytes_;
};

/// Records of one size, one after another, read when they are looked at. `T` has kSize, its bytes
/// on the wire, and read(ByteReader&).
template <class T>
class Records {
 public:
  class Iterator {
   public:
    using value_type = decltype(T::read(std::declval<ByteReader&>()));
    using difference_type = std::ptrdiff_t;

    explicit Iterator(std::span<const std::byte> rest) : rest_{rest} {}

    value_type operator*() const {
      ByteReader in{rest_};
      return T::read(in);
    }

    Iterator& operator++() {
      rest_ = rest_.subspan(T::kSize);
      return *this;
    }

    friend bool operator==(const Iterator& it, std::default_sentinel_t) {
      return it.rest_.size() < T::kSize;
    }

   private:
    std::span<const std::byte> rest_;
  };

  Records() = default;

  /// What is left over after the last whole record is ignored.
  explicit Records(std::span<const std::byte> bytes) : bytes_{bytes} {}

  Iterator begin() const { return Iterator{bytes_}; }

  static std::default_sentinel_t end() { return {}; }

  std::size_t size() const { return bytes_.size() / T::kSize; }

  bool empty() const { return size() == 0; }

 private:
  std::span<const std::byte> bytes_;
};

/// An Ssrc as a record.
struct SsrcRecord {
  static constexpr std::size_t kSize = 4;

  static Ssrc read(ByteReader& in) { return Ssrc{in.u32()}; }
};

}  // namespace duet::rtp
