// SPDX-License-Identifier: MIT
// Feedback (RTPFB, PSFB): packets that are missing, pictures that are wanted, rates that can be
// had.
#pragma once

#include <duet/rtp/rtcp.hpp>

#include <cstdint>

namespace duet::rtp {

/// FMT of RTPFB (RFC 4585 §6.2, RFC 5104 §4.2). The last one is of
/// draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.
enum class TransportFormat : std::uint8_t {
  Nack = 1,
  Tmmbr = 3,  ///< tolerated: the rate is decided by transport-wide feedback or REMB
  Tmmbn = 4,  ///< tolerated
  TransportWide = 15,
};

/// FMT of PSFB (RFC 4585 §6.3, RFC 5104 §4.3).
enum class PayloadFormat : std::uint8_t {
  Pli = 1,
  Sli = 2,   ///< tolerated: slices are of codecs that nobody negotiates
  Rpsi = 3,  ///< tolerated, as above
  Fir = 4,
  Application = 15,  ///< REMB, among others
};

/// What all feedback begins with (RFC 4585 §6.1).
struct Feedback {
  RtcpType type{};          ///< TransportFeedback or PayloadFeedback
  std::uint8_t format = 0;  ///< FMT: a TransportFormat or a PayloadFormat, or neither
  Ssrc sender;
  Ssrc media;
  std::span<const std::byte> control;  ///< FCI

  static Result<Feedback, RtcpError> parse(const RtcpPacket& packet);

  bool is(TransportFormat wanted) const {
    return type == RtcpType::TransportFeedback && format == static_cast<std::uint8_t>(wanted);
  }

  bool is(PayloadFormat wanted) const {
    return type == RtcpType::PayloadFeedback && format == static_cast<std::uint8_t>(wanted);
  }
};

/// Packets that did not arrive (RFC 4585 §6.2.1): the walk gives each sequence number once, as the
/// bits come. At most 17 for four bytes.
class Nack {
 public:
  class Iterator {
   public:
    using value_type = SequenceNumber;
    using difference_type = std::ptrdiff_t;

    explicit Iterator(std::span<const std::byte> rest) : rest_{rest} { load(); }

    SequenceNumber operator*() const { return SequenceNumber{pid_} + offset_; }

    Iterator& operator++();

    friend bool operator==(const Iterator& it, std::default_sentinel_t) { return it.rest_.empty(); }

   private:
    void load();

    std::span<const std::byte> rest_;
    std::uint16_t pid_ = 0;
    std::uint16_t blp_ = 0;  // bits that are still to come, the next one lowest
    int offset_ = 0;
  };

  static Result<Nack, RtcpError> parse(const Feedback& feedback);

  Iterator begin() const { return Iterator{items_}; }

  static std::default_sentinel_t end() { return {}; }

 private:
  explicit Nack(std::span<const std::byte> items) : items_{items} {}

  std::span<const std::byte> items_;
};

/// One entry of a full intra request (RFC 5104 §4.3.1.1).
struct FirEntry {
  static constexpr std::size_t kSize = 8;

  Ssrc ssrc;                  ///< whose key frame is wanted; Feedback::media is unused
  std::uint8_t sequence = 0;  ///< one more for each new request; a repetition has the same

  static FirEntry read(ByteReader& in);
  friend bool operator==(const FirEntry&, const FirEntry&) = default;
};

Result<Records<FirEntry>, RtcpError> parse_fir(const Feedback& feedback);

/// Receiver estimated maximum bitrate (draft-alvestrand-rmcat-remb-03 §2.2).
struct Remb {
  std::uint64_t rate_bps = 0;
  Records<SsrcRecord> ssrcs;  ///< whose streams share it

  static Result<Remb, RtcpError> parse(const Feedback& feedback);
};

}  // namespace duet::rtp
